"""The processes of a storm: started, killed, stopped and looked after by their numbers."""

import ctypes
import os
import pathlib
import signal
import subprocess
import time

# What the environment of everything that a storm starts says, so that nothing is left behind unseen.
MARK = "GROKSWEEP_STORM"
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Called in the child: it is killed should this program be."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """The coordinator or a worker: one process at a time, begun again by whoever wants it."""

    def __init__(self, name, words, log, environment):
        self.name, self.words, self.log, self.environment = name, words, log, environment
        self.child = None
        self.is_stopped = False
        # Until when it is down on purpose; none while it should run.
        self.down_until = None
        # Whether it was told to end, and by when it has to have done so.
        self.ends_by = None
        self.starts = 0
        self.peak = 0
        self.began = 0.0

    def start(self):
        self.starts += 1
        self.is_stopped, self.down_until, self.ends_by = False, None, None
        with open(self.log, "ab") as log:
            log.write(f"--- start {self.starts}, {time.time():.3f}\n".encode())
            log.flush()
            self.began = time.monotonic()
            self.child = subprocess.Popen(
                self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment, start_new_session=True, preexec_fn=die_with_parent)

    @property
    def is_running(self):
        return self.child is not None and self.child.poll() is None

    def signal(self, number):
        if self.is_running:
            self.note_memory()
            self.child.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        if self.child is not None:
            self.child.wait()
        self.is_stopped = False

    def stop(self):
        self.signal(signal.SIGSTOP)
        self.is_stopped = True

    def go_on(self):
        self.signal(signal.SIGCONT)
        self.is_stopped = False

    def note_memory(self):
        """The most memory it has had, in MB."""
        try:
            status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        except OSError:
            return
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self.peak = max(self.peak, int(line.split()[1]) >> 10)

    def said(self):
        """The last lines of its log."""
        return "".join(open(self.log, errors="replace").readlines()[-8:])


def children(parent):
    """The numbers of a process's children."""
    try:
        text = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


def send(process, number):
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass


def marked(folder):
    """Every process that a storm in this folder has started, directly or not, with its command."""
    mark = f"{MARK}={folder}".encode()
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                found[int(entry.name)] = " ".join(words).strip()
        except OSError:
            continue
    return found

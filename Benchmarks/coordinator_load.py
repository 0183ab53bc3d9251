"""The measurements of coordinator-load.sh, in the current folder."""

import atexit
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import time

GROKSWEEP, GENERATOR, FIGURE = sys.argv[1:4]
CORES = os.environ.get("CORES") or ",".join(map(str, sorted(os.sched_getaffinity(0))[:2]))
STORE = pathlib.Path("results/results.sqlite")


def pinned(*command):
    return ["taskset", "-c", CORES, *command]


def sweep(columns, rows):
    pathlib.Path("load.yaml").write_text(
        "name: load\nexperiment: noop\naxes:\n"
        f"  x: {{from: 1, to: {columns}, step: 1}}\n  y: {{from: 1, to: {rows}, step: 1}}\n")


def started(*command, **options):
    """A child on the measured processors that does not outlive this script, whatever ends it."""
    child = subprocess.Popen(pinned(*command), **options)
    atexit.register(child.kill)
    return child


class Coordinator:
    """groksweep coordinate as a child."""

    def __init__(self, address="tcp://127.0.0.1:*"):
        self.log = open("log", "a")
        announcement = pathlib.Path("results/coordinator.json")
        announcement.unlink(missing_ok=True)
        self.started = time.monotonic()
        self.process = started(
            GROKSWEEP, "coordinate", "load.yaml", "--listen", address,
            stdout=self.log, stderr=self.log)
        while not announcement.exists():
            if self.process.poll() is not None:
                sys.exit(pathlib.Path("log").read_text())
            time.sleep(0.01)
        self.listening = time.monotonic()
        self.address = json.loads(announcement.read_text())["endpoint"]

    def processor_seconds(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = text.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_megabytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait()
        self.log.close()


def load(address, **options):
    """Starts the load generator."""
    words = [word for name, value in options.items()
             for word in ("--" + name.replace("_", "-"), str(value))]
    return started(GENERATOR, "--connect", address, *words, stdout=subprocess.PIPE, text=True)


def result(generator):
    output, _ = generator.communicate()
    if generator.returncode != 0:
        sys.exit(pathlib.Path("log").read_text())
    return json.loads(output)


def fresh():
    shutil.rmtree("results", ignore_errors=True)
    pathlib.Path("log").unlink(missing_ok=True)


def say(figure, measured, required, how):
    print(f"{figure}: {measured} (required: {required}); {how}", flush=True)


def runs(count=int(os.environ.get("RUNS", 300_000))):
    fresh()
    sweep(1000, count // 1000 + 20)
    coordinator = Coordinator()
    before = coordinator.processor_seconds()
    made = result(load(coordinator.address, workers=8, slots=64, runs=count))
    used = coordinator.processor_seconds() - before
    memory = coordinator.peak_megabytes()
    coordinator.end()
    stored = sqlite3.connect(STORE).execute(
        "SELECT count(*) FROM run WHERE status = 'finished'").fetchone()[0]
    assert stored >= made["runs"], f"{stored} runs are stored, {made['runs']} were acknowledged"
    span = made["last_acknowledgement"] - made["first_grant"]
    say("runs", f"{made['runs'] / span:.0f} runs/s", "20,000",
        f"{made['runs']} no-op runs with two records and four crossings each, 8 workers of 64 slots, from the first "
        f"grant to the last acknowledgement {span:.1f} s, coordinator {used / span:.2f} cores, {memory:.0f} MB")


def records(count=256, length=10_000):
    fresh()
    sweep(count, 2)
    coordinator = Coordinator()
    before = coordinator.processor_seconds()
    made = result(load(coordinator.address, workers=8, slots=16, runs=count, records=length,
                       accuracies=1))
    used = coordinator.processor_seconds() - before
    memory = coordinator.peak_megabytes()
    coordinator.end()
    store = sqlite3.connect(STORE)
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    stored = store.execute("SELECT count(*) FROM curve").fetchone()[0]
    assert stored >= count * length, f"{stored} records are stored of {count * length}"
    span = made["last_acknowledgement"] - made["first_grant"]
    say("records", f"{count * length / span:.0f} records/s", "100,000",
        f"{count} runs of {length} records of four random doubles, 128 at a time, 64 records a report, {span:.1f} s, "
        f"coordinator {used / span:.2f} cores, {memory:.0f} MB")
    say("bytes a record", f"{STORE.stat().st_size / stored:.1f} bytes", "at most 64",
        f"the whole file after a checkpoint, {stored} records")


class MachineMeanwhile:
    """What this machine did to everybody while a figure was measured: a slow disk or a virtual machine's other tenants lengthen
    latencies that the coordinator has no part in."""

    def __init__(self):
        self.started, self.stolen, self.stalled = time.monotonic(), self._stolen(), self._stalled()

    @staticmethod
    def _stolen():
        # proc(5), /proc/stat: the eighth figure of the first line is the time spent in other virtual machines, in clock ticks.
        return int(pathlib.Path("/proc/stat").read_text().split()[8]) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def _stalled():
        # Seconds in which at least one process waited for a disk (kernel: Documentation/accounting/psi.rst).
        try:
            return int(pathlib.Path("/proc/pressure/io").read_text().split()[4].removeprefix("total=")) / 1e6
        except OSError:
            return float("nan")

    def __str__(self):
        seconds = time.monotonic() - self.started
        stolen = (self._stolen() - self.stolen) / seconds / os.cpu_count()
        stalled = (self._stalled() - self.stalled) / seconds
        return (f"{100 * stolen:.1f} % of its processors given to other virtual machines, some process waiting for a disk "
                f"{100 * stalled:.1f} % of the time")


def workers(count=10_000, processes=2, warm_up=30, duration=90):
    fresh()
    sweep(1000, 200)
    coordinator = Coordinator()
    each = count // processes
    start = time.monotonic()
    generators = [
        load(coordinator.address, workers=each, first_worker=number * each, slots=1,
             seconds_min=10, seconds_max=30, warm_up=warm_up, duration=duration)
        for number in range(processes)]
    time.sleep(warm_up)
    before, since = coordinator.processor_seconds(), time.monotonic()
    machine = MachineMeanwhile()
    time.sleep(start + duration - 1 - time.monotonic())
    used = (coordinator.processor_seconds() - before) / (time.monotonic() - since)
    meanwhile = str(machine)
    answer = subprocess.run([GROKSWEEP, "status", "--json"], capture_output=True, text=True)
    connected = json.loads(answer.stdout)["workers"]
    memory = coordinator.peak_megabytes()
    made = [result(generator) for generator in generators]
    coordinator.end()
    grants = sum(one["latencies"] for one in made)
    say("grant latency", f"p99 {max(one['p99'] for one in made):.1f} ms", "p99 below 20 ms",
        f"{connected} connected workers of one slot, heartbeats every 5 s, runs of 10 to 30 s, {grants} grants in "
        f"{duration - warm_up} s, p50 {max(one['p50'] for one in made):.1f} ms, "
        f"p99.9 {max(one['p999'] for one in made):.1f} ms, longest {max(one['max'] for one in made):.1f} ms "
        f"(the worse of {processes} generator processes)")
    say("coordinator", f"{100 * used:.0f} % of a core", "below 50 %", "the same load")
    say("memory", f"{memory:.0f} MB", "below 1000 MB", "the same load, peak of the resident set")
    print(f"machine: {meanwhile}")


def timed(*command):
    """The seconds that a command takes, and those that it has the processor."""
    start, before = time.monotonic(), os.times()
    subprocess.run(pinned(*command), check=True, stdout=subprocess.PIPE)
    after = os.times()
    used = sum(after[2:4]) - sum(before[2:4])
    return time.monotonic() - start, used


def median(pairs):
    """In words: the median of each."""
    seconds, used = (statistics.median(values) for values in zip(*pairs))
    return f"{seconds:.2f} s ({used:.2f} s of a processor)"


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def million(finished=int(os.environ.get("FINISHED", 500_000)), repetitions=3):
    fresh()
    sweep(1000, 1000)
    coordinator = Coordinator()
    registered = coordinator.listening - coordinator.started
    result(load(coordinator.address, workers=8, slots=64, runs=finished))
    # As hard as it gets: attempts are open, and a write-ahead log is left.
    coordinator.end(signal.SIGKILL)
    how = (f"median of {repetitions}, one million runs in the store, {finished} of them with results, "
           f"{STORE.stat().st_size >> 20} MB, in the page cache")
    plans = [timed(GROKSWEEP, "plan", "load.yaml") for _ in range(repetitions)]
    say("plan", median(plans), "below 3 s", how)
    statuses = [timed(GROKSWEEP, "status") for _ in range(repetitions)]
    say("status without a coordinator", median(statuses), "below 3 s", how)
    grants, memories, live = [], [], []
    for _ in range(repetitions):
        address = free_address()
        waiting = load(address, workers=1, slots=1, first_grant=1)
        coordinator = Coordinator(address)
        granted = result(waiting)["first_grant"] - coordinator.started
        grants.append((granted, coordinator.processor_seconds()))
        live.append(timed(GROKSWEEP, "status"))
        memories.append(coordinator.peak_megabytes())
        coordinator.end(signal.SIGKILL)
    say("restart", median(grants), "below 3 s",
        "from the start of the killed coordinator to a grant in a worker's hands, " + how)
    say("status of the coordinator", median(live), "below 3 s", how)
    say("memory", f"{max(memories):.0f} MB", "below 1000 MB", "restarted, peak of the resident set")
    print(f"(the first start, which makes the million runs durable, takes {registered:.1f} s)")


figures = {"runs": runs, "records": records, "workers": workers, "million": million}
if FIGURE != "all" and FIGURE not in figures:
    sys.exit(f"coordinator-load: expected {', '.join(figures)} or all, found {FIGURE}")
for name, figure in figures.items():
    if FIGURE in ("all", name):
        figure()

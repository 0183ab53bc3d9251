"""Coordinator and workers as real processes under faults, then calm, then a checker.

    make storm MINUTES=2 SEED=0

Rounds of at most five minutes, each with a fresh store and a schedule of its own. Faults are drawn
from the seed: the same seed has the same schedule. What the faults meet depends on the machine.
"""

import argparse
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True

import faults  # noqa: E402
import hosts  # noqa: E402
import processes  # noqa: E402
import rounds  # noqa: E402
import sweeps  # noqa: E402
import tamper  # noqa: E402

WORKERS = 4
ROUND_SECONDS = 300


def say(sentence):
    print(sentence, flush=True)


class Interrupted(Exception):
    """Somebody wants the storm to end."""


def interrupt(number, frame):
    raise Interrupted()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="the built groksweep")
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, help="drawn and printed if not given")
    parser.add_argument("--round", type=int, help="only this round, as a failing storm names it")
    parser.add_argument("--schedule", action="store_true", help="print the schedule and end")
    parser.add_argument("--loopback", action="store_true", help="do without several hosts")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a good storm, too")
    parser.add_argument("--reference", help="a store that holds the undisturbed sweeps already")
    given = parser.parse_args()
    if given.seed is None:
        given.seed = secrets.randbelow(1_000_000)
    return given


class Storm:
    """All rounds of a storm, and what they need."""

    def __init__(self, given):
        self.given = given
        self.program = str(pathlib.Path(given.program).resolve())
        self.count = max(1, round(given.minutes * 60 / ROUND_SECONDS))
        self.seconds = given.minutes * 60 / self.count
        self.sweeps = sweeps.sweeps_for(self.seconds, WORKERS * rounds.SLOTS)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="storm-", dir="/tmp"))
        self.hosts = None
        self.round = None
        self.has_found = False

    def run(self):
        loopback = hosts.Loopback("asked for")
        prefix = f"storm{os.getpid()}"
        self.hosts = loopback if self.given.loopback else hosts.choose(prefix, WORKERS + 1)
        if self.hosts.has_network:
            say(f"{WORKERS + 1} hosts in network namespaces; {self.count} rounds of "
                f"{self.seconds:.0f} s; seed {self.given.seed}")
        else:
            say(f"one host, killed and stopped but not cut off ({self.hosts.reason}); "
                f"{self.count} rounds of {self.seconds:.0f} s; seed {self.given.seed}")
        reference, took = self.compute_reference()
        for number in range(self.count):
            if self.given.round in (None, number):
                self.one_round(number, reference, took)

    def schedule(self, number):
        return faults.schedule(
            f"{self.given.seed}.{number}", self.seconds, WORKERS,
            self.hosts is None or self.hosts.has_network)

    def compute_reference(self):
        """The sweeps whose curves are compared, computed by this machine without a storm."""
        if self.given.reference:
            return pathlib.Path(self.given.reference), self.seconds
        begin = time.monotonic()
        results = self.folder / "reference"
        environment = dict(os.environ, **{processes.MARK: str(self.folder)})
        for sweep in self.sweeps:
            if not sweep.reference:
                continue
            file = self.folder / f"{sweep.name}.yaml"
            file.write_text(sweep.text())
            done = subprocess.run(
                [self.program, "run", str(file), "--results", str(results)],
                env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                start_new_session=True, preexec_fn=processes.die_with_parent)
            if done.returncode != 0:
                raise SystemExit(f"the reference of {sweep.name} failed: {done.stderr}")
        took = time.monotonic() - begin
        say(f"the undisturbed reference took {took:.0f} s")
        return results / "results.sqlite", took

    def one_round(self, number, reference, took):
        planned = self.schedule(number)
        self.hosts.port = free_port()
        self.round = rounds.Round(
            self.program, self.folder / f"round-{number}", self.hosts, WORKERS, self.sweeps,
            reference, say)
        self.round.storm(planned, self.seconds)
        calm = self.round.calm(60 + self.seconds + 3 * took)
        self.round.close()
        self.round.remove_disk()
        verdict = self.round.judge()
        for line in verdict.lines():
            say(line)
        say(f"round {number}: {len(planned)} faults, then {calm:.0f} s of calm; " + ", ".join(
            f"{value} {name}" for name, value in verdict.figures.items()))
        if not verdict.findings and number == self.count - 1:
            self.check_checker(self.round.folder)
        if verdict.findings:
            self.has_found = True
            say(f"round {number}: {len(verdict.findings)} findings; {self.folder} is kept; again: "
                f"make storm MINUTES={self.given.minutes:g} SEED={self.given.seed} ROUND={number}")
        self.round = None

    def check_checker(self, folder):
        """A checker that finds nothing has shown nothing before it has found something."""
        noticed, missed = tamper.check(folder, self.folder / "tampered")
        say(f"the checker noticed {noticed} of {noticed + len(missed)} stores that were tampered with")
        for sentence in missed:
            self.has_found = True
            say(f"finding: {sentence}")

    def clean(self, is_good):
        if self.round is not None:
            self.round.sweep_up()
            self.round.remove_disk()
        for number in processes.marked(self.folder):
            processes.send(number, signal.SIGKILL)
        if self.hosts is not None:
            self.hosts.down()
        if is_good and not self.given.keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    given = arguments()
    storm = Storm(given)
    if given.schedule:
        for number in range(storm.count):
            for fault in storm.schedule(number):
                say(str(fault))
        return storm.clean(True)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    is_good = False
    try:
        storm.run()
        is_good = not storm.has_found
    except Interrupted:
        say("interrupted")
        is_good = not storm.has_found
        sys.exit(130)
    finally:
        storm.clean(is_good)
    if storm.has_found:
        sys.exit(1)
    say(f"no finding in {given.minutes:g} minutes, seed {given.seed}")


if __name__ == "__main__":
    main()

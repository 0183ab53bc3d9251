"""Reads a store after a storm and says what is wrong with it, whatever the program says of itself.

    python3 cluster/storm/checker.py FOLDER     judges a folder that a storm has kept
"""

import json
import pathlib
import sys

import acknowledged
import curves
import stores
import sweeps


class Verdict:
    """What is wrong, a sentence each, and figures worth knowing."""

    # More of one kind say nothing new.
    SHOWN = 40

    def __init__(self):
        self.findings = []
        self.figures = {}

    def hold(self, is_true, sentence):
        if not is_true:
            self.findings.append(sentence)
        return is_true

    def lines(self):
        yield from (f"finding: {finding}" for finding in self.findings[:self.SHOWN])
        if len(self.findings) > self.SHOWN:
            yield f"and {len(self.findings) - self.SHOWN} findings more"


def judge(folder):
    """Judges the store, the samples and the traces of a storm's folder."""
    folder = pathlib.Path(folder)
    plan = json.loads((folder / "plan.json").read_text())
    verdict = Verdict()
    store = stores.Store(folder / "results" / "results.sqlite")
    for problem in store.problems():
        verdict.hold(False, f"the file: {problem}")
    reference = None
    if plan["reference"]:
        reference = stores.Store(plan["reference"])
    for text in plan["sweeps"]:
        check_sweep(verdict, store, sweeps.of_plan(text), reference)
    check_leases(verdict, store)
    acknowledged.check(verdict, store, sorted(folder.glob("trace-*")))
    return verdict


def check_sweep(verdict, store, sweep, reference):
    """Every grid point is there once, and its run has ended as it must."""
    points = list(sweep.points())
    rows = store.grid(sweep.name)
    verdict.hold(
        [row["position"] for row in rows] == list(range(len(points))),
        f"{sweep.name}: {len(rows)} grid points in the store, {len(points)} in the sweep")
    verdict.hold(
        len({row["run"] for row in rows}) == len(rows), f"{sweep.name}: two points share a run")
    failed = 0
    for row in rows[:len(points)]:
        run = store.runs[row["run"]]
        name = f"{sweep.name}[{row['position']}] {run.key[:12]}"
        check_configuration(verdict, name, run, sweep, points[row["position"]])
        check_attempts(verdict, name, run)
        if run.status == "failed":
            failed += 1
            check_failure(verdict, name, run)
        elif verdict.hold(run.status == "finished", f"{name}: is {run.status}"):
            verdict.hold(not sweep.fails, f"{name}: has a result, which it cannot have")
            check_acceptance(verdict, name, run)
            curves.check(verdict, name, run, points[row["position"]], sweep, reference)
    figures = verdict.figures
    figures["runs"] = figures.get("runs", 0) + len(rows)
    figures["failed runs that should not"] = (
        figures.get("failed runs that should not", 0) + (0 if sweep.fails else failed))


def check_configuration(verdict, name, run, sweep, point):
    parameters = run.configuration["parameters"]
    verdict.hold(run.experiment == sweep.experiment, f"{name}: is a run of {run.experiment}")
    for parameter, value in point.items():
        verdict.hold(
            parameters.get(parameter) == value,
            f"{name}: {parameter} is {parameters.get(parameter)}, {value} in the sweep")


def check_attempts(verdict, name, run):
    """Attempts are numbered one by one, none is open, and each says what it continues."""
    numbers = [attempt.number for attempt in run.attempts]
    verdict.hold(numbers == list(range(1, len(numbers) + 1)), f"{name}: attempts {numbers}")
    for attempt in run.attempts:
        place = f"{name} attempt {attempt.number}"
        verdict.hold(attempt.outcome is not None, f"{place}: still open")
        verdict.hold(bool(attempt.worker and attempt.host), f"{place}: of no worker")
        if attempt.parent is None:
            verdict.hold(attempt.start == 0, f"{place}: starts at {attempt.start} from nothing")
        else:
            parent = run.attempt(attempt.parent)
            verdict.hold(
                parent is not None and parent.number < attempt.number
                and (attempt.start >= parent.start or may_begin_again(run)),
                f"{place}: starts at {attempt.start}, before its parent {attempt.parent}")


def may_begin_again(run):
    """A float32 run near a threshold is computed once more in float64, from step 0 on, by whichever attempt is at it."""
    return (run.experiment == "polynomial-regression"
            and run.configuration["parameters"].get("precision") == "float32")


def check_failure(verdict, name, run):
    """A run is given up after the failures or lost workers that this takes, and not before."""
    outcomes = [attempt.outcome for attempt in run.attempts]
    failures, losses = outcomes.count("failed"), outcomes.count("lost")
    verdict.hold(
        failures > sweeps.RETRIES or losses > sweeps.LOSSES_MAX,
        f"{name}: given up after {failures} failures and {losses} losses")
    verdict.hold(bool(run.failure), f"{name}: failed without a reason")
    verdict.hold("accepted" not in outcomes, f"{name}: failed, and has an accepted attempt")


def check_acceptance(verdict, name, run):
    """One attempt is accepted; it and those that it continues count, and no others."""
    accepted = [attempt.number for attempt in run.attempts if attempt.outcome == "accepted"]
    if not verdict.hold(
            accepted == [run.accepted], f"{name}: accepted {accepted}, run says {run.accepted}"):
        return
    chain = {link.number for link in run.chain()}
    counting = {attempt.number for attempt in run.attempts if attempt.counts}
    verdict.hold(chain == counting, f"{name}: attempts {counting} count, the chain is {chain}")


def check_leases(verdict, store):
    leases = [attempt.lease for run in store.runs.values() for attempt in run.attempts]
    verdict.hold(len(set(leases)) == len(leases), "two attempts have one lease number")
    verdict.figures["attempts"] = len(leases)
    outcomes = [attempt.outcome for run in store.runs.values() for attempt in run.attempts]
    for outcome in ("failed", "lost", "withdrawn"):
        verdict.figures[f"{outcome} attempts"] = outcomes.count(outcome)


def main():
    verdict = judge(sys.argv[1])
    for line in verdict.lines():
        print(line)
    print(", ".join(f"{value} {name}" for name, value in verdict.figures.items()))
    sys.exit(1 if verdict.findings else 0)


if __name__ == "__main__":
    main()

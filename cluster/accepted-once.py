#!/usr/bin/env python3
"""accepted-once.py RESULTS SWEEP STEP_MILLISECONDS: whether every run of a sweep has exactly one accepted attempt, and at most
how many steps were computed twice. For sweeps of the experiment noop, whose steps take a known time."""

import datetime
import sqlite3
import sys


def main(results, sweep, step_milliseconds):
    store = sqlite3.connect(f"file:{results}/results.sqlite?mode=ro", uri=True)
    runs = store.execute(
        "SELECT run.id, status, steps, accepted_attempt FROM run JOIN sweep_run ON run = run.id "
        "JOIN sweep ON sweep.id = sweep WHERE sweep.name = ? ORDER BY position", (sweep,)).fetchall()
    outcomes, findings, needed, computed = {}, [], 0, 0.0
    for run, status, steps, accepted in runs:
        attempts = store.execute(
            "SELECT number, start_step, outcome, started_at, ended_at FROM attempt WHERE run = ? ORDER BY number",
            (run,)).fetchall()
        for number, _, outcome, began, ended in attempts:
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        count = sum(outcome == "accepted" for _, _, outcome, _, _ in attempts)
        if status != "finished" or count != 1:
            findings.append(f"run {run} is {status} with {count} accepted attempts")
            continue
        needed += steps
        for index, (number, start, outcome, began, ended) in enumerate(attempts):
            if outcome == "accepted":
                computed += steps - start
                continue
            # What an attempt went over is not told once it is lost: at most what its time allows.
            time = parsed(ended) - parsed(began)
            computed += min(steps - start, time.total_seconds() * 1000 / float(step_milliseconds))
    words = ", ".join(f"{count} {outcome or 'open'}" for outcome, count in sorted(outcomes.items(), key=str))
    print(f"{sweep}: {len(runs)} runs; attempts: {words}")
    for finding in findings:
        print(f"  {finding}")
    if not findings:
        print(f"  every run accepted once; {needed} steps were needed, "
              f"at most {max(0, round(computed - needed))} were computed twice")
    return 1 if findings or not runs else 0


def parsed(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

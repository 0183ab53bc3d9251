#!/usr/bin/env python3
"""handed-back.py RESULTS SWEEP: whether every attempt of a sweep that was stopped has been handed back, each with its state."""

import sqlite3
import sys


def main(results, sweep):
    store = sqlite3.connect(f"file:{results}/results.sqlite?mode=ro", uri=True)
    outcomes = dict(store.execute(
        "SELECT coalesce(outcome, 'open'), count(*) FROM attempt JOIN sweep_run ON sweep_run.run = attempt.run "
        "JOIN sweep ON sweep.id = sweep WHERE sweep.name = ? GROUP BY outcome", (sweep,)))
    saved, = store.execute(
        "SELECT count(*) FROM checkpoint JOIN sweep_run ON sweep_run.run = checkpoint.run "
        "JOIN sweep ON sweep.id = sweep WHERE sweep.name = ?", (sweep,)).fetchone()
    words = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    print(f"{sweep}: attempts: {words or 'none'}; {saved} checkpoints")
    if set(outcomes) == {"withdrawn"} and saved == outcomes["withdrawn"]:
        return 0
    print("  expected every attempt to be handed back (withdrawn), each with a checkpoint")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

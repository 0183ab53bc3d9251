"""Shows that the checker can find something: it is given stores that were tampered with.

    python3 cluster/storm/tamper.py FOLDER     FOLDER: a round that a storm has kept
"""

import contextlib
import json
import pathlib
import shutil
import sqlite3
import sys

import checker

# What is done to a good store, in SQL, and what it stands for.
TAMPERINGS = {
    "a record is lost": """
        DELETE FROM curve WHERE (run, step) IN (
          SELECT run, step FROM accepted_curve WHERE step = 8 ORDER BY run LIMIT 1)""",
    "the last record is lost": """
        DELETE FROM curve WHERE (run, step) IN (
          SELECT id, steps FROM run WHERE steps IS NOT NULL ORDER BY id DESC LIMIT 1)""",
    "a loss differs in its last bit": """
        UPDATE curve SET train_loss = train_loss * (1 + 2.3e-16) WHERE (run, step) IN (
          SELECT sweep_run.run, 64 FROM sweep_run JOIN sweep ON sweep.id = sweep_run.sweep
          WHERE name = 'storm-regression' ORDER BY 1 LIMIT 1)""",
    "a record of an attempt that does not count is left": """
        INSERT INTO curve SELECT run, number, 0, 1, 1, NULL, NULL FROM attempt
          JOIN run ON run.id = attempt.run WHERE NOT counts AND run.steps IS NOT NULL LIMIT 1""",
    "an attempt is still open": """
        UPDATE attempt SET outcome = NULL, ended_at = NULL WHERE (run, number) IN (
          SELECT run, number FROM attempt WHERE outcome = 'lost' LIMIT 1)""",
    "two attempts are accepted": """
        UPDATE attempt SET outcome = 'accepted' WHERE (run, number) IN (
          SELECT run, number FROM attempt JOIN run ON run.id = run
          WHERE outcome = 'lost' AND run.steps IS NOT NULL LIMIT 1)""",
    "an attempt is gone": """
        DELETE FROM attempt WHERE (run, number) IN (
          SELECT run, number FROM attempt JOIN run ON run.id = run
          WHERE outcome = 'lost' AND number = 1 AND run.steps IS NOT NULL AND NOT counts
            AND NOT EXISTS (SELECT * FROM attempt AS child
              WHERE child.run = attempt.run AND child.parent = attempt.number) LIMIT 1)""",
    "an attempt forgets what it continues": """
        UPDATE attempt SET parent = NULL, start_step = 0 WHERE (run, number) IN (
          SELECT run, number FROM attempt WHERE counts AND parent IS NOT NULL LIMIT 1)""",
    "an attempt continues another than it did": """
        UPDATE attempt SET parent = number - 1 WHERE (run, number) IN (
          SELECT run, number FROM attempt WHERE parent < number - 1 LIMIT 1)""",
    "a run is open again": """
        UPDATE run SET status = 'open' WHERE id IN (
          SELECT id FROM run WHERE status = 'finished' LIMIT 1)""",
    "a run is given up for nothing": """
        UPDATE run SET status = 'failed', failure = 'none', accepted_attempt = NULL, steps = NULL,
          stopped = NULL WHERE id IN (SELECT id FROM run WHERE status = 'finished' LIMIT 1)""",
    "a grid point is lost": """
        DELETE FROM sweep_run WHERE position = 3""",
    "a summary is another run's": """
        UPDATE run SET final_test_loss = final_test_loss + 1 WHERE id IN (
          SELECT run FROM sweep_run JOIN sweep ON sweep.id = sweep_run.sweep
          WHERE name = 'storm-modular' LIMIT 1)""",
    "an end state is lost": """
        DELETE FROM checkpoint WHERE run IN (
          SELECT run FROM sweep_run JOIN sweep ON sweep.id = sweep_run.sweep
          WHERE name = 'storm-regression' LIMIT 1)""",
}


def tampered(folder, place):
    """Each tampering, and what the checker finds then; none for one that had nothing to change."""
    store = place / "results" / "results.sqlite"
    store.parent.mkdir(parents=True)
    shutil.copy(folder / "plan.json", place / "plan.json")
    for trace in folder.glob("trace-*"):
        shutil.copy(trace, place / trace.name)
    for name, statement in TAMPERINGS.items():
        with contextlib.closing(sqlite3.connect(f"file:{folder}/results/results.sqlite?mode=ro",
                                                uri=True)) as source:
            with contextlib.closing(sqlite3.connect(store)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA foreign_keys = OFF")
                changed = copy.execute(statement).rowcount
                copy.commit()
        yield name, checker.judge(place).findings if changed else None
        store.unlink()
    yield from lost_acknowledgement(folder, place)


def lost_acknowledgement(folder, place):
    """A worker that was told that a result is durable, of a run that was begun again afterwards."""
    store = place / "results" / "results.sqlite"
    with contextlib.closing(sqlite3.connect(f"file:{folder}/results/results.sqlite?mode=ro",
                                            uri=True)) as source:
        with contextlib.closing(sqlite3.connect(store)) as copy:
            source.backup(copy)
        row = source.execute(
            "SELECT key, number, start_step FROM attempt JOIN run ON run.id = run"
            " WHERE outcome = 'lost' AND run.steps IS NOT NULL AND NOT counts LIMIT 1").fetchone()
    name = "an acknowledged result is lost"
    if row is None:
        yield name, None
        return
    with open(place / "trace-0", "w") as trace:
        trace.write(f"1000.0 {row[1]} {row[0]} finished {row[2] + 1}\n")
    yield name, checker.judge(place).findings


def check(folder, place):
    """Sentences about tamperings that the checker did not notice, and how many it did."""
    noticed, missed = 0, []
    for name, findings in tampered(pathlib.Path(folder), pathlib.Path(place)):
        if findings:
            noticed += 1
        elif findings is not None:
            missed.append(f"the checker does not notice that {name}")
    return noticed, missed


def main():
    folder = pathlib.Path(sys.argv[1])
    place = folder / "tampered"
    for name, findings in tampered(folder, place):
        found = "nothing to tamper with" if findings is None else (
            findings[0] if findings else "NOT NOTICED")
        print(json.dumps([name, found]))
    shutil.rmtree(place)


if __name__ == "__main__":
    main()

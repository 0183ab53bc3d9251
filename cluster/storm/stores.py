"""A store as values: what a checker reads of it, by its tables alone (docs/store.md)."""

import datetime
import json
import sqlite3


def connect(path):
    """Opens a store to read; one that is being written shows its last commit."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    connection.row_factory = sqlite3.Row
    return connection


def seconds(text):
    """Seconds since 1970 of a time as the store writes it; none for no time."""
    if text is None:
        return None
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Attempt:
    """One try at a run."""

    def __init__(self, row):
        self.number, self.parent, self.start = row["number"], row["parent"], row["start_step"]
        self.lease, self.worker, self.host = row["lease"], row["worker"], row["host"]
        self.outcome, self.counts, self.reason = row["outcome"], row["counts"], row["reason"]
        self.started, self.ended = seconds(row["started_at"]), seconds(row["ended_at"])


class Run:
    """A configuration with its attempts and its result."""

    def __init__(self, store, row, attempts):
        self.store = store
        self.id, self.key, self.experiment = row["id"], row["key"], row["experiment"]
        self.configuration = json.loads(row["configuration"])
        self.status, self.failure, self.accepted = (
            row["status"], row["failure"], row["accepted_attempt"])
        self.steps, self.stopped = row["steps"], row["stopped"]
        self.summary = {
            name: row[name] for name in row.keys()
            if name.startswith(("initial_", "final_")) or name in (
                "steps", "stopped", "converged_at")}
        self.attempts = attempts

    def attempt(self, number):
        """The attempt of that number; none if the store, which may be a bad one, lacks it."""
        return next((attempt for attempt in self.attempts if attempt.number == number), None)

    def chain(self):
        """The accepted attempt and those that it continues, the first one first.

        It breaks off where the store lacks one; and numbers fall, lest a bad store's chain be a ring.
        """
        links, link = [], self.attempt(self.accepted)
        while link is not None:
            links.insert(0, link)
            parent = self.attempt(link.parent)
            link = parent if parent is not None and parent.number < link.number else None
        return links


class Store:
    """A store at one moment."""

    def __init__(self, path):
        self.connection = connect(path)
        attempts = {}
        for row in self.connection.execute("SELECT * FROM attempt ORDER BY run, number"):
            attempts.setdefault(row["run"], []).append(Attempt(row))
        rows = self.connection.execute("SELECT * FROM run")
        self.runs = {row["id"]: Run(self, row, attempts.get(row["id"], [])) for row in rows}
        self.by_key = {run.key: run for run in self.runs.values()}

    def problems(self):
        """What SQLite itself finds wrong."""
        for row in self.connection.execute("PRAGMA integrity_check"):
            if row[0] != "ok":
                yield row[0]
        for row in self.connection.execute("PRAGMA foreign_key_check"):
            yield f"a row of {row[0]} points to nothing"

    def grid(self, sweep):
        return self.connection.execute(
            "SELECT position, run FROM sweep_run JOIN sweep ON sweep.id = sweep_run.sweep"
            " WHERE name = ? ORDER BY position", [sweep]).fetchall()

    def curve(self, run):
        """Rows of (attempt, step, four measurements), of every attempt."""
        rows = self.connection.execute(
            "SELECT attempt, step, train_loss, test_loss, train_accuracy, test_accuracy"
            " FROM curve WHERE run = ? ORDER BY step, attempt", [run])
        return [tuple(row) for row in rows]

    def observables(self, run):
        """Rows of (attempt, step, name, value), of every attempt."""
        rows = self.connection.execute(
            "SELECT attempt, step, name, value FROM observable JOIN quantity"
            " ON quantity.id = observable.quantity WHERE run = ? ORDER BY step, name, attempt",
            [run])
        return [tuple(row) for row in rows]

    def crossings(self, run):
        rows = self.connection.execute(
            "SELECT series, threshold, step FROM crossing WHERE run = ? ORDER BY 1, 2", [run])
        return [tuple(row) for row in rows]

    def checkpoint(self, run):
        """The attempt, step and bytes of the state that is kept; none if there is none."""
        return self.connection.execute(
            "SELECT attempt, step, bytes FROM checkpoint WHERE run = ?", [run]).fetchone()

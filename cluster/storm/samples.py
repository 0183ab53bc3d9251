"""Looks at the store again and again while a storm goes on: what is in it must not change back."""

import pathlib
import sqlite3

import stores


class Samples:
    """What was seen of the store so far, and what has changed that must not."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.results, self.attempts, self.sweeps = {}, {}, set()
        self.findings = []
        self.count = 0

    def take(self):
        """Looks once; says whether there was anything to look at."""
        if not self.path.exists():
            return False
        try:
            connection = stores.connect(self.path)
            try:
                self._look(connection)
            finally:
                connection.close()
        except sqlite3.OperationalError:
            # The coordinator has just made the file, or moves its log.
            return False
        self.count += 1
        return True

    def _look(self, connection):
        connection.execute("BEGIN")
        results = {
            row["key"]: (row["accepted_attempt"], row["steps"], row["stopped"]) for row in
            connection.execute(
                "SELECT key, accepted_attempt, steps, stopped FROM run WHERE steps IS NOT NULL")}
        attempts = {
            (row["run"], row["number"]): tuple(row)[2:] for row in connection.execute(
                "SELECT run, number, parent, start_step, lease, worker, outcome FROM attempt")}
        sweeps = {row[0] for row in connection.execute("SELECT name FROM sweep")}
        self.open = connection.execute(
            "SELECT count(*) FROM run WHERE status = 'open'").fetchone()[0]
        self.under_way = sum(attempt[-1] is None for attempt in attempts.values())
        for key, result in self.results.items():
            self._hold(
                results.get(key) == result,
                f"{key[:12]}: had the result {result}, then {results.get(key)}")
        for place, attempt in self.attempts.items():
            self._hold_attempt(place, attempt, attempts.get(place))
        self._hold(self.sweeps <= sweeps, f"the sweeps {self.sweeps - sweeps} are gone")
        self.results, self.attempts, self.sweeps = results, attempts, sweeps

    def _hold(self, is_true, sentence):
        if not is_true:
            self.findings.append(f"while the storm went on: {sentence}")

    def _hold_attempt(self, place, before, now):
        name = f"attempt {place[1]} of run {place[0]}"
        if now is None:
            return self._hold(False, f"{name} is gone")
        self._hold(now[:-1] == before[:-1], f"{name} was {before}, then {now}")
        # The first end counts; a result, which may come later, overrides it.
        self._hold(
            before[-1] is None or now[-1] in (before[-1], "accepted"),
            f"{name} was {before[-1]}, then {now[-1]}")

    @property
    def has_ended(self):
        """Whether no run is open, nor an attempt."""
        return self.open == 0 and self.under_way == 0

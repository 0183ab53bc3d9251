"""Whether the curve of a run is whole, belongs to one chain of attempts, and is the right one."""

import sweeps


def check(verdict, name, run, point, sweep, reference):
    """Holds a finished run to the schedule, to its attempts, and to what it must have computed."""
    rows = check_whole(verdict, name, run, run.store.curve(run.id))
    if sweep.experiment == "noop":
        check_noop(verdict, name, run, point, rows)
    if sweep.reference and reference is not None:
        check_against(verdict, name, run, rows, reference)


def check_whole(verdict, name, run, rows):
    """Each record stands once, at a step of the schedule, in the attempt that went over that step."""
    steps = [row[1] for row in rows]
    expected = sweeps.record_steps(run.steps)
    if steps != expected:
        missing, extra = set(expected) - set(steps), set(steps) - set(expected)
        twice = len(steps) - len(set(steps))
        verdict.hold(
            False, f"{name}: the curve lacks {sorted(missing)[:5]}, has {sorted(extra)[:5]} "
            f"beside the schedule, and {twice} steps twice")
    chain = run.chain()
    bounds = {}
    # An attempt whose records were held back has them all, whatever it continued, and its parents have none.
    beginners = {row[0] for row in rows if row[1] == 0}
    for link, following in zip(chain, chain[1:] + [None]):
        last = following.start if following else run.steps
        bounds[link.number] = (link.start if link.parent is not None else -1, last)
        if link.parent is not None and link.number in beginners:
            bounds = {number: (0, -1) for number in bounds}
            bounds[link.number] = (-1, last)
    for table, found in (("curve", rows), ("observable", run.store.observables(run.id))):
        for row in found:
            attempt, step = row[0], row[1]
            if not verdict.hold(
                    attempt in bounds,
                    f"{name}: {table} has rows of attempt {attempt}, which does not count"):
                break
            first, last = bounds[attempt]
            # A child may have measured the step that it started from, if its parent had not.
            if not verdict.hold(
                    first <= step <= last,
                    f"{name}: {table} has step {step} of attempt {attempt}, "
                    f"which went from {first} to {last}"):
                break
    state = run.store.checkpoint(run.id)
    verdict.hold(
        state is None or state["attempt"] in bounds,
        f"{name}: a checkpoint of an attempt that does not count is left")
    return rows


def check_noop(verdict, name, run, point, rows):
    """The losses of a run that computes nothing are known: 1/(1 + step)."""
    verdict.hold(
        (run.steps, run.stopped) == (point["steps"], "converged"),
        f"{name}: {run.stopped} after {run.steps} steps, not converged after {point['steps']}")
    wrong = [row[1] for row in rows if row[2] != 1 / (1 + row[1]) or row[3] != row[2]]
    verdict.hold(not wrong, f"{name}: wrong losses at {wrong[:5]}")


def check_against(verdict, name, run, rows, reference):
    """To the bit what the same run is without a storm."""
    other = reference.by_key.get(run.key)
    if not verdict.hold(
            other is not None and other.status == "finished", f"{name}: is not in the reference"):
        return
    for column, value in run.summary.items():
        verdict.hold(
            value == other.summary[column],
            f"{name}: {column} is {value!r}, in the reference {other.summary[column]!r}")
    expected = [row[1:] for row in reference.curve(other.id)]
    found = [row[1:] for row in rows]
    if found != expected:
        differing = sorted({row[0] for row in set(found) ^ set(expected)})
        verdict.hold(False, f"{name}: the curve differs from the reference at {differing[:5]}")
    verdict.hold(
        [row[1:] for row in run.store.observables(run.id)]
        == [row[1:] for row in reference.observables(other.id)],
        f"{name}: observables differ from the reference")
    verdict.hold(
        run.store.crossings(run.id) == reference.crossings(other.id),
        f"{name}: crossings differ from the reference")
    mine, theirs = run.store.checkpoint(run.id), reference.checkpoint(other.id)
    verdict.hold(
        (mine is None) == (theirs is None)
        and (mine is None or tuple(mine)[1:] == tuple(theirs)[1:]),
        f"{name}: the end state differs from the reference")

"""Holds a store to what workers were told is durable.

A worker with --trace writes a line for each report that was acknowledged: when, the attempt, the run,
what it was, and its last step; and a line `sent` for each checkpoint before it is sent.
"""

# The worker's clock is read after the acknowledgement came, the store's when the batch was written,
# both on one machine.
SLACK = 0.05


class Line:
    """A report that a worker was told is durable."""

    def __init__(self, text):
        time, attempt, self.key, self.kind, step = text.split()
        self.time, self.attempt, self.step = float(time), int(attempt), int(step)


def read(paths):
    lines = []
    for path in paths:
        text = path.read_text()
        # The worker may have been killed while it wrote the last line.
        lines += [Line(line) for line in text.split("\n")[:-1] if len(line.split()) == 5]
    return sorted(lines, key=lambda line: line.time)


def check(verdict, store, paths):
    """Nothing that a worker was told is durable is lost."""
    lines = read(paths)
    verdict.figures["acknowledged reports"] = sum(line.kind != "sent" for line in lines)
    verdict.figures["acknowledged results"] = sum(line.kind == "finished" for line in lines)
    check_parents(verdict, store, lines)
    reached = {}
    for line in lines:
        run = store.by_key.get(line.key)
        name = f"{line.key[:12]} attempt {line.attempt}"
        if not verdict.hold(
                run is not None and run.attempt(line.attempt) is not None,
                f"{name}: computed, and not in the store"):
            continue
        if line.kind == "finished":
            check_result(verdict, name, run, line)
        if line.kind == "checkpoint":
            check_checkpoint(verdict, name, run, line)
        if line.kind in ("records", "checkpoint", "finished"):
            place = (line.key, line.attempt)
            reached[place] = max(reached.get(place, 0), line.step)
    count_steps(verdict, store, reached)


def check_parents(verdict, store, lines):
    """What an attempt says that it continues was written by that parent at that step."""
    sent = {(line.key, line.attempt, line.step) for line in lines if line.kind == "sent"}
    for run in store.runs.values():
        for attempt in run.attempts:
            verdict.hold(
                attempt.parent is None or (run.key, attempt.parent, attempt.start) in sent,
                f"{run.key[:12]} attempt {attempt.number}: continues attempt {attempt.parent} from "
                f"step {attempt.start}, where that saved nothing")


def check_result(verdict, name, run, line):
    """A run whose result was acknowledged has one from then on, and is never begun again."""
    later = [attempt.number for attempt in run.attempts if attempt.started > line.time + SLACK]
    verdict.hold(
        not later, f"{name}: its result was acknowledged, and attempts {later} begun afterwards")
    if run.accepted is None:
        verdict.hold(
            run.status == "failed", f"{name}: its result was acknowledged, and the run has none")
        return
    accepted = run.attempt(run.accepted)
    verdict.hold(
        accepted is not None and accepted.ended is not None
        and accepted.ended <= line.time + SLACK,
        f"{name}: its result was acknowledged before the run had one")
    if line.attempt == run.accepted:
        verdict.hold(
            line.step == run.steps, f"{name}: acknowledged {line.step} steps, stored {run.steps}")


def check_checkpoint(verdict, name, run, line):
    """The next attempt goes on from a checkpoint that was acknowledged while its lease was held."""
    attempt = run.attempt(line.attempt)
    if attempt.ended is None or attempt.ended <= line.time + SLACK:
        return
    following = next((other for other in run.attempts if other.number > line.attempt), None)
    # A run that fails where it was continued is begun anew, in case the checkpoint is to blame.
    if following is None or attempt.outcome == "failed":
        return
    verdict.hold(
        following.start >= line.step,
        f"{name}: its checkpoint of step {line.step} was acknowledged, "
        f"and attempt {following.number} starts at {following.start}")


def count_steps(verdict, store, reached):
    """How many steps were computed beside those that the curves are made of."""
    needed = sum(run.steps or 0 for run in store.runs.values())
    computed = 0
    for run in store.runs.values():
        for attempt in run.attempts:
            computed += max(0, reached.get((run.key, attempt.number), 0) - attempt.start)
    verdict.figures["steps"] = needed
    verdict.figures["steps reported twice or more"] = max(0, computed - needed)

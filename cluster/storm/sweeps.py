"""The sweeps of a storm, and what a checker may expect of them without asking the program."""

import itertools
import json
import math

# The defaults of `groksweep coordinate`: a run fails after one failure more than this, or once it was
# lost by more workers than that.
RETRIES = 3
LOSSES_MAX = 10


class Sweep:
    """A sweep as a value: its file for the program, its grid for the checker."""

    def __init__(self, name, experiment, parameters, axes, until, fails=False, reference=False):
        self.name, self.experiment = name, experiment
        self.parameters, self.axes, self.until = parameters, axes, until
        # Every run of it ends failed.
        self.fails = fails
        # Its curves are those of a run of the same sweep without a storm.
        self.reference = reference

    def text(self):
        names = list(self.axes)
        lines = [f"name: {self.name}", f"experiment: {self.experiment}"]
        lines += [f"parameters: {json.dumps(self.parameters)}", "axes:"]
        lines += [f"  {name}: {json.dumps(values)}" for name, values in self.axes.items()]
        lines += [f"until: {json.dumps(self.until)}"]
        lines += [f"map: {{x: {names[0]}, y: {names[1]}, value: time_to_grok}}"]
        return "\n".join(lines) + "\n"

    def points(self):
        """The grid, the last axis fastest."""
        for values in itertools.product(*self.axes.values()):
            yield dict(self.parameters, **dict(zip(self.axes, values)))

    def plan(self):
        return dict(vars(self))


def of_plan(plan):
    return Sweep(**plan)


def sweeps_for(seconds, slots):
    """Enough work to keep this many slots and two cores busy for about that long under faults."""
    minutes = seconds / 60
    seeds = list(range(max(1, math.ceil(minutes))))
    # A second or more each of matrix products, which show in the last bit if a run is spliced wrongly.
    regression = Sweep(
        "storm-regression", "polynomial-regression",
        {"input_dimension": 40, "hidden_units": 200, "train_examples": 220, "engine": "direct",
         "learning_rate": 5},
        {"alpha": [1, 2, 3, 4], "epsilon": [0.02, 0.05, 0.1, 0.2], "seed": seeds},
        {"max_steps": 8000}, reference=True)
    modular = Sweep(
        "storm-modular", "modular-mlp", {"p": 11, "hidden_units": 64},
        {"alpha": [0.25, 1], "train_fraction": [0.5, 0.6, 0.8], "seed": seeds},
        {"max_steps": 80000}, reference=True)
    # Runs that take time and no processor: something is always under way.
    count = max(4, math.ceil(seconds * slots / 4))
    waiting = Sweep(
        "storm-waiting", "noop", {"step_milliseconds": 10},
        {"steps": [40, 150, 800], "x": list(range(count // 3)), "seed": [0]},
        {"max_steps": 100000, "converged": True})
    # So short that workers hold queues of them.
    blink = Sweep(
        "storm-blink", "noop", {"steps": 3},
        {"x": list(range(math.ceil(200 * minutes))), "y": [0, 1], "seed": [1]},
        {"max_steps": 100000, "converged": True})
    poison = Sweep(
        "storm-poison", "noop", {"steps": 5, "step_milliseconds": 10},
        {"behaviour": ["fail", "crash"], "x": [0, 1], "seed": [2]},
        {"max_steps": 100000, "converged": True}, fails=True)
    return [poison, regression, waiting, modular, blink]


def is_recorded(step):
    """Every step at first, then sixteen an octave."""
    return step < 16 or step % (1 << (step.bit_length() - 5)) == 0


def record_steps(last):
    """The steps of a whole curve that ends at `last`."""
    return [step for step in range(last + 1) if is_recorded(step) or step == last]

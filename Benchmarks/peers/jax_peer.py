"""What the scripts in JAX share: one thread, agreement with PyTorch, the timing.

Processor time is the whole process's, since XLA computes on threads of its own; compilation is over when the timing begins.
"""

import os

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

import statistics
import time

import jax


def report(name, step, state, peer_step, steps):
    """Prints the median time of `step`, a jitted map from a state to the next state and the loss of the one it was given.

    Refuses where one of the first five losses differs by more than 1e-5, relative, from PyTorch's: `peer_step` takes PyTorch's step
    from the same weights and returns its loss.
    """
    for number in range(1, 6):
        state, loss = step(state)
        loss, expected = float(loss), peer_step().item()
        if not abs(loss - expected) <= 1e-5 * abs(expected):
            raise SystemExit(f"JAX's loss of step {number} is {loss}; PyTorch's, from the same weights, is {expected}")
    times = []
    for _ in range(5):
        jax.block_until_ready(state)
        begin = time.process_time()
        for _ in range(steps):
            state, _ = step(state)
        jax.block_until_ready(state)
        times.append((time.process_time() - begin) / steps * 1e6)
    print(f"JAX {jax.__version__}, {name}: {statistics.median(times):.0f} µs a step")

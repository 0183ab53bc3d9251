#!/usr/bin/env python3
"""The direct training step in PyTorch, eager, float32, one thread: what `trainer-benchmark` compares to.

D=100, P=450, N=500: forward through all hidden units, mean squared error of the centred predictor, backward by
autograd, plain gradient descent. No test loss. Run it in the environment that venv.sh makes, pinned:

    OPENBLAS_NUM_THREADS=1 taskset -c 1 .venv/bin/python direct_step.py
"""

import statistics
import time

import torch

DIMENSION, EXAMPLES, UNITS = 100, 450, 500
ALPHA, EPSILON, RATE = 1.2, 0.06, 20.0

torch.set_num_threads(1)
generator = torch.Generator().manual_seed(0)
x = torch.randn(EXAMPLES, DIMENSION, generator=generator) / DIMENSION**0.5
beta = torch.randn(DIMENSION, generator=generator)
w = torch.randn(UNITS, DIMENSION, generator=generator).requires_grad_()
target = (x @ beta) ** 2 / 2


def outputs():
    h = x @ w.T
    return ALPHA * (h + EPSILON / 2 * h**2).mean(dim=1)


with torch.no_grad():
    target += outputs()
optimiser = torch.optim.SGD([w], lr=RATE * UNITS / ALPHA**2)


def step():
    optimiser.zero_grad()
    loss = ((outputs() - target) ** 2).mean()
    loss.backward()
    optimiser.step()
    return loss


def median():
    for _ in range(20):
        step()
    times = []
    for _ in range(5):
        begin = time.thread_time()
        for _ in range(100):
            step()
        times.append((time.thread_time() - begin) / 100 * 1e6)
    return statistics.median(times)


NAME = f"direct step D={DIMENSION} P={EXAMPLES} N={UNITS}, no test loss"

if __name__ == "__main__":
    print(f"PyTorch {torch.__version__}, {NAME}: {median():.0f} µs a step")

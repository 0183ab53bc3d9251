#!/usr/bin/env python3
"""The training step of modular addition in PyTorch, eager, one thread: what `trainer-benchmark` compares to.

p=23, N=100, 476 of 529 pairs, float32: one-hot inputs through two linear layers without biases and a quadratic activation, as the
authors of Kumar et al. 2024 wrote it; mean squared error, backward by autograd, plain gradient descent. No test set. Run it in the
environment that venv.sh makes, pinned:

    OPENBLAS_NUM_THREADS=1 taskset -c 1 .venv/bin/python modular_step.py
"""

import statistics
import time

import torch

P, UNITS, TRAIN, RATE = 23, 100, 476, 100.0

torch.set_num_threads(1)
generator = torch.Generator().manual_seed(0)
kept = torch.randperm(P * P, generator=generator)[:TRAIN]
a, b = kept // P, kept % P
x = torch.nn.functional.one_hot(torch.stack([a, b + P]), 2 * P).sum(dim=0).float()
y = torch.nn.functional.one_hot((a + b) % P, P).float()
w1 = torch.randn(UNITS, 2 * P, generator=generator).requires_grad_()
w2 = torch.randn(P, UNITS, generator=generator).requires_grad_()
optimiser = torch.optim.SGD([w1, w2], lr=RATE)


def step():
    optimiser.zero_grad()
    outputs = torch.nn.functional.linear(torch.nn.functional.linear(x, w1) ** 2, w2) / (2 * P * UNITS)
    torch.nn.functional.mse_loss(outputs, y).backward()
    optimiser.step()


for _ in range(50):
    step()
medians = []
for _ in range(5):
    begin = time.thread_time()
    for _ in range(300):
        step()
    medians.append((time.thread_time() - begin) / 300 * 1e6)
print(f"PyTorch {torch.__version__}, modular step p=23 N=100 n=476, no test set: {statistics.median(medians):.0f} µs a step")

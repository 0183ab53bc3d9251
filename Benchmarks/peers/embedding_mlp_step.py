#!/usr/bin/env python3
"""The training step of an MLP on learned embeddings in PyTorch, eager, one thread: what `trainer-benchmark` compares to.

p=113, 3830 of 12769 pairs, one table of embeddings with d=128, concatenated, one or two layers of 512 rectified units with biases, float32,
cross-entropy over 113 classes, backward by autograd, AdamW (GROKVERSE's MLP, and the same with a second layer). No test set. Run it in the
environment that venv.sh makes, pinned:

    OPENBLAS_NUM_THREADS=1 taskset -c 1 .venv/bin/python embedding_mlp_step.py
"""

import statistics
import time

import torch
from torch import nn

P, TRAIN, WIDTH, UNITS = 113, 3830, 128, 512

torch.set_num_threads(1)
torch.manual_seed(0)
kept = torch.randperm(P * P)[:TRAIN].sort().values
pairs = torch.stack([kept // P, kept % P], dim=1)
labels = pairs.sum(dim=1) % P


def median(layers):
    embedding = nn.Embedding(P, WIDTH)
    widths = [2 * WIDTH] + [UNITS] * layers
    hidden = [module for shape in zip(widths, widths[1:]) for module in (nn.Linear(*shape), nn.ReLU())]
    network = nn.Sequential(embedding, nn.Flatten(), *hidden, nn.Linear(UNITS, P))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1.0, betas=(0.9, 0.98))

    def step():
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(pairs), labels).backward()
        optimiser.step()

    for _ in range(3):
        step()
    times = []
    for _ in range(5):
        begin = time.thread_time()
        for _ in range(10):
            step()
        times.append((time.thread_time() - begin) / 10 * 1e6)
    return statistics.median(times)


for layers in (1, 2):
    print(f"PyTorch {torch.__version__}, embedding MLP of {layers} hidden step p={P} n={TRAIN} d={WIDTH} N={UNITS}, no test set: "
          f"{median(layers):.0f} µs a step")

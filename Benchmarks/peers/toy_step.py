#!/usr/bin/env python3
"""The step of Liu's toy of addition in PyTorch, eager, one thread: what `trainer-benchmark` compares to.

p=10, 45 train and 10 test pairs, scalar embeddings, one or two layers of 200 tanh units, 30-dimensional targets, float32, mean squared
error and nearest targets on both sets, backward by autograd, an AdamW each for the embeddings and the decoder, as Liu et al. 2022
(arXiv 2205.10343) have it. Run it in the environment that venv.sh makes, pinned:

    OPENBLAS_NUM_THREADS=1 taskset -c 1 .venv/bin/python toy_step.py
"""

import statistics
import time

import torch
from torch import nn

P, TRAIN, UNITS, DIMENSION = 10, 45, 200, 30

torch.set_num_threads(1)
torch.manual_seed(0)
pairs = torch.combinations(torch.arange(P), with_replacement=True)
order = torch.randperm(len(pairs))
train, test = pairs[order[:TRAIN]], pairs[order[TRAIN:]]
targets = torch.randn(2 * P - 1, DIMENSION)


def median(layers):
    embeddings = nn.Parameter(torch.rand(P, 1) - 0.5)
    widths = [1] + [UNITS] * layers
    hidden = [module for shape in zip(widths, widths[1:]) for module in (nn.Linear(*shape), nn.Tanh())]
    decoder = nn.Sequential(*hidden, nn.Linear(UNITS, DIMENSION))
    rules = [torch.optim.AdamW([embeddings], lr=1e-3, weight_decay=0), torch.optim.AdamW(decoder.parameters(), lr=1e-3, weight_decay=1.0)]

    def measure(examples):
        outputs = decoder(embeddings[examples[:, 0]] + embeddings[examples[:, 1]])
        sums = examples.sum(dim=1)
        right = (torch.cdist(outputs.detach(), targets).argmin(dim=1) == sums).sum()
        return nn.functional.mse_loss(outputs, targets[sums]), right

    def step():
        for rule in rules:
            rule.zero_grad()
        loss, _ = measure(train)
        with torch.no_grad():
            measure(test)
        loss.backward()
        for rule in rules:
            rule.step()

    for _ in range(50):
        step()
    times = []
    for _ in range(5):
        begin = time.thread_time()
        for _ in range(200):
            step()
        times.append((time.thread_time() - begin) / 200 * 1e6)
    return statistics.median(times)


for layers in (1, 2):
    print(f"PyTorch {torch.__version__}, toy of {layers} hidden step p={P}, 45 + 10 pairs, N={UNITS}, AdamW: {median(layers):.0f} µs a step")

#!/usr/bin/env python3
"""The step of a perceptron that learns sparse parity in PyTorch, eager, one thread: what `trainer-benchmark` compares to.

40 bits, 1000 rectified units, batches of 32, hinge loss, SGD (rate 0.1, decay 0.01), float32, backward by autograd, as Merrill et al. 2023
(arXiv 2303.11873) have it. No measurement of whole sets. Run it in the environment that venv.sh makes, pinned:

    OPENBLAS_NUM_THREADS=1 taskset -c 1 .venv/bin/python parity_step.py

With the word `curve` and a seed it trains 300 epochs on 1000 examples instead and prints after how many steps the accuracies of those and of
100 others, measured every tenth step, have reached 0.98.
"""

import statistics
import sys
import time

import torch
from torch import nn

BITS, SECRET, TRAIN, TEST, UNITS, BATCH, EPOCHS = 40, 3, 1000, 100, 1000, 32, 300

torch.set_num_threads(1)
torch.manual_seed(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
inputs = 2.0 * torch.randint(0, 2, (TRAIN + TEST, BITS)) - 1
signs = inputs[:, :SECRET].prod(dim=1)
network = nn.Sequential(nn.Linear(BITS, UNITS), nn.ReLU(), nn.Linear(UNITS, 1, bias=False))
optimiser = torch.optim.SGD(network.parameters(), lr=0.1, weight_decay=0.01)


def step(x, y):
    optimiser.zero_grad()
    torch.clamp(1 - network(x).squeeze(1) * y, min=0).mean().backward()
    optimiser.step()


def accuracy(places):
    with torch.no_grad():
        return (network(inputs[places]).squeeze(1).sign() == signs[places]).float().mean().item()


if len(sys.argv) > 1 and sys.argv[1] == "curve":
    sets = {"train": slice(0, TRAIN), "test": slice(TRAIN, TRAIN + TEST)}
    reached, steps = {}, 0
    for _ in range(EPOCHS):
        for batch in torch.randperm(TRAIN).split(BATCH):
            if steps % 10 == 0:
                for name, places in sets.items():
                    if name not in reached and accuracy(places) >= 0.98:
                        reached[name] = steps
            step(inputs[batch], signs[batch])
            steps += 1
    print(f"seed {sys.argv[2]}: first step with an accuracy of 0.98: {reached}; after {steps} steps train {accuracy(sets['train']):.3f}, "
          f"test {accuracy(sets['test']):.2f}")
    sys.exit()

x, y = inputs[:BATCH], signs[:BATCH]
for _ in range(50):
    step(x, y)
medians = []
for _ in range(5):
    begin = time.thread_time()
    for _ in range(200):
        step(x, y)
    medians.append((time.thread_time() - begin) / 200 * 1e6)
print(f"PyTorch {torch.__version__}, parity step n={BITS} N={UNITS}, batch of {BATCH}, hinge, SGD: {statistics.median(medians):.0f} µs a step")

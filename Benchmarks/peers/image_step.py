#!/usr/bin/env python3
"""The step of an image classifier in PyTorch, eager, one thread: what `trainer-benchmark` compares to.

784-200-200-10 with ReLU and biases, batches of 200 cycling through 1000 train images, float32, AdamW (rate 1e-3, decay 0.01), the mean squared
error on one-hot labels, as Omnigrok (arXiv 2210.01117) trains on MNIST; backward by autograd. Neither measures its losses on all images within
the step. The images are random: PyTorch's products take the same time whatever is in them. Run it in the environment that venv.sh makes, pinned:

    OPENBLAS_NUM_THREADS=1 taskset -c 1 .venv/bin/python image_step.py
"""

import statistics
import time

import torch

torch.set_num_threads(1)
torch.manual_seed(0)
IMAGES, BATCH, SCALE = 1000, 200, 8.0

network = torch.nn.Sequential(
    torch.nn.Linear(784, 200), torch.nn.ReLU(), torch.nn.Linear(200, 200), torch.nn.ReLU(), torch.nn.Linear(200, 10))
with torch.no_grad():
    for parameter in network.parameters():
        parameter.mul_(SCALE)
# As bright as handwriting: about a fifth of the pixels are not black.
images = torch.rand(IMAGES, 784) * (torch.rand(IMAGES, 784) < 0.19)
targets = torch.eye(10)[torch.randint(10, (IMAGES,))]
# A view each, so that no batch is copied.
batches = [(images[start:start + BATCH], targets[start:start + BATCH]) for start in range(0, IMAGES, BATCH)]
optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01)
loss_function = torch.nn.MSELoss()


def step(number):
    x, y = batches[number % len(batches)]
    optimiser.zero_grad()
    loss = loss_function(network(x), y)
    loss.backward()
    optimiser.step()


for number in range(50):
    step(number)
medians = []
for _ in range(5):
    begin = time.thread_time()
    for number in range(200):
        step(number)
    medians.append((time.thread_time() - begin) / 200 * 1e6)
print(f"PyTorch {torch.__version__}, image step 784-200-200-10, batch 200, AdamW: {statistics.median(medians):.0f} µs a step")

#!/usr/bin/env python3
"""The training step of the tutorial's encoder in PyTorch, eager, one thread: what `trainer-benchmark` compares to.

p=97, batches of 512, two post-norm layers of torch.nn.TransformerEncoder, d=128, 4 heads, 512 rectified units, float32: tokens a, b, =,
learned positions, no mask, a linear head on the last position; backward by autograd, AdamW. No losses of whole sets. Run it in the
environment that venv.sh makes, pinned:

    OPENBLAS_NUM_THREADS=1 taskset -c 1 .venv/bin/python encoder_step.py
"""

import statistics
import time

import torch

P, BATCH, WIDTH, HEADS, UNITS, LAYERS = 97, 512, 128, 4, 512, 2

torch.set_num_threads(1)
torch.manual_seed(0)


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.positions = torch.nn.Embedding(P + 1, WIDTH), torch.nn.Embedding(3, WIDTH)
        layer = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, UNITS, dropout=0.0, batch_first=True)
        self.layers = torch.nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.head = torch.nn.Linear(WIDTH, P)

    def forward(self, tokens):
        x = self.embedding(tokens) + self.positions.weight
        return self.head(self.layers(x)[:, -1])


network = Encoder()
optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1.0)
kept = torch.randperm(P * P)[: 9 * BATCH]
a, b = kept // P, kept % P
tokens, labels = torch.stack([a, b, torch.full_like(a, P)], dim=1), (a + b) % P


def epoch():
    order = torch.randperm(len(labels))
    for start in range(0, len(labels), BATCH):
        batch = order[start : start + BATCH]
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(tokens[batch]), labels[batch]).backward()
        optimiser.step()


epoch()
times = []
for _ in range(5):
    begin = time.thread_time()
    epoch()
    times.append((time.thread_time() - begin) / 9 * 1e6)
name = f"PyTorch {torch.__version__}, encoder step p={P} batch of {BATCH} d={WIDTH} N={UNITS}, 2 layers, no losses"
print(f"{name}: {statistics.median(times):.0f} µs a step")

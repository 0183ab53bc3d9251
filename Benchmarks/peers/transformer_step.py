#!/usr/bin/env python3
"""The training step of Nanda's transformer in PyTorch, eager, one thread: what `trainer-benchmark` compares to.

p=113, 3830 of 12769 pairs, d=128, 4 heads, 512 rectified units, float32: tokens a, b, =, learned positions, causal attention, no
LayerNorm, the loss on the 114 logits of the last position; backward by autograd, AdamW. No test set. What follows the attention is
computed at the last position alone, which the loss needs; the authors' code computes it at all three. Run it in the environment that
venv.sh makes, pinned:

    OPENBLAS_NUM_THREADS=1 taskset -c 1 .venv/bin/python transformer_step.py
"""

import statistics
import time

import torch

P, TRAIN, WIDTH, HEADS, UNITS = 113, 3830, 128, 4, 512

torch.set_num_threads(1)
generator = torch.Generator().manual_seed(0)


def normal(*shape, variance):
    return (torch.randn(*shape, generator=generator) / variance**0.5).requires_grad_()


embedding, positions = normal(P + 1, WIDTH, variance=WIDTH), normal(3, WIDTH, variance=WIDTH)
query, key, value, output = (normal(WIDTH, WIDTH, variance=WIDTH) for _ in range(4))
w_in, b_in = normal(WIDTH, UNITS, variance=WIDTH), torch.zeros(UNITS, requires_grad=True)
w_out, b_out = normal(UNITS, WIDTH, variance=WIDTH), torch.zeros(WIDTH, requires_grad=True)
unembedding = normal(WIDTH, P + 1, variance=P + 1)
parameters = [embedding, positions, query, key, value, output, w_in, b_in, w_out, b_out, unembedding]
RATE, DECAY, BETAS, EPSILON = 1e-3, 1.0, (0.9, 0.98), 1e-8
optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY, betas=BETAS, eps=EPSILON)

kept = torch.randperm(P * P, generator=generator)[:TRAIN].sort().values
a, b = kept // P, kept % P
tokens, labels = torch.stack([a, b, torch.full_like(a, P)], dim=1), (a + b) % P


def logits(last_only):
    x = embedding[tokens] + positions
    read = x[:, -1:] if last_only else x

    def heads(rows, weights):
        return (rows @ weights).unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2)

    mixed = torch.nn.functional.scaled_dot_product_attention(
        heads(read, query), heads(x, key), heads(x, value), is_causal=not last_only
    )
    x = read + mixed.transpose(1, 2).flatten(-2) @ output
    x = x + torch.relu(x @ w_in + b_in) @ w_out + b_out
    return (x @ unembedding)[:, -1]


def step(last_only):
    optimiser.zero_grad()
    loss = torch.nn.functional.cross_entropy(logits(last_only), labels)
    loss.backward()
    optimiser.step()
    return loss


def median(last_only):
    for _ in range(2):
        step(last_only)
    times = []
    for _ in range(5):
        begin = time.thread_time()
        for _ in range(3):
            step(last_only)
        times.append((time.thread_time() - begin) / 3 * 1e6)
    return statistics.median(times)


NAME = f"transformer step p={P} n={TRAIN} d={WIDTH} N={UNITS}, {P + 1} logits, no test set"

if __name__ == "__main__":
    print(f"PyTorch {torch.__version__}, {NAME}, all positions: {median(False):.0f} µs a step")
    print(f"PyTorch {torch.__version__}, {NAME}, the last position alone: {median(True):.0f} µs a step")

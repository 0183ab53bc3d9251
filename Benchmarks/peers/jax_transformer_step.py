#!/usr/bin/env python3
"""The training step of transformer_step.py in JAX, jitted, one thread: the same pairs, weights and losses, AdamW written out.

The last position's query, and what follows the attention there, alone. Run it in the environment that venv.sh makes, pinned:

    OPENBLAS_NUM_THREADS=1 taskset -c 1 .venv/bin/python jax_transformer_step.py
"""

import jax_peer  # First: it sets what JAX reads when it is imported.

import jax
import jax.numpy as jnp

import transformer_step as peer
from transformer_step import BETAS, DECAY, EPSILON, HEADS, RATE, WIDTH

# One position after the other, as the sums over positions are quicker so.
tokens, labels = jnp.array(peer.tokens.T.numpy()), jnp.array(peer.labels.numpy())
parameters = [jnp.array(tensor.detach().numpy()) for tensor in peer.parameters]


def logits(parameters):
    embedding, positions, query, key, value, output, w_in, b_in, w_out, b_out, unembedding = parameters
    x = embedding[tokens] + positions[:, None]
    read = x[-1]

    def heads(rows, weights):
        return (rows.reshape(-1, WIDTH) @ weights).reshape(*rows.shape[:-1], HEADS, WIDTH // HEADS)

    scores = jnp.einsum("nhd,tnhd->tnh", heads(read, query), heads(x, key)) / (WIDTH // HEADS) ** 0.5
    mixed = jnp.einsum("tnh,tnhd->nhd", jax.nn.softmax(scores, axis=0), heads(x, value))
    x = read + mixed.reshape(read.shape) @ output
    x = x + jax.nn.relu(x @ w_in + b_in) @ w_out + b_out
    return x @ unembedding


def loss(parameters):
    logs = jax.nn.log_softmax(logits(parameters))
    return -jnp.take_along_axis(logs, labels[:, None], axis=1).mean()


def step(state):
    parameters, means, squares, count = state
    value, gradients = jax.value_and_grad(loss)(parameters)
    count += 1
    means = [BETAS[0] * m + (1 - BETAS[0]) * g for m, g in zip(means, gradients)]
    squares = [BETAS[1] * s + (1 - BETAS[1]) * g * g for s, g in zip(squares, gradients)]

    def updated(weight, mean, square):
        direction = mean / (1 - BETAS[0] ** count) / (jnp.sqrt(square / (1 - BETAS[1] ** count)) + EPSILON)
        return weight * (1 - RATE * DECAY) - RATE * direction

    return ([updated(*each) for each in zip(parameters, means, squares)], means, squares, count), value


zeros = [[jnp.zeros_like(weight) for weight in parameters] for _ in range(2)]
jax_peer.report(
    f"{peer.NAME}, the last position alone",
    jax.jit(step, donate_argnums=0),
    (parameters, *zeros, jnp.float32(0)),
    lambda: peer.step(last_only=True),
    steps=3,
)

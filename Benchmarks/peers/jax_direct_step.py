#!/usr/bin/env python3
"""The direct training step of direct_step.py in JAX, jitted, float32, one thread: the same data, weights and losses.

Run it in the environment that venv.sh makes, pinned:

    OPENBLAS_NUM_THREADS=1 taskset -c 1 .venv/bin/python jax_direct_step.py
"""

import jax_peer  # First: it sets what JAX reads when it is imported.

import jax
import jax.numpy as jnp

import direct_step as peer
from direct_step import ALPHA, EPSILON, RATE, UNITS

x, target, w = (jnp.array(tensor.detach().numpy()) for tensor in (peer.x, peer.target, peer.w))


def loss(w):
    h = x @ w.T
    outputs = ALPHA * (h + EPSILON / 2 * h**2).mean(axis=1)
    return ((outputs - target) ** 2).mean()


def step(w):
    value, gradient = jax.value_and_grad(loss)(w)
    return w - RATE * UNITS / ALPHA**2 * gradient, value


jax_peer.report(peer.NAME, jax.jit(step, donate_argnums=0), w, peer.step, steps=100)

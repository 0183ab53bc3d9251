#!/bin/sh
# Makes the virtual environment that the comparison scripts run in: Benchmarks/peers/.venv.
set -eu
cd "$(dirname "$0")"
[ -x .venv/bin/python ] || python3 -m venv .venv
if ! .venv/bin/python -c 'import numpy, torch' 2>/dev/null; then
  # The build without CUDA is a tenth of the size; not every index has it.
  .venv/bin/python -m pip install --quiet numpy
  .venv/bin/python -m pip install --quiet torch --index-url https://download.pytorch.org/whl/cpu 2>/dev/null ||
    .venv/bin/python -m pip install --quiet torch
fi
# jax alone is the build without CUDA.
.venv/bin/python -c 'import jax' 2>/dev/null || .venv/bin/python -m pip install --quiet jax
.venv/bin/python -c 'import jax, numpy, torch; print("numpy", numpy.__version__, "torch", torch.__version__, "jax", jax.__version__)'

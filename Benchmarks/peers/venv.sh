#!/bin/sh
# Makes the virtual environment that the comparison scripts run in: Benchmarks/peers/.venv.
set -eu
cd "$(dirname "$0")"
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet numpy torch
.venv/bin/python -c 'import numpy, torch; print("numpy", numpy.__version__, "torch", torch.__version__)'

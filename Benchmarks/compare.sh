#!/bin/bash
# Measures the training steps and PyTorch's, and JAX's of two of them, of polynomial regression through all hidden units,
# of modular addition, of a student, of an image classifier, of MLPs on embeddings, of Liu's toy, of sparse parity and of
# two transformers, on one pinned core, one after the other, and says the ratios. Needs python3-venv; the first run
# downloads PyTorch and JAX into Benchmarks/peers/.venv.
#
#     Benchmarks/compare.sh [PATH OF trainer-benchmark]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "${1:-$here/.build/release/trainer-benchmark}")
cd "$here"
[ -x "$program" ] || {
  echo "compare: $program is not built; make compare builds it" >&2
  exit 1
}
peers/venv.sh
./pinned bash -euc '"$1"; for script in peers/*_step.py; do peers/.venv/bin/python "$script"; done' \
  - "$program" | tee >(cat >&2) | awk '
  / µs a step/ {
    split($0, halves, ": "); split(halves[2], words, " ")
    name[++count] = halves[1]; time[count] = words[1]
    task[count] = halves[1] ~ /modular/ ? "modular" : halves[1] ~ /MLP .*of 1/ ? "MLP of 1" : halves[1] ~ /MLP .*of 2/ ? "MLP of 2" : halves[1] ~ /toy .*of 1/ ? "toy of 1" : halves[1] ~ /toy .*of 2/ ? "toy of 2" : halves[1] ~ /parity/ ? "parity" : halves[1] ~ /student/ ? "student" : halves[1] ~ /image/ ? "image" : halves[1] ~ /transformer/ ? "transformer" : halves[1] ~ /encoder/ ? "encoder" : "regression"
    if ($0 ~ /^PyTorch/) pytorch[task[count]] = words[1]
    if ($0 ~ /^JAX/) jax[task[count]] = words[1]
  }
  function share(time, peer) { return peer ? sprintf("%.1f %%", 100 * time / peer) : "" }
  END {
    print "\nMicroseconds a step, and the share of what PyTorch and JAX take for the step of the same experiment:"
    printf "%8s %9s %9s\n", "µs", "PyTorch", "JAX"
    for (i = 1; i <= count; i++)
      printf "%8d %9s %9s  %s\n", time[i], share(time[i], pytorch[task[i]]), share(time[i], jax[task[i]]), name[i]
  }'

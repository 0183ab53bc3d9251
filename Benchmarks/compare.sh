#!/bin/bash
# Measures the training steps and PyTorch's, of polynomial regression through all hidden units, of modular
# addition, of a student, of an image classifier, of MLPs on embeddings and of two transformers, on one pinned core, one after the other, and says the
# ratios. Needs python3-venv; the first run downloads PyTorch into Benchmarks/peers/.venv.
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
./pinned bash -c '"$1" && peers/.venv/bin/python peers/direct_step.py && peers/.venv/bin/python peers/modular_step.py \
  && peers/.venv/bin/python peers/student_step.py && peers/.venv/bin/python peers/image_step.py \
  && peers/.venv/bin/python peers/embedding_mlp_step.py && peers/.venv/bin/python peers/transformer_step.py \
  && peers/.venv/bin/python peers/encoder_step.py' \
  - "$program" | tee >(cat >&2) | awk '
  / µs a step/ {
    split($0, halves, ": "); split(halves[2], words, " ")
    name[++count] = halves[1]; time[count] = words[1]
    task[count] = halves[1] ~ /modular/ ? "modular" : halves[1] ~ /MLP .*of 1/ ? "MLP of 1" : halves[1] ~ /MLP .*of 2/ ? "MLP of 2" : halves[1] ~ /student/ ? "student" : halves[1] ~ /image/ ? "image" : halves[1] ~ /transformer/ ? "transformer" : halves[1] ~ /encoder/ ? "encoder" : "regression"
    if ($0 ~ /^PyTorch/) pytorch[task[count]] = words[1]
  }
  END {
    print "\nMicroseconds a step, and the share of what PyTorch takes for the step of the same experiment:"
    for (i = 1; i <= count; i++)
      printf "%8d %6.1f %%  %s\n", time[i], 100 * time[i] / pytorch[task[i]], name[i]
  }'

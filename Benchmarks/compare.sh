#!/bin/bash
# Measures the training steps and PyTorch's direct step on one pinned core, one after the other, and says the
# ratios. Needs python3-venv; the first run downloads PyTorch into Benchmarks/peers/.venv.
#
#     Benchmarks/compare.sh [PATH OF trainer-benchmark] [CORE]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "${1:-$here/.build/release/trainer-benchmark}")
cd "$here"
core=${2:-$(taskset -cp $$ | sed 's/.*[ ,-]//')}
[ -x "$program" ] || {
  echo "compare: $program is not built; make benchmark builds it" >&2
  exit 1
}
peers/venv.sh
# One thread, and the kernels that the libraries choose for this processor.
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
echo "core $core of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), load $(cut -d' ' -f1 /proc/loadavg)"
ours=$(taskset -c "$core" "$program")
theirs=$(taskset -c "$core" peers/.venv/bin/python peers/direct_step.py)
printf '%s\n%s\n' "$ours" "$theirs"
printf '%s\n%s\n' "$ours" "$theirs" | awk '
  / µs a step/ {
    split($0, halves, ": "); split(halves[2], words, " ")
    name[++count] = halves[1]; time[count] = words[1]
    if ($0 ~ /^PyTorch/) pytorch = words[1]
  }
  END {
    print "\nMicroseconds a step, and the share of PyTorch'"'"'s direct step:"
    for (i = 1; i <= count; i++) printf "%8d %6.1f %%  %s\n", time[i], 100 * time[i] / pytorch, name[i]
  }'

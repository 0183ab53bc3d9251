#!/bin/bash
# Measures what a run costs beside its training: RUNS runs that compute nothing (default 10000) go
# through coordinator, worker, trainer processes and store. Prints runs per second and the seconds
# from the first grant to the last commit, and those of the whole command with its map.
#
#   Benchmarks/noop-throughput.sh [groksweep program] [runs per axis]
set -euo pipefail
program=$(realpath "${1:-.build/release/groksweep}")
side=${2:-100}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/noop.yaml" <<YAML
name: noop
experiment: noop
axes:
  x: {from: 1, to: $side, step: 1}
  y: {from: 1, to: $side, step: 1}
YAML
start=$(date +%s.%N)
"$program" run "$folder/noop.yaml" --results "$folder/results" > "$folder/log" 2>&1 \
  || { cat "$folder/log" >&2; exit 1; }
end=$(date +%s.%N)
python3 - "$folder/results/results.sqlite" "$start" "$end" <<'PYTHON'
import sqlite3, sys

store = sqlite3.connect(sys.argv[1])
runs, span = store.execute(
    "SELECT count(*), (julianday(max(ended_at)) - julianday(min(started_at))) * 86400"
    " FROM attempt WHERE outcome = 'accepted'"
).fetchone()
whole = float(sys.argv[3]) - float(sys.argv[2])
print(f"{runs} runs: {span:.2f} s from the first grant to the last commit"
      f" ({runs / span:.0f} runs/s), {whole:.2f} s for the whole command")
PYTHON

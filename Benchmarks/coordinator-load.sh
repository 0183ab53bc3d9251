#!/bin/bash
# Measures how much a coordinator bears: the real program, its real store and sockets, with thousands of simulated workers
# (load-generator) on the same machine. Prints a line a figure: what was measured, what is required, and how.
#
#   Benchmarks/coordinator-load.sh runs      # no-op runs granted, reported and durable, per second
#   Benchmarks/coordinator-load.sh records   # metric records durable per second, and bytes a record in the store
#   Benchmarks/coordinator-load.sh workers   # 10,000 connected workers: latency of a grant, processor, memory
#   Benchmarks/coordinator-load.sh million   # plan, status and a restart with a million runs in the store
#   Benchmarks/coordinator-load.sh all
#
# GROKSWEEP and LOAD_GENERATOR name the programs, if they are not where the builds leave them. Both processes run on the
# first two processors that this script may use (CORES overrides the list).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
groksweep=$(realpath "${GROKSWEEP:-$here/../.build/release/groksweep}")
generator=$(realpath "${LOAD_GENERATOR:-$here/.build/release/load-generator}")
for program in "$groksweep" "$generator"; do
  [ -x "$program" ] || {
    echo "coordinator-load: $program is not built; see CONTRIBUTING.md" >&2
    exit 1
  }
done
ulimit -n "$(ulimit -Hn)"
folder=$(mktemp -d "${TMPDIR:-/tmp}/coordinator-load.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 "$here/coordinator_load.py" "$groksweep" "$generator" "${1:-all}"

#!/bin/bash
# Measures what CURVE costs: the same sweeps through a coordinator and a worker on loopback TCP, in plain text and with keys,
# in turn. Prints for each: runs or records per second from the first grant to the last commit, and the processor
# seconds of the coordinator and of the worker without its trainers.
#
#   Benchmarks/curve-cost.sh [groksweep program] [repetitions]
set -euo pipefail
program=$(realpath "${1:-.build/release/groksweep}")
repetitions=${2:-3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/runs.yaml" <<'YAML'
name: runs
experiment: noop
axes:
  x: {from: 1, to: 100, step: 1}
  y: {from: 1, to: 100, step: 1}
YAML
cat > "$folder/records.yaml" <<'YAML'
name: records
experiment: noop
parameters: {steps: 5000}
axes:
  x: {from: 1, to: 50, step: 1}
  y: {from: 1, to: 40, step: 1}
YAML
cd "$folder"
"$program" keys make nodes --keys keys > /dev/null
python3 - "$program" "$repetitions" <<'PYTHON'
import json, os, pathlib, shutil, sqlite3, statistics, subprocess, sys, time

program, repetitions = sys.argv[1], int(sys.argv[2])


def cpu(process):
    """Processor seconds of a process itself, without its children."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(sweep, has_keys):
    shutil.rmtree("results", ignore_errors=True)
    server = ["--keys", "keys"] if has_keys else []
    client = ["--key", "keys/nodes.key"] if has_keys else []
    log = open("log", "w")
    coordinator = subprocess.Popen(
        [program, "coordinate", f"{sweep}.yaml", "--listen", "tcp://127.0.0.1:*", *server],
        stdout=log, stderr=log)
    announcement = pathlib.Path("results/coordinator.json")
    while not announcement.exists():
        time.sleep(0.01)
    address = json.loads(announcement.read_text())["endpoint"]
    worker = subprocess.Popen(
        [program, "work", "--connect", address, "--slots", "2", "--spool", "spool", *client],
        stdout=log, stderr=log)
    used = {coordinator.pid: 0.0, worker.pid: 0.0}
    # The coordinator withdraws its announcement when the last run is durable; the maps come after.
    while announcement.exists() and coordinator.poll() is None:
        for process in used:
            try:
                used[process] = cpu(process)
            except FileNotFoundError:
                pass
        time.sleep(0.02)
    if coordinator.wait() != 0 or worker.wait() != 0:
        sys.exit(pathlib.Path("log").read_text())
    store = sqlite3.connect("results/results.sqlite")
    runs, span = store.execute(
        "SELECT count(*), (julianday(max(ended_at)) - julianday(min(started_at))) * 86400"
        " FROM attempt WHERE outcome = 'accepted'").fetchone()
    records = store.execute("SELECT count(*) FROM curve").fetchone()[0]
    count = runs if sweep == "runs" else records
    return count / span, used[coordinator.pid], used[worker.pid], count


for sweep in ["runs", "records"]:
    taken = {False: [], True: []}
    for _ in range(repetitions):
        for has_keys in taken:
            taken[has_keys].append(measure(sweep, has_keys))
    for has_keys, results in taken.items():
        rates = sorted(result[0] for result in results)
        head, node = (statistics.median(r[i] for r in results) for i in (1, 2))
        print(f"{results[0][3]} {sweep}, {'CURVE' if has_keys else 'plain'}: "
              f"{statistics.median(rates):.0f} {sweep}/s (from {rates[0]:.0f} to {rates[-1]:.0f}), "
              f"processor seconds: coordinator {head:.2f}, worker {node:.2f}")
PYTHON

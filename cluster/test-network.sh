#!/bin/bash
# Tries what crosses machines, on hosts of this machine (network namespaces): a head with several addresses of which some lead nowhere,
# IPv6, a coordinator that moves to another host and is found by its name, clocks that are hours apart. Needs root and, on Debian:
#   apt-get install -y --no-install-recommends iproute2 python3 faketime
#
#   cluster/test-network.sh PROGRAM
set -euo pipefail
program=$(readlink -f "${1:?usage: cluster/test-network.sh PROGRAM}")
cd "$(dirname "$0")"
exec </dev/null
fail() { echo "test-network: $*" >&2; exit 1; }
say() { printf '==> %s\n' "$*"; }
[ "$(id -u)" = 0 ] || fail "network namespaces need root"
for command in ip nsenter unshare faketime python3; do
  command -v "$command" >/dev/null || fail "$command is missing: see the head of $0"
done
work=$(mktemp -d)
export HOSTS_PREFIX=net$$
hosts=$PWD/testbed/hosts.sh
processes=()

take_down() {
  local status=$?
  trap - EXIT
  set +e
  for process in "${processes[@]}"; do kill -KILL "$process" 2>/dev/null; done
  wait
  "$hosts" down
  if [ "$status" = 0 ]; then
    rm -rf "$work"
  else
    tail -n 5 "$work"/*.log
    echo "test-network: failed; everything is in $work" >&2
  fi
  exit "$status"
}
trap take_down EXIT
trap 'exit 143' TERM INT

wait_for() {
  local seconds=$1 what=$2
  shift 2
  for _ in $(seq $((seconds * 5))); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.2
  done
  fail "waited $seconds s in vain for $what"
}
# Starts the program on a host, with a table of names that can be changed while it runs.
on() {
  local host=$1 log=$2
  shift 2
  "$hosts" on "$host" unshare --mount bash -c 'mount --bind "$1" /etc/hosts; shift; exec "$@"' _ "$work/names" \
    env XDG_STATE_HOME="$work/state-$host" "$@" >"$work/$log.log" 2>&1 &
  processes+=($!)
  last=$!
}
said() { grep -qF -- "$2" "$work/$1.log"; }
ends() { wait "$1" || fail "process $1 ended with exit code $?"; }
name() { printf '127.0.0.1 localhost\n%s head\n' "$1" >"$work/names"; }
sweep() {
  cat >"$work/$1.yaml" <<C
name: $1
experiment: noop
parameters: {steps: $2, step_milliseconds: 10}
axes:
  x: {from: 1, to: 10, count: 10}
  y: [0, 1]
until: {max_steps: 100000, converged: true}
map: {x: x, y: y, value: time_to_grok}
C
}
coordinate() { # HOST LOG SWEEP and options
  local host=$1 log=$2 sweep=$3
  shift 3
  on "$host" "$log" "$program" coordinate "$work/$sweep.yaml" --results "$work/results" "$@"
  coordinator=$last
  wait_for 20 "a coordinator that listens" said "$log" "listening on"
}

say "Three hosts"
"$hosts" up 3
for number in 1 2 3; do
  ip -n "${HOSTS_PREFIX}h$number" addr add "fd77::$number/64" dev eth0 nodad
done
name 10.77.0.1
"$program" keys make nodes --results "$work/results"
worker=("$program" work --join "$work/results/coordinator.join" --key "$work/results/keys/nodes.key" --slots 4)

say "A head with several addresses, two of which lead nowhere"
sweep several 100
coordinate h1 head-several several --listen 'tcp://*:5555' --advertise 10.99.0.1 --advertise nowhere.invalid --advertise head
on h3 worker-several "${worker[@]}"
ends "$last"
grep 'no word from' "$work/worker-several.log" | sed 's/^/  /'
said worker-several "trying tcp://head:5555" || fail "the worker did not go on to the address that works"
./accepted-once.py "$work/results" several 10

say "IPv6"
sweep six 110
ends "$coordinator"
coordinate h1 head-six six --listen 'tcp://[::]:5555' --advertise fd77::1
sed 's/^/  /' "$work/results/coordinator.join" | tail -1
on h3 worker-six "${worker[@]}"
ends "$last"
./accepted-once.py "$work/results" six 10

say "A coordinator that moves to another host and keeps its store; the worker has its name alone"
sweep moving 600
ends "$coordinator"
coordinate h1 head-moving moving --listen tcp://10.77.0.1:5555 --advertise head
first=$last
line=$("$program" join --results "$work/results")
on h3 worker-moving "$program" work --join "$line" --key "$work/results/keys/nodes.key" --slots 4 --checkpoint-seconds 2
worker_process=$last
sleep 8
kill -KILL "$first"
"$hosts" cut h1
name 10.77.0.2
coordinate h2 head-moved moving --listen tcp://10.77.0.2:5555 --advertise head
ends "$worker_process"
grep -h 'listening\|no word' "$work/head-moved.log" "$work/worker-moving.log" | sed 's/^/  /'
./accepted-once.py "$work/results" moving 10
"$hosts" heal h1

say "Clocks that are hours apart: one worker is seven ahead, one is seven behind"
sweep clocks 300
name 10.77.0.1
ends "$coordinator"
coordinate h1 head-clocks clocks --listen 'tcp://*:5555' --advertise head
export FAKETIME_DONT_FAKE_MONOTONIC=1
on h2 worker-ahead faketime -f +7h "${worker[@]}"
ahead=$last
on h3 worker-behind faketime -f -7h "${worker[@]}"
ends "$last"
ends "$ahead"
./accepted-once.py "$work/results" clocks 10
python3 - "$work/results/results.sqlite" <<'P'
import datetime, sqlite3, sys
now = datetime.datetime.now(datetime.timezone.utc)
times = [datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) for row in sqlite3.connect(sys.argv[1]).execute(
    "SELECT started_at, ended_at FROM attempt JOIN sweep_run ON sweep_run.run = attempt.run JOIN sweep ON sweep.id = sweep WHERE sweep.name = 'clocks'")
    for text in row]
workers, = sqlite3.connect(sys.argv[1]).execute(
    "SELECT count(DISTINCT worker) FROM attempt JOIN sweep_run ON sweep_run.run = attempt.run JOIN sweep ON sweep.id = sweep WHERE sweep.name = 'clocks'").fetchone()
furthest = max(abs((now - time).total_seconds()) for time in times)
print(f"  {len(times)} times in the store, by the coordinator's clock: none further than {furthest:.0f} s from now; {workers} workers")
sys.exit(not (furthest < 120 and workers == 2))
P
say "All of it holds"

#!/bin/bash
# Tries `groksweep launch slurm` for real, on a cluster of three nodes on this machine (cluster/testbed/slurm.sh): a sweep of 100 runs,
# options that Slurm refuses, a node's daemon lost in the middle, jobs that reach their time limit and are queued again, a launch that
# is stopped, a coordinator that is a job itself. Takes about ten minutes: Slurm counts time limits in minutes, and keeps a requeued job waiting for two. Needs root and, on Debian:
#   apt-get install -y --no-install-recommends slurm-wlm munge python3
#
#   cluster/test-slurm.sh PROGRAM
set -euo pipefail
program=$(readlink -f "${1:?usage: cluster/test-slurm.sh PROGRAM}")
cd "$(dirname "$0")"
exec </dev/null
fail() { echo "test-slurm: $*" >&2; exit 1; }
say() { printf '==> %s %s\n' "$(date +%T)" "$*"; }
[ "$(id -u)" = 0 ] || fail "the cluster's daemons need root"
for command in slurmctld slurmd munged sbatch python3; do
  PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || fail "$command is missing: see the head of $0"
done
work=$(mktemp -d)
export TESTBED_DIR=$work PATH=$PATH:/usr/sbin XDG_STATE_HOME=$work/state
slurm=$PWD/testbed/slurm.sh

# Kills what was started from here and has a variable in its environment.
end_processes() {
  local process variables
  for process in $(cd /proc && echo [0-9]*); do
    [ "$process" != $$ ] || continue
    variables=$({ tr '\0' '\n' <"/proc/$process/environ"; } 2>/dev/null) || continue
    if grep -qxF "TESTBED_DIR=$work" <<<"$variables" && grep -qxF "$1" <<<"$variables"; then
      kill -KILL "$process" 2>/dev/null || true
    fi
  done
}

take_down() {
  local status=$?
  trap - EXIT
  set +e
  "$slurm" down >/dev/null 2>&1
  # A node whose daemon was lost leaves its processes behind: those of this folder go.
  end_processes "TESTBED_DIR=$work"
  if [ "$status" = 0 ]; then
    rm -rf "$work"
  else
    tail -n 8 "$work"/results/launch/*.log
    echo "test-slurm: failed; everything is in $work" >&2
  fi
  exit "$status"
}
trap take_down EXIT
trap 'exit 143' TERM INT

wait_for() {
  local seconds=$1 what=$2
  shift 2
  for _ in $(seq $((seconds * 2))); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.5
  done
  squeue
  "$program" status --results "$work/results"
  fail "waited $seconds s in vain for $what"
}
says() { grep -qF -- "$1" "$2" || { cat "$2" >&2; fail "expected \"$1\""; }; }
status() { "$program" status --json --results "$work/results"; }
workers_are() { [ "$(status | python3 -c 'import json, sys; print(json.load(sys.stdin)["workers"])')" = "$1" ]; }
done_are() { [ "$(status | python3 -c 'import json, sys; print(json.load(sys.stdin)["sweeps"][0]["done"])')" -ge "$1" ]; }
# One that nobody has asked for its exit status answers kill -0 still.
coordinator_has_ended() {
  local file=$work/results/launch/coordinator.pid
  [ ! -e "$file" ] || ! grep -q "^State:.[^Z]" "/proc/$(cat "$file")/status" 2>/dev/null
}
no_jobs() { [ -z "$(squeue --noheader)" ]; }
launch() { "$program" launch slurm "$@" --results "$work/results"; }

sweep() {
  cat >"$work/$1.yaml" <<C
name: $1
experiment: noop
parameters: {steps: $2, step_milliseconds: 10}
axes:
  x: {from: 1, to: 50, count: 50}
  y: [0, 1]
until: {max_steps: 100000, converged: true}
map: {x: x, y: y, value: time_to_grok}
C
}

say "Three nodes"
eval "$("$slurm" up)"
sweep waiting 900

say "The script, and nothing else"
launch "$work/waiting.yaml" --nodes 3 --cpus 2 --time 2 --dry-run --comment="a comment" >"$work/script"
bash -n "$work/script"
says '#SBATCH --array=1-3' "$work/script"
says '#SBATCH "--comment=a comment"' "$work/script"
[ ! -e "$work/results" ] || fail "--dry-run left something behind"

say "What Slurm refuses, in its own words"
code=0
launch "$work/waiting.yaml" --nodes 3 --cpus 2 --time 2 --partition=nowhere >"$work/out" 2>"$work/said" || code=$?
cat "$work/said"
[ "$code" = 2 ] && says "invalid partition specified: nowhere" "$work/said"
[ ! -e "$work/results/coordinator.json" ] || fail "a coordinator was started for workers that never come"

say "A hundred runs on three nodes, three minutes a job"
launch "$work/waiting.yaml" --nodes 3 --cpus 2 --time 3 --checkpoint-seconds 5 --partition=batch
wait_for 60 "three workers" workers_are 3
"$program" status --results "$work/results"

say "A node is lost"
wait_for 60 "ten results" done_are 10
"$slurm" lose n2
# A node that goes takes its processes along; here they would stay.
end_processes SLURMD_NODENAME=n2

wait_for 900 "the end of the sweep" coordinator_has_ended
say "The sweep has ended"
./accepted-once.py "$work/results" waiting 10
grep -h 'is queued again\|, start ' "$work"/results/launch/slurm-*.log | sort
grep -q 'is queued again' "$work"/results/launch/slurm-*.log || fail "no job reached its time limit"
grep -q ', start 2' "$work"/results/launch/slurm-*.log || fail "no job started again"

say "A coordinator that is a job as well is lost with its node and queued again; its workers find it"
"$program" launch slurm --stop --results "$work/results"
wait_for 60 "an empty queue" no_jobs
sweep moving 2000
launch "$work/moving.yaml" --set x=1..9 --nodes 2 --cpus 1 --time 20 --checkpoint-seconds 5 --coordinator-job
wait_for 90 "two workers" workers_are 2
launch --nodes 1 --cpus 1 --time 20 --checkpoint-seconds 5
wait_for 90 "three workers" workers_are 3
"$program" status --results "$work/results" >"$work/out"
cat "$work/out"
says "jobs of Slurm: 3 running" "$work/out"
says "the coordinator's job: running" "$work/out"
[ ! -e "$work/results/launch/coordinator.pid" ] || coordinator_has_ended || fail "a coordinator runs here as well"
former=$(cat "$work/results/coordinator.join")
scontrol requeue "$(cat "$work/results/launch/slurm-coordinator.job")"
has_moved() { [ "$(cat "$work/results/coordinator.join")" != "$former" ]; }
wait_for 240 "a coordinator that is at another place" has_moved
has_followed() { [ "$(grep -l 'the coordinator is at .* now' "$work"/results/launch/slurm-*_*.log | wc -l)" = 3 ]; }
wait_for 90 "three workers that found it" has_followed
wait_for 300 "the end of all jobs" no_jobs
./accepted-once.py "$work/results" moving 10

say "A launch that is stopped hands its runs back and takes its key along"
sweep second 6000
launch "$work/second.yaml" --nodes 2 --cpus 2 --time 5
wait_for 90 "two workers" workers_are 2
sleep 5
# A job that is cancelled while it saves its runs for its time limit would be queued again by its own script.
job=$(tail -n 1 "$work/results/launch/slurm.jobs")
scancel --batch --signal=USR1 "${job}_1"
scancel "${job}_1"
is_gone() { [ -z "$(squeue --noheader --jobs "${job}_1")" ]; }
wait_for 60 "the end of the job that was cancelled" is_gone
sleep 5
is_gone || fail "a job that was cancelled is queued again"
scancel --batch --signal=USR1 "${job}_2"
launch --stop >"$work/out" 2>"$work/said"
cat "$work/out" "$work/said"
says "the keys slurm-2, slurm-3 and slurm-4 are let in no more" "$work/said"
coordinator_has_ended || fail "the coordinator goes on"
wait_for 60 "an empty queue" no_jobs
./handed-back.py "$work/results" second
say "All of it holds"

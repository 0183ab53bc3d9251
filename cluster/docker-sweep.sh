# For test-containers.sh: a sweep through cluster/compose.yaml, with containers that are killed, stopped and hung.

sweep_is_up=
testbed_engines=()
runs=240

engine() { local host=$1; shift; DOCKER_HOST=${hosts_of_engines[$host]} "$@"; }
head_engine() { engine head "$DOCKER" "$@"; }
side_engine() { engine side "$DOCKER" "$@"; }
declare -A hosts_of_engines=()

compose_on() {
  local host=$1
  shift
  engine "$host" env COMPOSE_PROJECT_NAME=groksweep-test "${compose_command[@]}" \
    --file cluster/compose.yaml --file "$work/often.yaml" "$@"
}

# Two engines on two hosts that reach each other over a wire alone, if this machine has room for them.
start_engines() {
  hosts_of_engines=([head]=${DOCKER_HOST:-} [side]=${DOCKER_HOST:-})
  advertised=coordinator
  if [ "$(id -u)" -ne 0 ] || ! command -v dockerd >/dev/null || ! command -v ip >/dev/null; then
    say "One engine for coordinator and workers: two need root and dockerd"
    return
  fi
  export HOSTS_PREFIX=gs$$
  say "Two engines on two hosts"
  cluster/testbed/hosts.sh up 2
  "$DOCKER" save groksweep --output "$work/image.tar"
  local host
  for host in h1 h2; do
    # Below the folder of this trial: its images go with it.
    eval "$(TESTBED_DIR=$work/engines ENGINE_HOST=$host cluster/testbed/docker.sh up | sed "s/^export DOCKER_HOST=\([^ ]*\).*/socket=\1/")"
    testbed_engines+=("$host")
    [ "$host" = h1 ] && hosts_of_engines[head]=$socket || hosts_of_engines[side]=$socket
    DOCKER_HOST=$socket "$DOCKER" load --quiet --input "$work/image.tar"
  done
  rm "$work/image.tar"
  advertised=10.77.0.1
}

take_sweep_down() {
  local host
  if [ -n "$sweep_is_up" ]; then
    if [ "$1" -ne 0 ]; then
      compose_on head logs --no-color --tail=40
      compose_on side logs --no-color --tail=40
    fi
    compose_on side down --volumes --timeout 5 >/dev/null 2>&1
    compose_on head down --volumes --timeout 5 >/dev/null 2>&1
  fi
  for host in "${testbed_engines[@]}"; do
    TESTBED_DIR=$work/engines ENGINE_HOST=$host cluster/testbed/docker.sh down
  done
  [ -z "${HOSTS_PREFIX:-}" ] || cluster/testbed/hosts.sh down
}

# What the coordinator says of itself, and what the store holds.
status() { head_engine exec "$coordinator" groksweep status --json; }
figure() { status | python3 -c "import json, sys; print(json.load(sys.stdin)$1)"; }
workers_are() { [ "$(figure '["workers"]')" = "$1" ]; }
done_are() { [ "$(figure '["sweeps"][0]["done"]')" -ge "$1" ]; }
from_store() { python3 -c 'import sqlite3, sys; print(sqlite3.connect(f"file:{sys.argv[1]}/results.sqlite?mode=ro", uri=True).execute(sys.argv[2]).fetchone()[0])' "$work/results" "$1"; }
attempts() { from_store "SELECT count(*) FROM attempt WHERE outcome = '$1'"; }
attempts_are() { [ "$(attempts "$1")" -ge "$2" ]; }

container() { compose_on "$1" ps --quiet "$2" | sed -n "${3:-1}p"; }
health() { engine "$1" "$DOCKER" inspect --format '{{.State.Health.Status}}' "$2"; }
is_healthy() { [ "$(health "$1" "$2")" = healthy ]; }
is_unhealthy() { [ "$(health "$1" "$2")" = unhealthy ]; }
why() { engine "$1" "$DOCKER" inspect --format '{{range .State.Health.Log}}{{.Output}}{{end}}' "$2" | grep . | tail -1; }
has_ended_well() { [ "$(engine "$1" "$DOCKER" inspect --format '{{.State.Running}} {{.State.ExitCode}}' "$2")" = "false 0" ]; }
start_workers() { compose_on side up --detach --no-build --no-deps --no-recreate --scale worker=3 worker 2>&1 | tail -1; }

begin_sweep() {
  mkdir -p "$work/results" "$work/keys" "$work/sweeps"
  cat >"$work/sweeps/waiting.yaml" <<C
name: waiting
experiment: noop
parameters: {steps: 600, step_milliseconds: 10}
axes:
  x: {from: 1, to: $((runs / 2)), count: $((runs / 2))}
  y: [0, 1]
until: {max_steps: 100000, converged: true}
map: {x: x, y: y, value: time_to_grok}
C
  # Health is asked for more often than in earnest.
  cat >"$work/often.yaml" <<'C'
services:
  coordinator: {healthcheck: {interval: 1s, retries: 2, start_period: 0s}}
  worker: {healthcheck: {interval: 1s, retries: 2, start_period: 0s}, environment: {GROKSWEEP_CHECKPOINT_SECONDS: 2}}
C
  chown 4321:4321 "$work/results" "$work/keys"
  export GROKSWEEP_USER=4321:4321 GROKSWEEP_SWEEP=waiting.yaml GROKSWEEP_SWEEPS=$work/sweeps GROKSWEEP_RESULTS=$work/results \
    GROKSWEEP_KEYS=$work/keys GROKSWEEP_PUBLISH=5555:5555 GROKSWEEP_ADVERTISE=$advertised GROKSWEEP_WORKER_MEMORY=600m
  head_engine run --rm --user "$GROKSWEEP_USER" --volume "$work/keys:/data/keys" groksweep keys make workers --keys keys
  sweep_is_up=yes
  compose_on head up --detach --no-build coordinator 2>&1 | tail -1
  coordinator=$(container head coordinator)
  wait_for 60 "a healthy coordinator" is_healthy head "$coordinator"
  GROKSWEEP_JOIN=$(compose_on head exec -T coordinator groksweep join | tr -d '\r')
  export GROKSWEEP_JOIN
  say "Workers come with $GROKSWEEP_JOIN"
  start_workers
  wait_for 60 "three workers" workers_are 3
  wait_for 60 "a healthy worker" is_healthy side "$(container side worker)"
  compose_on head exec -T coordinator groksweep status
}

kill_worker() {
  say "docker kill of a worker"
  wait_for 60 "ten results" done_are 10
  side_engine kill --signal KILL "$(container side worker 1)" >/dev/null
  start_workers
  wait_for 60 "three workers again" workers_are 3
}

stop_worker() {
  say "docker stop of a worker: what it has is there within ten seconds"
  local worker began took before
  worker=$(container side worker 2)
  before=$(attempts withdrawn)
  began=$(date +%s%N)
  side_engine stop "$worker" >/dev/null
  took=$((($(date +%s%N) - began) / 1000000))
  wait_for 5 "runs that are handed back" attempts_are withdrawn $((before + 1))
  local saved
  saved=$(from_store "SELECT count(*) FROM checkpoint JOIN attempt ON attempt.run = checkpoint.run WHERE outcome = 'withdrawn'")
  say "$took ms, exit code $(side_engine inspect --format '{{.State.ExitCode}}' "$worker"), $saved checkpoints of runs that were handed back"
  [ "$took" -lt 10000 ] || fail "docker stop took $took ms"
  [ "$(side_engine inspect --format '{{.State.ExitCode}}' "$worker")" = 130 ] || fail "the worker was killed"
  [ "$saved" -ge 1 ] || fail "no checkpoint came"
  start_workers
  wait_for 60 "three workers again" workers_are 3
}

# How many processes the kernel has ended in a container because its memory had run out (control groups of version 1 or 2).
out_of_memory_kills() {
  side_engine exec "$1" sh -c 'cat /sys/fs/cgroup/memory/memory.oom_control /sys/fs/cgroup/memory.events 2>/dev/null || true' |
    awk '$1 == "oom_kill" { print $2 }'
}

# Takes memory in a worker's container until the kernel ends a process there.
run_out_of_memory() {
  say "Memory runs out in a worker's container: a trainer ends, and its run's attempt"
  local worker process before kills failed status=0
  worker=$(container side worker 3)
  process=$(side_engine inspect --format '{{.State.Pid}}' "$worker")
  before=$(attempts failed)
  # Several processes of 150 MiB: the kernel ends the largest, and trainers count for more than they take.
  side_engine exec "$worker" perl -e '
    sub trainers {
      my $found = "";
      for (glob("/proc/[0-9]*/cmdline")) {
        open(my $file, "<", $_) or next;
        my $line = <$file> // "";
        $found .= "$_ " if $line =~ /groksweep.train/;
      }
      return $found;
    }
    my ($before, $level, @taken) = (trainers(), 0);
    die "no trainers" unless $before;
    while ($level < 10) {
      push @taken, "x" x (1 << 20);
      exit 0 if trainers() ne $before;
      next if @taken < 150;
      $level++;
      if (my $child = fork) { waitpid $child, 0; exit($? >> 8) }
      @taken = ();
    }
    exit 1' || status=$?
  # 137: the kernel has ended the process that took it as well, before it saw that a trainer was gone.
  [ "$status" = 0 ] || [ "$status" = 137 ] || fail "no trainer was ended"
  wait_for 60 "an attempt that failed" attempts_are failed $((before + 1))
  sleep 3
  kills=$(out_of_memory_kills "$worker")
  failed=$(($(attempts failed) - before))
  # On a busy machine the other trainer may go before this has noticed the first.
  say "$kills killed by the kernel, $failed attempts failed"
  [ "$failed" -le "$kills" ] || fail "more attempts failed than processes were killed"
  [ "$(side_engine inspect --format '{{.State.Running}} {{.State.Pid}}' "$worker")" = "true $process" ] || fail "the worker ended as well"
  say "It said: $(from_store "SELECT reason FROM attempt WHERE outcome = 'failed' LIMIT 1")"
}

lose_coordinator() {
  say "docker kill of the coordinator: workers are unhealthy until it is there again"
  local worker
  worker=$(container side worker 1)
  wait_for 60 "a healthy worker" is_healthy side "$worker"
  head_engine kill --signal KILL "$coordinator" >/dev/null
  wait_for 90 "an unhealthy worker" is_unhealthy side "$worker"
  say "$(why side "$worker")"
  head_engine start "$coordinator" >/dev/null
  wait_for 60 "a healthy worker" is_healthy side "$worker"
  wait_for 60 "a healthy coordinator" is_healthy head "$coordinator"

  say "A coordinator that hangs is unhealthy"
  local process
  process=$(head_engine inspect --format '{{.State.Pid}}' "$coordinator")
  if kill -STOP "$process" 2>/dev/null; then
    wait_for 60 "an unhealthy coordinator" is_unhealthy head "$coordinator"
    say "$(why head "$coordinator")"
    kill -CONT "$process"
    wait_for 60 "a healthy coordinator" is_healthy head "$coordinator"
  else
    say "  not tried: its process is another user's"
  fi
}

test_sweep() {
  start_engines
  begin_sweep
  kill_worker
  stop_worker
  run_out_of_memory
  lose_coordinator
  local worker
  worker=$(container side worker 1)
  wait_for 600 "the end of the sweep" has_ended_well head "$coordinator"
  wait_for 60 "the end of a worker" has_ended_well side "$worker"
  cluster/accepted-once.py "$work/results" waiting 10
}

#!/bin/bash
# Tries the containers for real: the image with a mounted folder, then cluster/compose.yaml with everything that may befall it.
#
#   cluster/test-containers.sh
#
# With DOCKER_HOST set, or a Docker engine that answers, that engine builds the image. Otherwise, as root on Debian, cluster/testbed/docker.sh
# brings up an engine of its own (apt-get install -y --no-install-recommends docker.io slirp4netns debootstrap docker-compose iproute2 python3)
# and takes it down at the end. The whole takes at most GROKSWEEP_TEST_SECONDS (default 2400).
#
# As root, where dockerd can be started, the sweep is tried on two engines on two hosts (network namespaces): the coordinator is published
# by the one, the workers come from the other. Otherwise on the engine that builds.
#
# GROKSWEEP_TEST_PROGRAM=.build/release/groksweep tries a program that is built already, in the Dockerfile's last stage.
# Where the packages come from a mirror, GROKSWEEP_PACKAGE_MIRROR names its folder (owner/name.git below it); if it is unset, a folder
# that this machine's git puts in place of https://github.com/ is taken.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

limit_seconds=${GROKSWEEP_TEST_SECONDS:-2400}
if [ -z "${GROKSWEEP_TEST_BOUNDED:-}" ]; then
  GROKSWEEP_TEST_BOUNDED=1 exec timeout --signal=TERM --kill-after=60 "$limit_seconds" "$0" "$@"
fi

work=$(mktemp -d)
chmod 755 "$work"
engine_is_ours=
. cluster/docker-engine.sh
. cluster/docker-sweep.sh
. cluster/docker-swarm.sh

take_down() {
  local status=$?
  trap - EXIT
  set +e
  take_sweep_down "$status"
  [ -z "$engine_is_ours" ] || cluster/testbed/docker.sh down
  rm -rf "$work"
  exit "$status"
}
trap take_down EXIT
trap 'exit 143' TERM INT

test_run() {
  say "docker run with a mounted folder, as the user who owns it, on a read-only root without rights"
  mkdir "$work/run"
  chown 4321:4321 "$work/run"
  timeout --kill-after=20 300 "$DOCKER" run --rm --user 4321:4321 --read-only --tmpfs /tmp --cap-drop ALL \
    --security-opt no-new-privileges --volume "$work/run:/data/results" groksweep run sweeps/quickstart.yaml
  scripts/check-map "$work/run/quickstart"
  [ -z "$(find "$work/run" ! -user 4321)" ] || fail "some results do not belong to the user of the container"

  say "docker run with a volume of its own, as the image's user"
  timeout --kill-after=20 300 "$DOCKER" run --rm --volume /data/results groksweep run sweeps/quickstart.yaml --set seed=0 2>/dev/null
  [ "$("$DOCKER" run --rm --entrypoint id groksweep --user)" = 10001 ] || fail "the image's user is another than 10001"

  say "docker run with a folder that the image's user may not write to"
  mkdir "$work/foreign"
  local status=0 answer
  answer=$("$DOCKER" run --rm --volume "$work/foreign:/data/results" groksweep run sweeps/quickstart.yaml 2>&1) || status=$?
  printf '%s\n' "$answer"
  [ "$status" -eq 3 ] || fail "a folder that cannot be written to ended with exit code $status"
  [ "$(printf '%s\n' "$answer" | wc -l)" -le 3 ] || fail "a folder that cannot be written to took more than a sentence"
  grep -q "it belongs to user $(id -u), this is user 10001: run as its owner, a container with --user" <<<"$answer" ||
    fail "nothing says whose the folder is, and what to do"
}

# The number of trainers that a worker begins with under some limits.
trainers_with() {
  "$DOCKER" run --rm "$@" groksweep work --connect tcp://127.0.0.1:1 --give-up-after 1 2>&1 |
    grep -o '[0-9]* trainers\? on' | cut -d' ' -f1 || true
}

test_limits() {
  say "Trainers follow the limits of the container"
  local all
  all=$(trainers_with)
  [ "$(trainers_with --cpus 1)" = 1 ] || fail "one core does not make one trainer"
  [ "$(trainers_with --memory 300m)" = 1 ] || fail "300 MiB do not make one trainer of 256 MiB"
  [ "$(trainers_with --memory 300m --env GROKSWEEP_MEMORY_PER_SLOT=50M)" -ge "$((all < 6 ? all : 6))" ] ||
    fail "trainers of 50 MiB do not fit into 300 MiB"
}

test_compose() {
  say "compose.yaml as its head says, on this engine, with a user and nothing else"
  local plain=$work/plain coordinator
  mkdir "$plain" "$plain/cluster" "$plain/results" "$plain/keys"
  cp cluster/compose.yaml "$plain/cluster"
  cp -r sweeps "$plain"
  chown 4321:4321 "$plain/results" "$plain/keys"
  export GROKSWEEP_USER=4321:4321
  "$DOCKER" run --rm --user "$GROKSWEEP_USER" --volume "$plain/keys:/data/keys" groksweep keys make workers --keys keys
  (
    cd "$plain"
    export COMPOSE_PROJECT_NAME=groksweep-plain
    "${compose_command[@]}" -f cluster/compose.yaml up --detach --no-build --scale worker=2 2>&1 | tail -1
    coordinator=$("${compose_command[@]}" -f cluster/compose.yaml ps --quiet coordinator)
    wait_for 180 "the end of the sweep" container_has_ended "$coordinator"
    "${compose_command[@]}" -f cluster/compose.yaml logs --no-color --tail=5 coordinator
    "${compose_command[@]}" -f cluster/compose.yaml down --timeout 5 >/dev/null 2>&1
  )
  unset GROKSWEEP_USER
  scripts/check-map "$plain/results/quickstart"
}
container_has_ended() { [ "$("$DOCKER" inspect --format '{{.State.Running}} {{.State.ExitCode}}' "$1")" = "false 0" ]; }

find_engine
build_image
test_run
test_limits
test_compose
test_swarm
test_sweep
say "The containers work"

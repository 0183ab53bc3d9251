#!/bin/bash
# Tries the containers for real: the image with a mounted folder, then Compose with workers that come and go.
#
#   cluster/test-containers.sh
#
# With DOCKER_HOST set, or a Docker engine that answers, that engine is used. Otherwise, as root on Debian, cluster/testbed/docker.sh
# brings up an engine of its own (apt-get install -y --no-install-recommends docker.io slirp4netns debootstrap docker-compose iproute2)
# and takes it down at the end. The whole takes at most GROKSWEEP_TEST_SECONDS (default 2400).
#
# Where the packages come from a mirror, GROKSWEEP_PACKAGE_MIRROR names its folder (owner/name.git below it); if it is unset, a folder
# that this machine's git puts in place of https://github.com/ is taken.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

limit_seconds=${GROKSWEEP_TEST_SECONDS:-2400}
if [ -z "${GROKSWEEP_TEST_BOUNDED:-}" ]; then
  GROKSWEEP_TEST_BOUNDED=1 exec timeout --signal=TERM --kill-after=60 "$limit_seconds" "$0" "$@"
fi

project=groksweep-test
work=$(mktemp -d)
engine_is_ours=
say() { printf '==> %s\n' "$*"; }
fail() { printf 'test-containers: %s\n' "$*" >&2; exit 1; }

compose() { COMPOSE_PROJECT_NAME=$project "${compose_command[@]}" --file cluster/compose.yaml "$@"; }

take_down() {
  local status=$?
  trap - EXIT
  set +e
  if [ "$status" -ne 0 ] && [ -n "${compose_is_up:-}" ]; then
    compose logs --no-color --tail=40
  fi
  [ -z "${compose_is_up:-}" ] || compose down --volumes --timeout 5
  [ -z "$engine_is_ours" ] || cluster/testbed/docker.sh down
  rm -rf "$work"
  exit "$status"
}
trap take_down EXIT
trap 'exit 143' TERM INT

# Finds or makes the engine, and the clients that talk to it.
find_engine() {
  DOCKER=${DOCKER:-docker}
  if ! "$DOCKER" version >/dev/null 2>&1; then
    [ "$(id -u)" -eq 0 ] || fail "no Docker engine answers; start one, or run this as root on Debian to have one made"
    local command
    for command in dockerd slirp4netns debootstrap ip; do
      command -v "$command" >/dev/null || fail "no Docker engine answers, and to make one '$command' is missing: see the head of $0"
    done
    say "No Docker engine answers: starting one of our own"
    engine_is_ours=yes
    eval "$(cluster/testbed/docker.sh up)"
    cluster/testbed/docker.sh base-images >"$work/base-images.log" 2>&1 ||
      { tail -20 "$work/base-images.log" >&2; fail "the base images could not be made"; }
  fi
  export DOCKER
  if "$DOCKER" compose version >/dev/null 2>&1; then
    compose_command=("$DOCKER" compose)
  elif command -v docker-compose >/dev/null; then
    compose_command=(docker-compose)
  else
    fail "neither 'docker compose' nor docker-compose is installed"
  fi
}

# The folder that stands in for GitHub on this machine, if any.
package_mirror() {
  local key value
  if [ -n "${GROKSWEEP_PACKAGE_MIRROR:-}" ]; then
    echo "$GROKSWEEP_PACKAGE_MIRROR"
    return
  fi
  while read -r key value; do
    if [ "$value" = https://github.com/ ]; then
      key=${key#url.}
      key=${key%.insteadof}
      if [ -d "$key" ]; then
        echo "$key"
        return
      fi
    fi
  done < <(git config --get-regexp '^url\..*\.insteadof$')
}

# Builds the image; where there is a mirror, on a toolchain image that has a copy of it.
build_image() {
  local mirror
  mirror=$(package_mirror)
  if [ -n "$mirror" ]; then
    say "Packages come from the mirror $mirror"
    export SWIFT_IMAGE=groksweep-swift-with-mirror
    cat >"$work/Dockerfile" <<'D'
FROM swift:6.3-bookworm
COPY . /packages
RUN git config --system url./packages/.insteadOf https://github.com/ && git config --system --add safe.directory '*'
D
    "$DOCKER" build --quiet --tag "$SWIFT_IMAGE" --file "$work/Dockerfile" "$mirror"
  fi
  "$DOCKER" build --tag groksweep --build-arg "SWIFT_IMAGE=${SWIFT_IMAGE:-swift:6.3-bookworm}" .
  say "The image has $("$DOCKER" image inspect --format '{{.Size}}' groksweep | numfmt --to=iec)B"
}

# Tries a command every second until it succeeds, at most so many seconds.
wait_for() {
  local seconds=$1 what=$2
  shift 2
  for _ in $(seq "$seconds"); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 1
  done
  fail "waited $seconds seconds for this in vain: $what"
}

test_run() {
  say "docker run with a mounted folder, as the user who owns it"
  mkdir "$work/results"
  chown 4321:4321 "$work/results"
  chmod 755 "$work"
  timeout --kill-after=20 300 "$DOCKER" run --rm --user 4321:4321 --volume "$work/results:/data/results" groksweep \
    run sweeps/quickstart.yaml
  scripts/check-map "$work/results/quickstart"
  [ -z "$(find "$work/results" ! -user 4321)" ] || fail "some results do not belong to the user of the container"

  say "docker run with a folder that the image's user may not write to"
  mkdir "$work/foreign"
  local status=0 answer
  answer=$("$DOCKER" run --rm --volume "$work/foreign:/data/results" groksweep run sweeps/quickstart.yaml 2>&1) || status=$?
  printf '%s\n' "$answer"
  [ "$status" -eq 2 ] || [ "$status" -eq 3 ] || fail "a folder that cannot be written to ended with exit code $status"
  [ "$(printf '%s\n' "$answer" | wc -l)" -le 3 ] || fail "a folder that cannot be written to took more than a sentence"
}

running_workers() { compose ps --quiet worker | xargs --no-run-if-empty "$DOCKER" inspect --format '{{.State.Running}}' | grep -c true; }
has_workers() { [ "$(running_workers)" -eq "$1" ]; }
# A map is drawn whenever a seed is complete, so it is no sign of the end.
sweep_goes_on() { compose exec -T coordinator groksweep status --json | grep -q '"waiting":[1-9]'; }
sweep_has_ended() { [ "$("$DOCKER" inspect --format '{{.State.Running}} {{.State.ExitCode}}' "$(compose ps --all --quiet coordinator)")" = "false 0" ]; }
volume_has_map() {
  rm -rf "$work/volume"
  mkdir "$work/volume"
  "$DOCKER" cp "$(compose ps --all --quiet coordinator):/data/results/." "$work/volume" && scripts/check-map "$work/volume/quickstart"
}

test_compose() {
  say "Compose: one worker, then three, then one killed, until the map is there"
  compose_is_up=yes
  compose up --detach --no-build --scale worker=1
  wait_for 60 "one worker" has_workers 1
  compose up --detach --no-build --no-recreate --scale worker=3
  wait_for 60 "three workers" has_workers 3
  sweep_goes_on || fail "the sweep ended before a worker could be killed in the middle of it"
  "$DOCKER" kill --signal KILL "$(compose ps --quiet worker | head -1)"
  wait_for 300 "the end of the sweep" sweep_has_ended
  volume_has_map || fail "the sweep ended and left no map on its volume"
  scripts/check-map "$work/volume/quickstart"
}

find_engine
build_image
test_run
test_compose
say "The containers work"

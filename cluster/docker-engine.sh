# For the scripts beside it that try containers: an engine, the image, and waiting. They set $work, a folder of their own.

say() { printf '==> %s %s\n' "$(date +%T)" "$*"; }
fail() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; exit 1; }

# Tries a command every half second until it succeeds, at most so many seconds.
wait_for() {
  local seconds=$1 what=$2
  shift 2
  for _ in $(seq $((seconds * 2))); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.5
  done
  fail "waited $seconds seconds for this in vain: $what"
}

# Finds or makes the engine that builds, and the clients that talk to it.
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
  if [ -n "${GROKSWEEP_TEST_PROGRAM:-}" ]; then
    wrap_program "$GROKSWEEP_TEST_PROGRAM"
  else
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
  fi
  say "The image has $("$DOCKER" image inspect --format '{{.Size}}' groksweep | numfmt --to=iec)B"
}

# An image around a program that is built already, with Swift's libraries beside it: the Dockerfile's last stage without its first.
wrap_program() {
  local context=$work/image
  say "The image is the Dockerfile's last stage around $1"
  mkdir -p "$context/image/usr/local/bin" "$context/image/usr/local/lib"
  install "$1" "$context/image/usr/local/bin/groksweep"
  strip --strip-debug "$context/image/usr/local/bin/groksweep"
  ldd "$1" | awk '$3 ~ /swift/ { print $3 }' | xargs -I{} cp -L {} "$context/image/usr/local/lib/"
  cp -r sweeps "$context/sweeps"
  sed -n '/^FROM debian/,$p' Dockerfile | sed 's|^COPY --from=build /image /|COPY image /\nRUN ldconfig|' >"$context/Dockerfile"
  "$DOCKER" build --quiet --tag groksweep "$context"
}

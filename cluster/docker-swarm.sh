# For test-containers.sh: the quickstart in a swarm of one node, whose coordinator is killed on the way.

# Only an engine of our own becomes a swarm.
test_swarm() {
  if [ -z "$engine_is_ours" ]; then
    say "No swarm: the engine is not ours to make one of"
    return
  fi
  say "A swarm of one node"
  # That of a trial that was broken off.
  "$DOCKER" swarm leave --force >/dev/null 2>&1 || true
  "$DOCKER" swarm init --advertise-addr 127.0.0.1 >/dev/null
  mkdir "$work/swarm" "$work/swarm/results" "$work/swarm/keys"
  chown 4321:4321 "$work/swarm/results" "$work/swarm/keys"
  "$DOCKER" run --rm --user 4321:4321 --volume "$work/swarm/keys:/data/keys" groksweep keys make workers --keys keys
  deploy_stack >"$work/swarm/deploy.log" 2>&1 || { cat "$work/swarm/deploy.log" >&2; fail "the stack cannot be deployed"; }
  wait_for 90 "some results" swarm_results_are 10
  local worker coordinator
  worker=$("$DOCKER" ps --quiet --filter name=groksweep_worker | head -1)
  [ "$("$DOCKER" inspect --format '{{.HostConfig.Memory}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.Config.User}}' "$worker")" = \
    "629145600 true [ALL] 4321:4321" ] || fail "a worker's limits and rights are others than compose.yaml says"
  say "Its coordinator is killed, with $(swarm_results) results; Swarm starts another"
  coordinator=$("$DOCKER" ps --quiet --filter name=groksweep_coordinator)
  "$DOCKER" kill "$coordinator" >/dev/null
  "$DOCKER" service scale --detach groksweep_worker=3 >/dev/null
  wait_for 120 "all results" swarm_results_are 147
  [ "$(in_swarm_store "SELECT count(*) FROM attempt WHERE outcome = 'accepted'")" = 147 ] || fail "not every run was accepted once"
  say "The stack is removed"
  "$DOCKER" stack rm groksweep >/dev/null
  "$DOCKER" swarm leave --force >/dev/null
}

# Clients before version 25 want both files to name a version.
deploy_stack() {
  local file files=()
  for file in compose swarm; do
    cp "cluster/$file.yaml" "$work/swarm/$file.yaml"
    [ "$("$DOCKER" version --format '{{.Client.Version}}' | cut -d. -f1)" -ge 25 ] || sed -i '1i version: "3.8"' "$work/swarm/$file.yaml"
    files+=(--compose-file "$work/swarm/$file.yaml")
  done
  GROKSWEEP_USER=4321:4321 GROKSWEEP_UID=4321 GROKSWEEP_RESULTS=$work/swarm/results GROKSWEEP_KEYS=$work/swarm/keys \
    GROKSWEEP_SWEEPS=$PWD/sweeps GROKSWEEP_WORKER_CPUS=1 GROKSWEEP_WORKER_MEMORY=600m \
    "$DOCKER" stack deploy "${files[@]}" groksweep
}

in_swarm_store() {
  python3 -c 'import sqlite3, sys; print(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute(sys.argv[2]).fetchone()[0])' \
    "$work/swarm/results/results.sqlite" "$1"
}
swarm_results() { in_swarm_store "SELECT count(*) FROM run WHERE status = 'finished'"; }
swarm_results_are() { [ "$(swarm_results)" -ge "$1" ]; }

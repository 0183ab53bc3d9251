#!/bin/bash
# Tries the units of cluster/systemd for real: a head and two nodes, each booted by systemd (cluster/testbed/machines.sh), set up by the
# commands that the units' heads name; a coordinator killed and started again, a worker stopped, one killed, a node and the head
# rebooted; then whether the units' fences hold. Takes three minutes, and leaves nothing behind. Needs root, all programs on the root file
# system, and on Debian:
#   apt-get install -y --no-install-recommends systemd dbus iproute2 procps util-linux python3
#
#   cluster/test-systemd.sh PROGRAM
set -euo pipefail
program=$(readlink -f "${1:?usage: cluster/test-systemd.sh PROGRAM}")
cd "$(dirname "$0")"
exec </dev/null
fail() { echo "test-systemd: $*" >&2; exit 1; }
machines=$PWD/testbed/machines.sh

if [ $# = 1 ]; then
  [ "$(id -u)" = 0 ] || fail "namespaces need root"
  for command in ip nsenter unshare pivot_root setpriv pgrep dbus-daemon systemctl /lib/systemd/systemd /usr/bin/python3; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || fail "$command is missing: see the head of $0"
  done
  work=$(mktemp -d)
  export HOSTS_PREFIX=systemd$$ MACHINES_DIR=$work/machines
  mkdir "$MACHINES_DIR"
  inside=
  take_down() {
    local status=$?
    trap - EXIT
    set +e
    # All that was mounted or started goes with it.
    { [ -z "$inside" ] || kill -KILL "$inside"; wait; } 2>/dev/null
    "$machines" clear
    rmdir "$MACHINES_DIR"
    if [ "$status" = 0 ]; then
      rm -rf "$work"
    elif ! rmdir "$work" 2>/dev/null; then
      echo "test-systemd: failed; the journals and results are in $work" >&2
    fi
    exit "$status"
  }
  trap take_down EXIT
  trap 'exit 143' TERM INT
  "$machines" inside "$PWD/test-systemd.sh" "$program" "$work" &
  inside=$!
  wait "$inside"
  exit
fi

work=$2
say() { printf '==> %3d s: %s\n' "$SECONDS" "$*"; }
names=(h1 h2 h3)
on() { "$machines" on "$@"; }
keep_journals() {
  local status=$? name
  [ "$status" != 0 ] || return 0
  for name in "${names[@]}"; do
    on "$name" journalctl --no-pager --boot=all >"$work/$name.journal" 2>&1 || true
    grep -F groksweep "$work/$name.journal" | tail -n 12 || true
  done
  cp -r "$("$machines" root h1)/srv/groksweep/results" "$work/" 2>/dev/null || true
  exit "$status"
}
trap keep_journals EXIT

# Runs a command that stands in a unit's head, as it stands there, in /root of a machine.
as_written() {
  local host=$1 unit=$2 command=$3
  grep -qxF -e "#   $command" "systemd/$unit" || fail "the head of cluster/systemd/$unit does not say \"$command\""
  typed "$host" "$command"
}
typed() {
  printf '  %s# %s\n' "$1" "$2"
  on "$1" bash -c "cd && $2" || fail "\"$2\" failed on $1"
}
wait_for() {
  local seconds=$1 what=$2
  shift 2
  for _ in $(seq $((seconds * 5))); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.2
  done
  fail "waited $seconds s in vain for $what"
}
coordinator=groksweep-coordinator worker=groksweep-worker@nodes
results=/srv/groksweep/results
as_user() { on h1 runuser -u groksweep -- groksweep "$@" --results "$results"; }
told() { as_user status --json | python3 -c "import json, sys; told = json.load(sys.stdin); print($1)"; }
workers_are() { [ "$(told 'told["workers"]')" = "$1" ]; }
sweep_has() { [ "$(told "[sweep['$2'] for sweep in told['sweeps'] if sweep['name'] == '$1'][0]")" -ge "$3" ]; }
property() { on "$1" systemctl show -P "$3" "$2"; }
has() { [ "$(property "$1" "$2" "$3")" = "$4" ]; }
expect() { has "$@" || { on "$1" systemctl status --no-pager "$2"; fail "expected $3 of $2 to be $4, found $(property "$1" "$2" "$3")"; }; }
is_up() { on "$1" systemctl is-system-running; }
boot_of() { on "$1" cat /proc/sys/kernel/random/boot_id; }
times_said() { on h1 journalctl --no-pager --unit $coordinator --output cat | grep -cF "$1"; }
has_said_again() { [ "$(times_said "$1")" -gt "$2" ]; }
has_rebooted() { [ "$(boot_of "$1")" != "$2" ] && is_up "$1"; }
reboot() {
  local former
  former=$(boot_of "$1")
  # It may be gone before it has answered.
  on "$1" systemctl reboot 2>/dev/null || true
  wait_for 60 "the boot of $1" has_rebooted "$1" "$former"
}
store() { echo "$("$machines" root h1)$results"; }
ask_store() { local script=$1; shift; on h1 /usr/bin/python3 - "$results" "$@" <"$script"; }

say "Three machines boot"
./testbed/hosts.sh up 3
"$machines" boot h1 head &
"$machines" boot h2 node1 &
"$machines" boot h3 node2 &
for name in "${names[@]}"; do wait_for 60 "the boot of $name" is_up "$name"; done
on h1 systemctl --version | sed -n '1s/^/  /p'

say "What a machine has before anything is typed: the program, the units, files that were brought"
for name in "${names[@]}"; do
  root=$("$machines" root "$name")
  if on "$name" getent passwd groksweep >/dev/null; then on "$name" userdel groksweep; fi
  rm -rf "$root"/etc/groksweep "$root"/srv/groksweep "$root"/var/lib/groksweep
  cp "$program" "$root/usr/local/bin/groksweep"
  mkdir -p "$root"/root/cluster "$root"/root/sweeps
  cp -r systemd "$root/root/cluster/"
  typed "$name" 'cp cluster/systemd/*.service /etc/systemd/system/'
done
root=$("$machines" root h1)
# Runs that wait, in place of those that take two cores 17 minutes.
cat >"$root/root/sweeps/alpha-epsilon.yaml" <<C
name: waiting
experiment: noop
parameters: {steps: 600, step_milliseconds: 10}
axes:
  x: {from: 1, to: 30, count: 30}
  y: [0, 1]
until: {max_steps: 100000, converged: true}
map: {x: x, y: y, value: time_to_grok}
C
cp ../sweeps/quickstart.yaml "$root/root/sweeps/"

say "The head"
unit=$coordinator.service
as_written h1 $unit 'useradd --system --home-dir /srv/groksweep --create-home groksweep'
as_written h1 $unit 'mkdir /etc/groksweep /srv/groksweep/sweeps'
as_written h1 $unit 'cp sweeps/alpha-epsilon.yaml /srv/groksweep/sweeps/'
as_written h1 $unit 'runuser -u groksweep -- groksweep keys make nodes --results /srv/groksweep/results'
sed -n 's/^#   \(GROKSWEEP_[A-Z]*=\)/\1/p' "systemd/$unit" | tee "$root/etc/groksweep/coordinator.env" | sed 's/^/  coordinator.env: /'
as_written h1 $unit 'systemctl enable --now groksweep-coordinator'
wait_for 20 "a coordinator that answers" as_user status --healthy
sed -n '$s/^/  /p' "$(store)/coordinator.join"

say "The nodes"
unit=groksweep-worker@.service
for name in h2 h3; do
  cp "$(store)"/{keys/nodes.key,coordinator.join} "$("$machines" root "$name")/root/"
  as_written "$name" $unit 'id groksweep || useradd --system groksweep'
  as_written "$name" $unit 'mkdir --parents /etc/groksweep'
  as_written "$name" $unit 'install --owner groksweep --mode 600 nodes.key /etc/groksweep/'
  as_written "$name" $unit 'cp coordinator.join /etc/groksweep/'
  as_written "$name" $unit 'systemctl enable --now groksweep-worker@nodes'
done
wait_for 60 "two workers" workers_are 2
as_written h2 $unit 'XDG_STATE_HOME=/var/lib groksweep status --healthy --worker'
as_written h1 $coordinator.service 'runuser -u groksweep -- groksweep status --results /srv/groksweep/results'
wait_for 60 "ten results" sweep_has waiting done 10

say "The coordinator is killed: systemd starts it again, and the workers find it"
on h1 systemctl kill --signal KILL $coordinator
wait_for 20 "a coordinator that was started again" has h1 $coordinator NRestarts 1
wait_for 60 "two workers" workers_are 2

say "systemctl restart of the coordinator"
on h1 systemctl restart $coordinator
expect h1 $coordinator Result success
wait_for 60 "two workers" workers_are 2

say "A worker is stopped: its runs are saved and handed back"
started=$(date +%s%N)
on h3 systemctl stop $worker
echo "  stopped after $((($(date +%s%N) - started) / 1000000)) ms"
expect h3 $worker ActiveState inactive
expect h3 $worker Result success
expect h3 $worker ExecMainStatus 130
wait_for 20 "one worker" workers_are 1
back=$(on h1 /usr/bin/python3 -c 'import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute("""
  SELECT count(*), count(checkpoint.run) FROM attempt LEFT JOIN checkpoint USING (run) WHERE outcome = "withdrawn" """).fetchone())' "$results/results.sqlite")
# Runs that waited at the worker have no state yet.
read -r back with_state <<<"$back"
echo "  $back attempts were handed back, $with_state of them with a state"
[ "$with_state" = 2 ] || fail "expected the two runs that were under way to be handed back with their state"
on h3 systemctl start $worker
wait_for 60 "two workers" workers_are 2

say "A worker is killed: systemd ends its trainers and starts it again; it is let in once its predecessor's leases have run out"
former=$(times_said 'worker node1 joined')
trainers=$(on h2 pgrep --full 'groksweep train')
on h2 systemctl kill --kill-who main --signal KILL $worker
wait_for 20 "a worker that was started again" has h2 $worker NRestarts 1
for trainer in $trainers; do ! on h2 test -e "/proc/$trainer" || fail "a trainer outlived its worker"; done
wait_for 60 "a worker that is let in" has_said_again 'worker node1 joined' "$former"

say "A node is rebooted, and its worker is there again"
reboot h3
expect h3 $worker UnitFileState enabled
wait_for 60 "a worker that runs" has h3 $worker ActiveState active
wait_for 60 "two workers" workers_are 2

say "The head is rebooted, and its coordinator is there again"
reboot h1
expect h1 $coordinator UnitFileState enabled
wait_for 60 "two workers" workers_are 2

wait_for 300 "the end of the sweep" sweep_has waiting done 60
say "The sweep has ended"
ask_store accepted-once.py waiting 10
wait_for 30 "its map" test -s "$(store)/waiting/map.svg"

say "Real runs: the quick start's"
typed h1 'cp sweeps/quickstart.yaml /srv/groksweep/sweeps/'
as_written h1 $coordinator.service 'runuser -u groksweep -- groksweep submit /srv/groksweep/sweeps/quickstart.yaml --results /srv/groksweep/results'
wait_for 300 "the end of the quick start" sweep_has quickstart done 147
wait_for 60 "its map" test -s "$(store)/quickstart/map.svg"
ask_store accepted-once.py quickstart 10 | sed -n 1p

say "Both workers are stopped: every run is handed back with its state"
sed 's/^name: .*/name: second/; s/steps: 600/steps: 6000/' "$(store)/../sweeps/alpha-epsilon.yaml" >"$(store)/../sweeps/second.yaml"
as_user submit /srv/groksweep/sweeps/second.yaml
wait_for 60 "four runs" sweep_has second running 4
sleep 5
for name in h2 h3; do on $name systemctl stop $worker; done
wait_for 20 "no workers" workers_are 0
ask_store handed-back.py second

say "A key that others may read is refused, and not tried again"
on h3 chmod 644 /etc/groksweep/nodes.key
on h3 systemctl start $worker || true
wait_for 20 "a worker that failed" has h3 $worker ActiveState failed
expect h3 $worker ExecMainStatus 2
sleep 7
expect h3 $worker NRestarts 0
on h3 journalctl --no-pager --unit $worker --output cat --grep 'chmod 600' | tail -n 1 | sed 's/^/  /'

if on h2 grep -qw cpu /sys/fs/cgroup/cgroup.controllers; then
  say "CPUQuota= leaves one trainer"
  on h2 systemctl set-property $worker CPUQuota=100%
  on h2 systemctl start $worker
  has_one_trainer() { [ "$(on h2 pgrep --count --full 'groksweep train')" = 1 ]; }
  wait_for 30 "one trainer" has_one_trainer
  on h2 systemctl revert $worker
else
  say "CPUQuota= is not tried: processors are rationed by control groups of version 1 here"
fi

say "The fences hold"
# The unit's own, around another program.
fences() { # HOST UNIT FOLDER OUTPUT
  local root
  root=$("$machines" root "$1")
  cp testbed/fences.py "$root/usr/local/bin/"
  touch "$root/tmp/planted"
  chmod 777 "$root/srv"
  on "$1" bash -c 'mkdir -p /var/lib/groksweep; chown groksweep /var/lib/groksweep
    [ -e /dev/planted ] || mknod --mode 666 /dev/planted c 1 3
    cp /usr/bin/id /usr/local/bin/rootly; chmod 4755 /usr/local/bin/rootly'
  sed -e "s#^ExecStart=.*#ExecStart=/usr/bin/python3 /usr/local/bin/fences.py $3#; s#^Restart=.*#Restart=no#; s#^\[Service\]#&\nType=oneshot\nStandardOutput=file:$3/said#" \
    "systemd/$2" >"$root/etc/systemd/system/fences.service"
  on "$1" bash -c "systemctl daemon-reload && systemctl start fences && cat $3/said" >"$work/$4"
  on "$1" systemd-run --quiet --pipe --wait --uid groksweep /usr/bin/python3 /usr/local/bin/fences.py "$3" >"$work/$4.without"
}
fences h1 $coordinator.service /srv/groksweep coordinator
fences h2 groksweep-worker@.service /var/lib/groksweep worker
python3 - "$work" <<'P' || fail "a unit's fences are not what they should be"
import pathlib, sys
def facts(name):
    return dict(line.rsplit(": ", 1) for line in (pathlib.Path(sys.argv[1]) / name).read_text().splitlines())
wrong = 0
for unit in ("coordinator", "worker"):
    within, without = facts(unit), facts(f"{unit}.without")
    kept = {"writes to its own folder"} | {f"has sockets AF_{family}" for family in ("INET", "INET6", "UNIX")}
    kept |= {"has sockets AF_NETLINK"} if unit == "coordinator" else set()
    for name in within:
        expected = ("yes" if name in kept else "no", "yes")
        if (within[name], without[name]) != expected:
            print(f"  {unit}: {name}: {within[name]}, and without fences {without[name]}; expected {expected[0]} and {expected[1]}")
            wrong += 1
    print(f"  {unit}: {len(within)} things that its user may do without fences, {list(within.values()).count('yes')} within")
sys.exit(wrong > 0)
P
for pair in h1:$coordinator h2:$worker; do
  on "${pair%%:*}" systemctl start "${pair#*:}"
  on "${pair%%:*}" systemd-analyze security --no-pager "${pair#*:}" | tail -n 1 | sed 's/^→ /  /'
done

say "Disabled, they do not come back"
on h2 systemctl disable --now $worker
[ "$(on h2 systemctl is-enabled $worker)" = disabled ] || fail "$worker is enabled still"
on h1 systemctl disable --now $coordinator
expect h1 $coordinator Result success
[ ! -e "$(store)/coordinator.json" ] || fail "the coordinator left word that it runs"
say "All of it holds"

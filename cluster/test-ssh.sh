#!/bin/bash
# Tries `groksweep launch ssh` for real: a head and four hosts with sshd (network namespaces), machines that cannot be used, a cable
# cut and healed, a coordinator killed, a launch that is stopped. Needs root and, on Debian:
#   apt-get install -y --no-install-recommends openssh-server iproute2 nftables python3
#
#   cluster/test-ssh.sh PROGRAM
set -euo pipefail
program=$(readlink -f "${1:?usage: cluster/test-ssh.sh PROGRAM}")
cd "$(dirname "$0")"
exec </dev/null
fail() { echo "test-ssh: $*" >&2; exit 1; }
say() { printf '==> %s\n' "$*"; }
[ "$(id -u)" = 0 ] || fail "network namespaces need root"
for command in ip nft nsenter sshd ssh python3; do
  PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || fail "$command is missing: see the head of $0"
done
work=$(mktemp -d)
export HOSTS_PREFIX=launch$$
hosts=$PWD/testbed/hosts.sh
daemons=()

take_down() {
  local status=$?
  trap - EXIT
  set +e
  for file in "$work"/state/groksweep/launch/*/worker.pid "$work"/results/launch/coordinator.pid; do
    [ -f "$file" ] || continue
    read -r process _ <"$file"
    # Only what was started from here: its number may be another's by now.
    { tr "\0" "\n" <"/proc/$process/cmdline" | grep -q "$work"; } 2>/dev/null && kill -KILL "$process"
  done
  for process in "${daemons[@]}"; do kill "$process"; done
  "$hosts" down
  if [ "$status" = 0 ]; then
    rm -rf "$work"
  else
    tail -n 5 "$work"/state/groksweep/launch/*/worker.log "$work"/results/launch/coordinator.log
    echo "test-ssh: failed; everything is in $work" >&2
  fi
  exit "$status"
}
trap take_down EXIT
trap 'exit 143' TERM INT

on_head() { "$hosts" on h1 env XDG_STATE_HOME="$work/head" "$program" "$@"; }
status() { on_head status --json --results "$work/results"; }
# Tries until a command succeeds, for so many seconds.
wait_for() {
  local seconds=$1 what=$2
  shift 2
  for _ in $(seq $((seconds * 2))); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.5
  done
  fail "waited $seconds s in vain for $what"
}
says() { grep -qF -- "$1" "$2" || { cat "$2" >&2; fail "expected \"$1\""; }; }
workers_are() { [ "$(status | python3 -c 'import json, sys; print(json.load(sys.stdin)["workers"])')" = "$1" ]; }
done_are() { [ "$(status | python3 -c 'import json, sys; print(json.load(sys.stdin)["sweeps"][0]["done"])')" -ge "$1" ]; }
# One that nobody has asked for its exit status answers kill -0 still.
coordinator_has_ended() {
  local file=$work/results/launch/coordinator.pid
  [ ! -e "$file" ] || ! grep -q "^State:.[^Z]" "/proc/$(cat "$file")/status" 2>/dev/null
}
worker_has_ended() { read -r process _ <"$1"; ! grep -q groksweep "/proc/$process/cmdline" 2>/dev/null; }

say "A head and four hosts with sshd"
"$hosts" up 5
mkdir -p /run/sshd "$work/state"
ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$work/user_key"
cat >"$work/sshd_config" <<C
HostKey $work/host_key
AuthorizedKeysFile $work/user_key.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
SetEnv XDG_STATE_HOME=$work/state
C
for number in 2 3 4 5; do
  "$hosts" on "h$number" /usr/sbin/sshd -D -e -f "$work/sshd_config" 2>"$work/sshd-$number.log" &
  daemons+=($!)
done
cat >"$work/ssh_config" <<C
Host n2
  HostName 10.77.0.2
Host n3
  HostName 10.77.0.3
Host n4
  HostName 10.77.0.4
Host old none
  HostName 10.77.0.5
Host gone
  HostName 10.77.0.99
Host *
  User root
  IdentityFile $work/user_key
  IdentitiesOnly yes
  UserKnownHostsFile $work/known_hosts
  StrictHostKeyChecking accept-new
C
cat >"$work/hosts.txt" <<C
# the three that work
n2 slots=2
n3 slots=2
n4          # as many as it has cores
gone
old program=$work/old
none program=$work/nowhere
C
printf '#!/bin/sh\necho groksweep 0.0.1\n' >"$work/old"
chmod +x "$work/old"
cat >"$work/waiting.yaml" <<C
name: waiting
experiment: noop
parameters: {steps: 600, step_milliseconds: 10}
axes:
  x: {from: 1, to: 60, count: 60}
  y: [0, 1]
until: {max_steps: 100000, converged: true}
map: {x: x, y: y, value: time_to_grok}
C
launch() { on_head launch ssh "$@" --results "$work/results" --ssh-config "$work/ssh_config"; }
reachable() { "$hosts" on h1 ssh -F "$work/ssh_config" -o BatchMode=yes "$1" true; }
for host in n2 n3 n4 old; do wait_for 10 "sshd of $host" reachable "$host"; done

say "Wrong input starts nothing"
code=0
launch "$work/nowhere.yaml" --hosts "$work/hosts.txt" 2>"$work/said" || code=$?
[ "$code" = 2 ] && says "expected a sweep file, found nothing there" "$work/said"
printf 'n2\nn3 slot=2\n' >"$work/wrong.txt"
code=0
launch "$work/waiting.yaml" --hosts "$work/wrong.txt" 2>"$work/said" || code=$?
[ "$code" = 2 ] && says 'wrong.txt:2: expected slots=N or program=PATH after the host, found "slot=2"' "$work/said"
[ ! -e "$work/results" ] || fail "wrong input left results behind"

say "Three of six machines work; the others are named"
code=0
launch "$work/waiting.yaml" --hosts "$work/hosts.txt" --checkpoint-seconds 2 >"$work/out" 2>"$work/said" || code=$?
cat "$work/out" "$work/said"
[ "$code" = 1 ] || fail "expected exit code 1, found $code"
says "gone: cannot be reached: ssh: connect to host 10.77.0.99 port 22" "$work/said"
says "old: expected groksweep 0.1.0, as here, found $work/old: groksweep 0.0.1" "$work/said"
says "none: has no groksweep" "$work/said"
for host in n2 n3 n4; do says "$host: " "$work/out"; done
wait_for 30 "three workers" workers_are 3
sed -n 's/^secret //p' "$work/results/keys/ssh-1.key" >"$work/secret"
[ -s "$work/secret" ] || fail "the launch has no key"
! cat /proc/[0-9]*/cmdline 2>/dev/null | grep -qaF -f "$work/secret" || fail "a secret stands on a command line"

say "Typed again it starts nothing twice"
sed -i '/^gone/,$d' "$work/hosts.txt"
launch "$work/waiting.yaml" --hosts "$work/hosts.txt" >"$work/out"
[ "$(grep -c 'a worker runs there already' "$work/out")" = 3 ] || { cat "$work/out"; fail "expected three workers that run already"; }
workers_are 3
[ "$(on_head keys list --results "$work/results" | grep -c '^ssh-.* worker$')" = 1 ] || fail "a launch that starts nothing leaves a key"

say "A cable is out for 40 s, and in again"
wait_for 60 "ten results" done_are 10
"$hosts" cut h3
sleep 40
"$hosts" heal h3

say "The coordinator is killed; the same launch starts it again, and the workers find it"
kill -KILL "$(cat "$work/results/launch/coordinator.pid")"
launch "$work/waiting.yaml" --hosts "$work/hosts.txt" >"$work/out"
cat "$work/out"
wait_for 90 "three workers" workers_are 3
wait_for 240 "the end of the sweep" coordinator_has_ended
./accepted-once.py "$work/results" waiting 10
for file in "$work"/state/groksweep/launch/*/worker.pid; do wait_for 60 "the end of a worker" worker_has_ended "$file"; done

say "A launch that is stopped hands its runs back and takes its key along"
launch "$work/waiting.yaml" --set name=second --set steps=6000 --hosts "$work/hosts.txt" >"$work/out"
wait_for 30 "three workers" workers_are 3
sleep 5
launch --stop >"$work/out" 2>"$work/said"
cat "$work/out" "$work/said"
[ "$(grep -c 'the worker has ended' "$work/out")" = 3 ] || fail "expected three workers that have ended"
says "the keys ssh-1 and ssh-2 are let in no more" "$work/said"
coordinator_has_ended || fail "the coordinator goes on"
! on_head keys list --results "$work/results" | grep '^ssh-.* worker$' || fail "a key is let in still"
./handed-back.py "$work/results" second
say "All of it holds"

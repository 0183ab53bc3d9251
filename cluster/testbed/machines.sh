#!/bin/bash
# Machines booted by systemd, on this one: systemd is process 1 of namespaces of its own, on the network of a host of hosts.sh. A machine
# sees the files of this one's root file system, without its services; what it changes goes to MACHINES_DIR/HOST and is there after a
# reboot, but nothing of it is seen here. It is fenced like a container: settings of the kernel are read-only, and capabilities over the
# kernel, its modules and its clock are dropped. Needs root, systemd, iproute2, procps and util-linux.
#   machines.sh inside CMD...      run CMD where all this takes place: process and mount namespaces that end with it. The other verbs need it.
#   machines.sh boot HOST [NAME]   boot that host of hosts.sh under this name; stays until it is powered off, boots again when it says so
#   machines.sh on HOST CMD...     run CMD there, as root
#   machines.sh root HOST          where its files are seen from here
#   machines.sh clear              remove the control groups that machines leave behind
# HOSTS_PREFIX as in hosts.sh; MACHINES_DIR is an empty folder, or what an earlier boot left in it.
set -euo pipefail
p=${HOSTS_PREFIX:-}
dir=${MACHINES_DIR:?expected a folder in MACHINES_DIR}
self=$(readlink -f "$0")
verb=${1:?usage: see the head of this file}; shift

first_process() {
  local parent
  { read -r parent <"$dir/$1/unshare.pid" && REPLY=$(pgrep --parent "$parent"); } 2>/dev/null ||
    { echo "machines.sh: $1 is not up" >&2; exit 1; }
}

# What a machine that was installed just now has: none of this one's services, an identity of its own.
install_files() {
  local root=$1 name=$2
  rm -rf "$root"/etc/systemd/system/* "$root"/etc/init.d/* "$root"/etc/rc?.d/*
  : >"$root/etc/fstab"
  # These would mount the kernel's own file systems, of which there is one for all machines.
  for unit in sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount dev-hugepages.mount \
    proc-sys-fs-binfmt_misc.automount; do ln -s /dev/null "$root/etc/systemd/system/$unit"; done
  ln -s /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  echo "$name" >"$root/etc/hostname"
  rm -rf "$root"/var/log/journal
  mkdir -p "$root/var/log/journal"
}

# Runs as process 1 and becomes systemd.
start_systemd() {
  local host=$1 name=$2 root=$dir/$1/root device
  mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/$host/changes,workdir=$dir/$host/work" "$root"
  if [ ! -e "$dir/$host/installed" ]; then
    install_files "$root" "$name"
    touch "$dir/$host/installed"
  fi
  mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
  # The network's settings are a namespace's own; the others are the kernel's.
  mount --bind "$root/proc/sys" "$root/proc/sys"
  mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
  mount -o remount,bind,ro "$root/proc/sys"
  mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
  # Control groups of version 2 alone: systemd would take those of version 1 for its own, of which all machines see the same.
  mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
  mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
  for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  mkdir "$root"/dev/{pts,shm}
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"; done
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
  mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
  cat /proc/sys/kernel/random/uuid >"$root/run/boot-id"
  mount --bind "$root/run/boot-id" "$root/proc/sys/kernel/random/boot_id"
  cd "$root"
  pivot_root . mnt
  umount --lazy /mnt
  exec </dev/null >/dev/null 2>&1
  exec env -i container=machines PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin setpriv --bounding-set \
    -sys_module,-sys_rawio,-sys_time,-syslog,-mac_admin,-mac_override,-sys_pacct,-wake_alarm,-block_suspend,-perfmon /lib/systemd/systemd
}

case $verb in
inside)
  exec unshare --mount --pid --fork --kill-child --mount-proc "$self" enter "$@" ;;
enter)
  mkdir -p /run/netns "$dir"
  mount -t tmpfs -o mode=755 tmpfs "$dir"
  mount -t tmpfs -o mode=755 tmpfs /run/netns
  mkdir "$dir/cgroup"
  mount -t cgroup2 cgroup2 "$dir/cgroup"
  exec "$@" ;;
boot)
  host=$1 name=${2:-$1}
  mkdir -p "$dir/$host"/{root,changes,work} "$dir/cgroup/$p$host"
  while :; do
    code=0
    nsenter --net="/run/netns/$p$host" unshare --uts --ipc --mount --pid --fork "$self" first-process "$host" "$name" &
    echo $! >"$dir/$host/unshare.pid"
    wait $! 2>/dev/null || code=$?
    rm "$dir/$host/unshare.pid"
    # What the kernel ends process 1 with when it reboots its namespace; SIGINT were the power switch.
    [ "$code" = $((128 + 1)) ] || break
  done ;;
# Nothing but systemd is in the group, so that it can divide it.
first-process)
  echo 0 >"$dir/cgroup/$p$1/cgroup.procs"
  exec unshare --cgroup "$self" start-systemd "$@" ;;
start-systemd) start_systemd "$@" ;;
on)
  first_process "$1"; shift
  exec env -i LANG=C.UTF-8 HOME=/root USER=root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    nsenter --target "$REPLY" --all "$@" ;;
root) first_process "$1"; echo "/proc/$REPLY/root" ;;
clear) exec unshare --mount "$self" clear-groups ;;
clear-groups)
  mount -t cgroup2 cgroup2 "$dir"
  # A group stays for a moment after its last process has gone.
  for _ in $(seq 20); do
    find "$dir" -mindepth 1 -depth -path "$dir/${p}h[0-9]*" -type d -exec rmdir {} + 2>/dev/null || true
    compgen -G "$dir/${p}h[0-9]*" >/dev/null || break
    sleep 0.1
  done ;;
*) echo "machines.sh: unknown verb $verb" >&2; exit 2 ;;
esac

#!/usr/bin/env python3
"""fences.py FOLDER: what a service may do, a line each: a name, then yes or no. FOLDER is where it ought to be able to write.

cluster/test-systemd.sh runs it as the program's user without fences and within those of a unit; it plants the files that this looks for."""

import ctypes
import errno
import os
import socket
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)


def succeeds(call):
    try:
        return call() != -1
    except OSError:
        return False


def has_family(family, kind):
    """Whether sockets of a family are there at all; a kind that needs privileges is another matter."""
    try:
        socket.socket(family, kind).close()
    except OSError as error:
        return error.errno != errno.EAFNOSUPPORT
    return True


def in_child(call):
    """Whether a call succeeds, in a process that ends with it."""
    child = os.fork()
    if child == 0:
        os._exit(0 if call() != -1 else 1)
    return os.waitpid(child, 0)[1] == 0


def is_writable(path):
    """Whether the file system lets anybody write there."""
    return not os.statvfs(path).f_flag & os.ST_RDONLY


def own_status(field):
    with open("/proc/self/status") as lines:
        return next(line.split()[1] for line in lines if line.startswith(field + ":"))


def makes_file(folder):
    with open(os.path.join(folder, "fence"), "w") as file:
        os.fchmod(file.fileno(), 0o755)
    return 0


def makes_setuid(folder):
    return os.chmod(os.path.join(folder, "fence"), 0o4755)


NEW_USER, LINUX32, TRACE_ME = 0x10000000, 0x0008, 0
folder = sys.argv[1]
facts = {
    "writes to its own folder": succeeds(lambda: makes_file(folder)),
    "makes a file that changes its user": succeeds(lambda: makes_setuid(folder)),
    "becomes root by such a file": subprocess.run(["/usr/local/bin/rootly", "-u"], capture_output=True).stdout == b"0\n",
    "may gain privileges": own_status("NoNewPrivs") == "0",
    "may hold capabilities": int(own_status("CapBnd"), 16) != 0,
    "/usr is writable": is_writable("/usr"),
    "/etc is writable": is_writable("/etc"),
    "/var/lib is writable": is_writable("/var/lib"),
    "settings of the network are writable": is_writable("/proc/sys/net"),
    "control groups are writable": is_writable("/sys/fs/cgroup"),
    "sees /home": succeeds(lambda: os.listdir("/home") and 0),
    "sees others' /tmp": os.path.exists("/tmp/planted"),
    "sees the machine's devices": os.path.exists("/dev/planted"),
    "has sockets AF_INET": has_family(socket.AF_INET, socket.SOCK_STREAM),
    "has sockets AF_INET6": has_family(socket.AF_INET6, socket.SOCK_STREAM),
    "has sockets AF_UNIX": has_family(socket.AF_UNIX, socket.SOCK_STREAM),
    "has sockets AF_NETLINK": has_family(socket.AF_NETLINK, socket.SOCK_RAW),
    "has sockets AF_PACKET": has_family(socket.AF_PACKET, socket.SOCK_RAW),
    "changes its personality": in_child(lambda: libc.personality(LINUX32)),
    "makes namespaces": in_child(lambda: libc.unshare(NEW_USER)),
    "is traced": in_child(lambda: libc.ptrace(TRACE_ME, 0, 0, 0)),
}
for name, is_so in facts.items():
    print(f"{name}: {'yes' if is_so else 'no'}")

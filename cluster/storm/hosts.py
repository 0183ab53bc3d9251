"""Where processes run: several hosts in network namespaces, or this machine's loopback address."""

import os
import pathlib
import shutil
import subprocess

HOSTS = pathlib.Path(__file__).resolve().parent.parent / "testbed" / "hosts.sh"
PORT = 5599


def choose(prefix, count):
    """Several hosts if this machine lets us make them, else loopback, with the reason why."""
    lacks = [tool for tool in ("ip", "nft", "nsenter", "unshare") if shutil.which(tool) is None]
    if os.geteuid() != 0:
        return Loopback("only root makes network namespaces")
    if lacks:
        return Loopback(f"{' and '.join(lacks)} not found (packages iproute2, nftables)")
    hosts = Namespaces(prefix, count)
    try:
        hosts.up()
    except subprocess.CalledProcessError as error:
        try:
            hosts.down()
        except subprocess.CalledProcessError:
            pass
        reason = error.stderr.decode().strip().splitlines()
        return Loopback("no network namespaces: " + (reason[-1] if reason else str(error)))
    return hosts


class Loopback:
    """Every process on this machine: killed and stopped, never cut off."""

    has_network = False

    def __init__(self, reason):
        self.reason = reason
        self.port = None

    def address(self):
        return f"tcp://127.0.0.1:{self.port or '*'}"

    def command(self, host, words):
        return words

    def network(self, host, state):
        pass

    def down(self):
        pass


class Namespaces:
    """A namespace a host, with cables that can be pulled."""

    has_network = True
    reason = ""

    def __init__(self, prefix, count):
        self.environment = dict(os.environ, HOSTS_PREFIX=prefix)
        self.count = count

    def _do(self, *words):
        subprocess.run(
            ["bash", HOSTS, *map(str, words)], env=self.environment, check=True,
            stdin=subprocess.DEVNULL, capture_output=True)

    def up(self):
        self._do("up", self.count)
        # Whether packets can be dropped shows only when it is tried.
        self._do("loss", "h1", 1)
        self._do("loss", "h1", 0)

    def down(self):
        self._do("down")

    def address(self):
        return f"tcp://10.77.0.1:{PORT}"

    def command(self, host, words):
        prefix = self.environment["HOSTS_PREFIX"]
        return ["env", f"HOSTS_PREFIX={prefix}", "bash", str(HOSTS), "on", f"h{host}", *words]

    def network(self, host, state):
        """Makes a host's network what `state` says: whether cut, percent lost, hosts not heard."""
        cut, loss, unheard = state
        self._do("cut" if cut else "heal", f"h{host}")
        self._do("loss", f"h{host}", loss)
        for other in unheard:
            self._do("mute", f"h{other}", f"h{host}")

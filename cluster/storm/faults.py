"""What goes wrong and when: drawn from a seed alone, so that a seed has one schedule everywhere."""

import random

HEAD = 1
# Seconds between the beginnings of two faults, on average.
PAUSE = 2.0

# Weight, shortest and longest duration of each kind. A process is down, or stands still, for so long.
PROCESS_FAULTS = {
    "kill": (5, 0.0, 6.0),
    "stop": (4, 0.2, 12.0),
    "term": (2, 0.0, 4.0),
    "kill-trainer": (2, 0.0, 0.0),
    "stop-trainer": (1, 0.5, 8.0),
}
HOST_FAULTS = {
    "cut": (4, 0.3, 12.0),
    "loss": (3, 2.0, 15.0),
    "mute": (4, 0.5, 12.0),
}
# The coordinator's; whoever can make hosts can make a disk.
DISK_FAULTS = {"full": (1, 0.5, 5.0)}
# Everything at once, as when a cluster loses power.
TOGETHER_SHARE = 0.03
# How often the coordinator's own process or host is the target.
HEAD_SHARE = 0.25


class Fault:
    """One fault: what happens at `start` and is over at `end`, seconds from the beginning."""

    def __init__(self, start, end, kind, host, value=0):
        self.start, self.end, self.kind, self.host, self.value = start, end, kind, host, value

    def __str__(self):
        return f"{self.start:6.1f} to {self.end:6.1f} s: {self.kind} h{self.host}" + (
            f" {self.value}" if self.value else "")


def schedule(seed, seconds, workers, has_hosts):
    """All faults of a storm, in the order of their beginnings.

    Two faults of one kind of target never overlap there: a process is killed or stopped, a host cut
    off or lossy, but a process may be stopped while its host is cut off.
    """
    generator = random.Random(f"storm {seed}")
    kinds = dict(PROCESS_FAULTS)
    if has_hosts:
        kinds.update(HOST_FAULTS)
        kinds.update(DISK_FAULTS)
    names, weights = list(kinds), [kinds[name][0] for name in kinds]
    faults, busy, now = [], {}, 2.0
    while True:
        now += min(generator.expovariate(1 / PAUSE), 3 * PAUSE)
        if now >= seconds:
            return faults
        kind = generator.choices(names, weights)[0]
        _, shortest, longest = kinds[kind]
        duration = generator.uniform(shortest, longest) * generator.random()
        end = min(now + max(shortest, duration), seconds)
        host = HEAD if generator.random() < HEAD_SHARE else generator.randint(2, workers + 1)
        if kind.endswith("trainer") and host == HEAD:
            host = 2
        value = _value(kind, host, workers, generator)
        hosts = [host]
        if kind == "kill" and generator.random() < TOGETHER_SHARE:
            hosts = list(range(HEAD, workers + 2))
        if kind == "full":
            hosts = [HEAD]
        target = "host" if kind in HOST_FAULTS else "disk" if kind in DISK_FAULTS else "process"
        if any(busy.get((target, host), 0) >= now for host in hosts):
            continue
        for host in hosts:
            busy[target, host] = end
            faults.append(Fault(now, end, kind, host, value))


def _value(kind, host, workers, generator):
    """Percent for a loss; for a one-way partition the host that is no longer heard."""
    if kind == "loss":
        return generator.choice([5, 20, 40, 70])
    if kind == "mute":
        return generator.randint(2, workers + 1) if host == HEAD else HEAD
    return 0

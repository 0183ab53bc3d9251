"""One round: a fresh store, faults by a schedule, calm, and what the checker says of it."""

import json
import os
import subprocess
import time

import checker
import disks
import processes
import samples

# Short, so that a round sees many leases run out.
LEASE_SECONDS = 5
GRACE_SECONDS = 3
# What a process may be late by on a machine that is busy with other things besides.
PATIENCE = 10
SLOTS = 3


class Round:
    """Coordinator and workers on their hosts, and everything that happens to them."""

    def __init__(self, program, folder, hosts, workers, all_sweeps, reference, say):
        self.program, self.folder, self.hosts, self.say = program, folder, hosts, say
        self.sweeps, self.findings = all_sweeps, []
        self.results = folder / "results"
        self.files = {}
        self.network = {}
        self.pending = []
        folder.mkdir()
        (folder / "tmp").mkdir()
        # Whoever makes hosts can make a disk.
        self.disk = disks.SmallDisk(self.results) if hosts.has_network else None
        for sweep in all_sweeps:
            self.files[sweep.name] = folder / f"{sweep.name}.yaml"
            self.files[sweep.name].write_text(sweep.text())
        plan = {
            "sweeps": [sweep.plan() for sweep in all_sweeps],
            "reference": str(reference) if reference else None}
        (folder / "plan.json").write_text(json.dumps(plan, indent=1))
        self.environment = dict(
            os.environ, **{processes.MARK: str(folder), "TMPDIR": str(folder / "tmp")})
        self.environment.pop("XDG_RUNTIME_DIR", None)
        # The first are known from the beginning, the last two are submitted on the way.
        self.known = all_sweeps[:-2]
        self.run("keys", "make", "nodes")
        self.processes = {1: self.process("head", 1, self.coordinate("--stay"))}
        for host in range(2, workers + 2):
            self.processes[host] = self.process(f"worker-{host}", host, self.work(host))
        self.samples = samples.Samples(self.results / "results.sqlite")

    def run(self, *words):
        subprocess.run(
            [self.program, *words, "--results", str(self.results)], check=True,
            env=self.environment, stdin=subprocess.DEVNULL, capture_output=True)

    def coordinate(self, *more):
        return [
            "coordinate", *(str(self.files[sweep.name]) for sweep in self.known), "--listen",
            self.hosts.address(), "--results", str(self.results), "--keys",
            str(self.results / "keys"), "--lease-seconds", str(LEASE_SECONDS), *more]

    def work(self, host):
        return [
            "work", "--connect", self.hosts.address(), "--key",
            str(self.results / "keys" / "nodes.key"), "--slots", str(SLOTS), "--spool",
            str(self.folder / f"spool-{host}"), "--grace", str(GRACE_SECONDS),
            "--checkpoint-seconds", "1", "--trace", str(self.folder / f"trace-{host}")]

    def process(self, name, host, words):
        return processes.Process(
            name, self.hosts.command(host, [self.program, *words]), self.folder / f"{name}.log",
            self.environment)

    def finding(self, sentence):
        self.findings.append(sentence)
        self.say(f"finding: {sentence}")

    # The storm

    def storm(self, faults, seconds):
        """Carries out the faults, and looks after everybody meanwhile."""
        events = [(fault.start, True, fault) for fault in faults]
        events += [(fault.end, False, fault) for fault in faults]
        events.sort(key=lambda event: event[:2])
        submissions = [
            (seconds * share, sweep) for share, sweep in zip((0.2, 0.4), self.sweeps[-2:])]
        for process in self.processes.values():
            process.start()
        begin, sampled = time.monotonic(), 0
        while True:
            now = time.monotonic() - begin
            while events and events[0][0] <= now:
                _, begins, fault = events.pop(0)
                (self.begin if begins else self.end)(fault)
            while submissions and submissions[0][0] <= now:
                self.pending.append((submissions.pop(0)[1], None))
            self.look_after()
            if now - sampled >= 0.5:
                sampled = now
                self.samples.take()
            if now >= seconds and not events:
                return
            time.sleep(0.02)

    def begin(self, fault):
        process = self.processes[fault.host]
        if fault.kind == "kill":
            process.kill()
            # It may have been about to end, because it was told to.
            process.ends_by = None
            process.down_until = time.monotonic() + fault.end - fault.start
        elif fault.kind == "term":
            # What is down already is told nothing.
            if process.is_running:
                process.signal(15)
                process.ends_by = time.monotonic() + GRACE_SECONDS + PATIENCE
            process.down_until = time.monotonic() + fault.end - fault.start
        elif fault.kind == "stop":
            process.stop()
        elif fault.kind.endswith("-trainer"):
            self.trouble_trainer(process, fault)
        elif fault.kind == "full":
            self.disk.fill()
        else:
            self.change_network(fault, True)

    def end(self, fault):
        process = self.processes[fault.host]
        if fault.kind == "stop":
            process.go_on()
        elif fault.kind == "stop-trainer":
            for trainer in processes.children(process.child.pid):
                processes.send(trainer, 18)
        elif fault.kind == "full":
            self.disk.make_room()
        elif fault.kind in ("cut", "loss", "mute"):
            self.change_network(fault, False)

    def trouble_trainer(self, process, fault):
        trainers = processes.children(process.child.pid)
        if trainers:
            trainer = trainers[int(fault.start * 10) % len(trainers)]
            processes.send(trainer, 9 if fault.kind == "kill-trainer" else 19)

    def change_network(self, fault, begins):
        cut, loss, unheard = self.network.get(fault.host, (False, 0, ()))
        if fault.kind == "cut":
            cut = begins
        elif fault.kind == "loss":
            loss = fault.value if begins else 0
        else:
            unheard = (fault.value,) if begins else ()
        self.network[fault.host] = (cut, loss, unheard)
        self.hosts.network(fault.host, self.network[fault.host])

    # Looking after

    def look_after(self):
        """Starts again what is down long enough, and says what has ended without being told."""
        now = time.monotonic()
        for process in self.processes.values():
            if process.is_running:
                if process.ends_by is not None and process.ends_by < now:
                    self.finding(f"{process.name} did not end within its grace period")
                    process.kill()
                continue
            if process.down_until is None and self.lacks_room(process):
                process.down_until = now + 1
            elif process.down_until is None:
                self.finding(
                    f"{process.name} ended by itself, status {process.child.returncode}:\n"
                    + process.said())
                process.down_until = now + 1
            elif process.ends_by is not None and process.child.returncode not in (130, -15):
                self.finding(
                    f"{process.name} was told to end, status {process.child.returncode}:\n"
                    + process.said())
                process.ends_by = None
            if process.down_until <= now:
                process.start()
        self.submit()

    def lacks_room(self, process):
        """Whether the coordinator has ended because there was no room to begin: it may be resumed."""
        if self.disk is None or process.child.returncode != 3:
            return False
        return self.disk.is_full or process.began < self.disk.room_since

    def submit(self):
        """Hands over what is submitted on the way, until the coordinator has said that it has it."""
        for index, (sweep, attempt) in enumerate(self.pending):
            if attempt is None:
                words = [
                    self.program, "submit", str(self.files[sweep.name]), "--results",
                    str(self.results)]
                with open(self.folder / "submit.log", "ab") as log:
                    child = subprocess.Popen(
                        self.hosts.command(1, words), stdin=subprocess.DEVNULL, stdout=log,
                        stderr=log, env=self.environment, start_new_session=True,
                        preexec_fn=processes.die_with_parent)
                self.pending[index] = (sweep, child)
            elif attempt.poll() == 0:
                self.pending.pop(index)
                self.samples.take()
                if sweep.name not in self.samples.sweeps:
                    self.finding(f"{sweep.name}: submitted, and not in the store")
                return
            elif attempt.poll() is not None:
                if attempt.poll() == 2:
                    self.finding(f"{sweep.name}: the coordinator would not take it (submit.log)")
                self.pending[index] = (sweep, None)
                return

    # Afterwards

    def calm(self, bound):
        """Everything is healed and runs; says how long the rest of the sweeps took."""
        for host in list(self.network):
            self.network[host] = (False, 0, ())
            self.hosts.network(host, self.network[host])
        for process in self.processes.values():
            if process.is_running and process.is_stopped:
                process.go_on()
            is_ending = process.ends_by is not None
            process.down_until = None if process.is_running and not is_ending else 0
        begin = time.monotonic()
        while time.monotonic() - begin < bound:
            self.look_after()
            self.samples.take()
            if not self.pending and self.samples.has_ended:
                return time.monotonic() - begin
            time.sleep(0.25)
        self.finding(
            f"after {bound:.0f} s of calm {self.samples.open} runs are open and "
            f"{self.samples.under_way} attempts under way")
        return bound

    def close(self):
        """Ends every process, and says which would not."""
        for process in reversed(list(self.processes.values())):
            if process.is_running:
                process.go_on()
                process.signal(15)
        end = time.monotonic() + GRACE_SECONDS + PATIENCE
        for process in self.processes.values():
            while process.is_running and time.monotonic() < end:
                time.sleep(0.05)
            if process.is_running:
                self.finding(f"{process.name} did not end within its grace period")
                process.kill()
        self.conclude_by_itself()
        deadline = time.monotonic() + 5
        while processes.marked(self.folder) and time.monotonic() < deadline:
            time.sleep(0.1)
        for number, command in processes.marked(self.folder).items():
            self.finding(f"left behind: process {number}, {command}")
        self.sweep_up()

    def conclude_by_itself(self):
        """Without --stay, the coordinator sees that nothing is left to do, and ends."""
        self.known = self.sweeps
        last = self.process("head", 1, self.coordinate())
        last.start()
        try:
            status = last.child.wait(60)
        except subprocess.TimeoutExpired:
            last.kill()
            return self.finding("a coordinator that has nothing to do does not end")
        if status != 1:
            self.finding(f"the last coordinator ended with {status}, not 1:\n{last.said()}")

    def sweep_up(self):
        """Kills whatever is left, so that nothing outlives the storm."""
        for number in processes.marked(self.folder):
            processes.send(number, 9)

    def remove_disk(self):
        if self.disk is not None:
            self.disk.remove()

    def judge(self):
        verdict = checker.judge(self.folder)
        verdict.findings = self.findings + self.samples.findings + verdict.findings
        verdict.figures["peak MB of the coordinator"] = self.processes[1].peak
        verdict.figures["peak MB of a worker"] = max(
            process.peak for host, process in self.processes.items() if host > 1)
        verdict.figures["looks at the store"] = self.samples.count
        verdict.figures["starts of processes"] = sum(
            process.starts for process in self.processes.values())
        return verdict

import Experiments
import Foundation
import Launching
import ResultStore
import Testing

extension EndToEndTests {
  /// What crosses machines, and launches: on this machine, with a stand-in for ssh.
  @Suite struct LaunchTests {
    @Test(arguments: [
      "option", "file", "variable", "file in a variable", "contents in a variable",
      "address in a variable",
    ])
    func `a worker takes the line and its key from where it is told`(place: String) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      _ = try workplace.run("keys", "make", "nodes")
      let coordinator = try workplace.start(
        "coordinate", "waiting.yaml", "--listen", "tcp://127.0.0.1:*", "--keys", "results/keys",
        "--advertise", "127.0.0.1")
      let said = try coordinator.waitForLine("listening on tcp://")
      let line = try workplace.run("join").output.trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(said.contains("workers: groksweep work --join \(line) --key NAME.key"))
      let work = ["work", "--slots", "2", "--spool", "spool"]
      let (key, file) = ("results/keys/nodes.key", "results/coordinator.join")
      #expect(try workplace.run("status", "--healthy").exitCode == 0)
      let worker =
        switch place {
        case "option": try workplace.start(work + ["--join", line, "--key", key])
        case "file": try workplace.start(work + ["--join", file, "--key", key])
        case "variable":
          try workplace.start(
            work, environment: ["GROKSWEEP_JOIN": line, "GROKSWEEP_KEY": key])
        case "contents in a variable":
          try workplace.start(
            work,
            environment: ["GROKSWEEP_JOIN": try workplace.contents(file), "GROKSWEEP_KEY": key])
        case "file in a variable":
          try workplace.start(
            work, environment: ["GROKSWEEP_JOIN": file, "GROKSWEEP_KEY": key])
        default:
          try workplace.start(
            ["work"],
            environment: [
              "GROKSWEEP_JOIN": try workplace.address(in: line), "GROKSWEEP_KEY": key,
              "GROKSWEEP_SLOTS": "2", "GROKSWEEP_SPOOL": "spool",
            ])
        }
      #expect(try coordinator.waitForExit() == 0, "\(coordinator.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
      let health = try workplace.run("status", "--healthy")
      #expect(health.exitCode == 3)
      #expect(health.error.contains("no coordinator runs on results"))
    }

    @Test func `a worker goes on to an address at which the coordinator answers`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let coordinator = try workplace.start(
        "coordinate", "waiting.yaml", "--listen", "tcp://127.0.0.1:*", "--advertise",
        "127.0.0.1:1", "--advertise", "127.0.0.1", "--lease-seconds", "2")
      _ = try coordinator.waitForLine("listening on tcp://")
      let worker = try workplace.start(
        "work", "--join", "results/coordinator.join", "--slots", "1", "--spool", "spool")
      _ = try worker.waitForLine("no word from tcp://127.0.0.1:1; trying tcp://127.0.0.1:")
      #expect(try coordinator.waitForExit() == 0, "\(coordinator.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
    }

    @Test func `workers follow a coordinator that moves, by the file that says where it is`() throws
    {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 300), to: "waiting.yaml")
      _ = try workplace.run("keys", "make", "nodes")
      let coordinate = [
        "coordinate", "waiting.yaml", "--keys", "results/keys", "--lease-seconds", "2",
        "--listen",
      ]
      let first = try workplace.start(coordinate + ["tcp://127.0.0.1:*"])
      _ = try first.waitForLine("listening on tcp://")
      let worker = try workplace.start(
        "work", "--join", "results/coordinator.join", "--key", "results/keys/nodes.key", "--slots",
        "1", "--spool", "spool")
      _ = try workplace.waitForRuns(of: "waiting", "a run under way") { $0.begun > 0 }
      first.signal(SIGKILL)
      _ = try first.waitForExit()
      // Another address of this machine stands in for another machine.
      let second = try workplace.start(coordinate + ["tcp://127.0.0.2:*"])
      _ = try second.waitForLine("listening on tcp://127.0.0.2:")
      _ = try worker.waitForLine("the coordinator is at tcp://127.0.0.2:")
      #expect(try second.waitForExit() == 0, "\(second.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      let runs = try workplace.runs(of: "waiting")
      #expect(runs.areAcceptedOnce)
      #expect(runs.flatMap(\.attempts).count == runs.count, "runs under way were adopted")
    }

    @Test func `a worker is healthy while it hears its coordinator`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 2000), to: "waiting.yaml")
      let check = ["status", "--healthy", "--worker", "--spool", "spool"]
      let before = try workplace.run(check)
      #expect(before.exitCode == 3)
      #expect(before.error.contains("no worker of "), "\(before.error)")
      let coordinator = try workplace.start(
        "coordinate", "waiting.yaml", "--listen", "tcp://127.0.0.1:*")
      _ = try coordinator.waitForLine("listening on tcp://")
      let worker = try workplace.start(
        "work", "--join", "results/coordinator.join", "--slots", "1", "--spool", "spool")
      _ = try workplace.waitForRuns(of: "waiting", "a run under way") { $0.begun > 0 }
      let within = try workplace.run(check)
      #expect(within.exitCode == 0, "\(within.error)")
      #expect(within.output.isEmpty && within.error.isEmpty)
      // Where memory runs out the kernel ends a trainer, not its worker.
      let trainers = ProcessTree.children(of: worker.processIdentifier, running: "--serve")
      let own = try workplace.shell("cat /proc/\(worker.processIdentifier)/oom_score_adj").output
      let theirs = try workplace.shell("cat /proc/\(trainers[0])/oom_score_adj").output
      let numbers = [own, theirs].compactMap {
        Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
      #expect(numbers.count == 2 && numbers[1] == min(1000, numbers[0] + 500), "\(numbers)")
      worker.signal(SIGTERM)
      #expect(try worker.waitForExit() == 130)
      #expect(worker.error.contains("told to end: runs are saved and handed back, within 8 s"))
      #expect(try workplace.run(check).exitCode == 3)
      coordinator.signal(SIGINT)
      #expect(try coordinator.waitForExit() == 130)
    }

    @Test func `a variable names the results for every command`() throws {
      let workplace = try Workplace()
      let environment = ["GROKSWEEP_RESULTS": "elsewhere"]
      let keys = try workplace.start(["keys", "make", "nodes"], environment: environment)
      #expect(try keys.waitForExit() == 0, "\(keys.error)")
      #expect(keys.output == "elsewhere/keys/nodes.key\n")
      let given = try workplace.start(
        ["keys", "make", "nodes", "--results", "here"], environment: environment)
      #expect(try given.waitForExit() == 0, "\(given.error)")
      #expect(given.output == "here/keys/nodes.key\n")
      let stop = try workplace.start(["launch", "ssh", "--stop"], environment: environment)
      #expect(try stop.waitForExit() == 2)
      #expect(stop.error.contains("elsewhere/launch: no workers"), "\(stop.error)")
    }

    @Test func `wrong variables are sentences that name them`() throws {
      let workplace = try Workplace()
      let environment = ["GROKSWEEP_JOIN": "tcp://127.0.0.1:1", "GROKSWEEP_SLOTS": "0"]
      let worker = try workplace.start(["work"], environment: environment)
      #expect(try worker.waitForExit() == 2)
      #expect(worker.error.contains("--slots: expected a whole number from 1 to 4096, found 0"))
      #expect(worker.error.contains("--slots is what GROKSWEEP_SLOTS says"), "\(worker.error)")
      let other = try workplace.start(
        ["work", "--memory-per-slot", "512"], environment: ["GROKSWEEP_JOIN": "tcp://head:1"])
      #expect(try other.waitForExit() == 2)
      #expect(
        other.error.contains("expected a size such as 512M or 2G, found \"512\""), "\(other.error)")
    }

    @Test func `wrong lines and keys are sentences, and nothing is tried`() throws {
      let workplace = try Workplace()
      _ = try workplace.run("keys", "make", "nodes")
      _ = try workplace.run("keys", "make", "nodes", "--keys", "others")
      let address = try #require(NodeAddress("192.0.2.1:5555"))
      let line = JoinLine(addresses: [address], publicKey: [UInt8](repeating: 7, count: 32))
      let plain = JoinLine(addresses: [address], publicKey: nil)
      let cases: [([String], String)] = [
        (["work"], "expected --connect ADDRESS, or --join with the line"),
        (
          ["work", "--join", String(line.description.dropLast())],
          "--join: the line is not whole; copy it again, from gs1: to its end"
        ),
        (
          ["work", "--join", "nowhere.join"],
          "--join: expected a line that begins with gs1: or a file that holds one; cannot read "
            + "nowhere.join: no such file or directory"
        ),
        (
          ["work", "--join", line.description],
          "--join: this coordinator lets in who has a key: groksweep keys make NAME"
        ),
        (
          ["work", "--join", line.description, "--key", "results/keys/nodes.key"],
          "results/keys/nodes.key: this key is for another coordinator than that of --join"
        ),
        (
          ["work", "--join", line.description, "--insecure-plaintext"],
          "--insecure-plaintext: the coordinator of --join takes keys alone"
        ),
        (
          ["work", "--join", plain.description],
          "--join tcp://192.0.2.1:5555: other machines can reach this address"
        ),
        (
          ["work", "--join", plain.description, "--connect", "tcp://192.0.2.1:1"],
          "--connect and --join: expected one of them"
        ),
        (["join"], "results: no coordinator for other machines has run here"),
        (["join", "gs2:x"], "the line: gs2 is the form of another version of groksweep"),
        (
          ["coordinate", "--stay", "--listen", "tcp://127.0.0.1:*", "--advertise", "a b"],
          "--advertise: expected a host such as head.example.org or 10.0.0.7:5555, found \"a b\""
        ),
        (["launch", "ssh", "x.yaml"], "expected --hosts FILE, the list of machines, or --stop"),
        (["launch", "ssh", "--stop"], "no workers have been started over ssh from here"),
        (
          ["launch", "ssh", "--hosts", "nowhere.txt"],
          "--hosts: expected a file with a machine a line; cannot read nowhere.txt"
        ),
        (["launch", "slurm", "x.yaml", "--nodes", "2"], "expected --cpus NUMBER, or --stop"),
        (
          ["launch", "slurm", "x.yaml", "--nodes", "0", "--cpus", "1", "--time", "1"],
          "--nodes: expected a whole number from 1 to 100000, found 0"
        ),
        (["status", "--worker"], "--worker: expected --healthy with it"),
        (
          ["launch", "ssh", "--hosts", "hosts.txt", "--slots", "-1"],
          "--slots: expected a whole number from 1 to 4096, found -1"
        ),
        (
          ["launch", "ssh", "--hosts", "hosts.txt", "--checkpoint-seconds", "-1"],
          "--checkpoint-seconds: expected seconds from 1 to 86400, found -1"
        ),
        (["launch", "slurm", "--stop"], "no jobs have been submitted from here"),
        (
          ["launch", "slurm", "--nodes", "1", "--cpus", "1", "--time", "5", "--listen", "tcp://x"],
          "tcp://x: expected a port, as in tcp://0.0.0.0:5555"
        ),
        (
          ["keys", "make", "slurm-3"],
          "slurm-3: groksweep launch slurm calls its keys so, and --stop revokes them"
        ),
        (
          ["keys", "make", "ssh"],
          "ssh: groksweep launch ssh calls its keys so, and --stop revokes them"
        ),
      ]
      for (arguments, sentence) in cases {
        let program = try workplace.run(arguments)
        #expect(program.exitCode == 2, "\(arguments)")
        #expect(program.error.contains(sentence), "\(arguments): \(program.error)")
      }
    }

    @Test func `a launch over ssh ends with its sweep, and is stopped on request`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 20), to: "waiting.yaml")
      try workplace.write("node1 slots=2\nnode2 program=/nowhere/groksweep\n", to: "hosts.txt")
      let environment = try workplace.standInForSSH()
      func launch(_ words: String...) throws -> RunningProgram {
        let program = try workplace.start(
          ["launch", "ssh"] + words, environment: environment)
        _ = try program.waitForExit()
        return program
      }
      let first = try launch(
        "waiting.yaml", "--hosts", "hosts.txt", "--listen", "tcp://127.0.0.1:*", "--advertise",
        "127.0.0.1")
      #expect(first.exitCode == 1, "\(first.error)")
      #expect(first.output.contains("node1: 2 trainers on "), "\(first.output)")
      #expect(first.error.contains("node2: has no groksweep at /nowhere/groksweep"))
      let runs = try workplace.waitForRuns(of: "waiting", "results") { $0.finished == 4 }
      #expect(runs.areAcceptedOnce)
      _ = try wait(for: "the end of the coordinator") {
        workplace.exists("results/coordinator.json") ? nil : true
      }
      let second = try launch(
        "waiting.yaml", "--set", "name=second", "--set", "steps=20000", "--hosts", "hosts.txt",
        "--listen", "tcp://127.0.0.1:*", "--advertise", "127.0.0.1")
      #expect(second.exitCode == 1, "\(second.error)")
      #expect(try workplace.key(ofWorkerOn: "state") == "ssh-2")
      _ = try workplace.waitForRuns(of: "second", "runs under way") { $0.begun == 2 }
      let end = try launch("--stop")
      #expect(end.exitCode == 0, "\(end.error)")
      #expect(end.output == "node1: the worker has ended\n")
      #expect(end.error.contains("the keys ssh-1 and ssh-2 are let in no more"))
      #expect(end.error.contains("the coordinator has ended"))
      _ = try workplace.waitForRuns(of: "second", "runs that are handed back") { runs in
        runs.flatMap(\.attempts).map(\.outcome) == [.ended(.withdrawn), .ended(.withdrawn)]
      }
    }

    @Test func `a launch does not guess where workers look for a coordinator`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      try workplace.write("node1 slots=1\n", to: "hosts.txt")
      let environment = try workplace.standInForSSH()
      _ = try workplace.run("keys", "make", "nodes")
      try FileManager.default.createDirectory(
        at: workplace.folder.appendingPathComponent("results/launch"),
        withIntermediateDirectories: true)
      try workplace.write("node1 slots=1\n", to: "results/launch/ssh.hosts")
      try workplace.write("gs1:half a line\n", to: "results/coordinator.join")
      let program = try workplace.start(
        ["launch", "ssh", "waiting.yaml", "--hosts", "hosts.txt"], environment: environment)
      #expect(try program.waitForExit() == 2, "\(program.error)")
      #expect(
        program.error.contains("results/coordinator.join: the line is not whole"),
        "\(program.error)")
      #expect(program.error.contains("--listen says it instead"))
      #expect(!workplace.exists("results/launch/coordinator.pid"))
      #expect(!workplace.exists("results/keys/ssh-1.key"), "a launch that failed leaves no key")
    }

    @Test func `runs are saved when an engine tells every process of a job to end`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 20_000), to: "waiting.yaml")
      let coordinator = try workplace.start(
        "coordinate", "waiting.yaml", "--listen", "tcp://127.0.0.1:*")
      _ = try coordinator.waitForLine("listening on tcp://")
      let worker = try workplace.start(
        "work", "--join", "results/coordinator.join", "--slots", "2", "--spool", "spool")
      _ = try workplace.waitForRuns(of: "waiting", "runs under way") { $0.begun == 2 }
      let trainers = ProcessTree.children(of: worker.processIdentifier, running: "--serve")
      #expect(trainers.count == 2)
      for trainer in trainers { kill(trainer, SIGTERM) }
      worker.signal(SIGTERM)
      #expect(try worker.waitForExit() == 130)
      _ = try workplace.waitForRuns(of: "waiting", "runs that are handed back") { runs in
        runs.flatMap(\.attempts).map(\.outcome) == [.ended(.withdrawn), .ended(.withdrawn)]
      }
      coordinator.signal(SIGINT)
      #expect(try coordinator.waitForExit() == 130)
    }
  }
}

extension Workplace {
  /// The first address of a join line.
  fileprivate func address(in line: String) throws -> String {
    "tcp://\(try JoinLine(parsing: line).addresses[0])"
  }

  /// The name of the key that a launch gave the worker of a machine, which has a state folder of its own.
  func key(ofWorkerOn state: String) throws -> String {
    let shell = "sed -n 's/^name //p' \(state)/groksweep/launch/*/worker.key"
    return try self.shell(shell).output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  func run(_ arguments: [String]) throws -> RunningProgram {
    let program = try start(arguments)
    _ = try program.waitForExit()
    return program
  }

  /// Lays down a program `ssh` that runs its last word here.
  ///
  /// - Returns: the variables with which it is found.
  func standInForSSH(before: String = ":") throws -> [String: String] {
    try write("#!/bin/sh\n\(before)\nfor last in \"$@\"; do :; done\nexec $last\n", to: "ssh")
    chmod(folder.appendingPathComponent("ssh").path, 0o755)
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return [
      "PATH": "\(folder.path):\(path)", "XDG_STATE_HOME": "\(folder.path)/state",
    ]
  }
}

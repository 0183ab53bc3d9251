import Foundation
import Testing

extension EndToEndTests {
  /// The keys of launches: whom they let in, and until when.
  @Suite struct LaunchKeyTests {
    /// Has the stand-in for ssh take each name for a machine, with a state folder of its own called `$name`.
    private static let machines =
      #"for word in "$@"; do name=$last; last=$word; done; XDG_STATE_HOME=$PWD/$name"#

    @Test func `each launch has a key of its own, which ends its workers alone`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 4, steps: 20_000), to: "waiting.yaml")
      try workplace.write("node1 slots=1\n", to: "one.txt")
      try workplace.write("node1 slots=1\nnode2 slots=1\n", to: "both.txt")
      let environment = try workplace.standInForSSH(before: Self.machines)
      func launch(_ words: String...) throws -> RunningProgram {
        let program = try workplace.start(["launch", "ssh"] + words, environment: environment)
        #expect(try program.waitForExit() == 0, "\(program.error)")
        return program
      }
      _ = try launch(
        "waiting.yaml", "--hosts", "one.txt", "--listen", "tcp://127.0.0.1:*", "--advertise",
        "127.0.0.1")
      #expect(try launch("--hosts", "one.txt").output.contains("runs there already"))
      #expect(try workplace.keys() == ["head coordinator", "ssh-1 worker"])
      let both = try launch("--hosts", "both.txt").output
      #expect(both.contains("node1: a worker runs there already"), "\(both)")
      #expect(try workplace.keys() == ["head coordinator", "ssh-1 worker", "ssh-2 worker"])
      #expect(try workplace.key(ofWorkerOn: "node1") == "ssh-1")
      #expect(try workplace.key(ofWorkerOn: "node2") == "ssh-2")
      let revoked = try workplace.run("keys", "revoke", "ssh-2")
      #expect(revoked.exitCode == 0, "\(revoked.error)")
      _ = try wait(for: "a worker that is shut out") {
        try workplace.shell("cat node2/groksweep/launch/*/worker.log").output
          .contains("does not let the key ssh-2 of") ? true : nil
      }
      let anew = try launch("--hosts", "both.txt").output
      #expect(anew.contains("node1: a worker runs there already"), "\(anew)")
      #expect(anew.contains("node2: 1 trainer"), "\(anew)")
      #expect(try workplace.key(ofWorkerOn: "node2") == "ssh-3")
      let end = try launch("--stop")
      #expect(end.error.contains("the keys ssh-1 and ssh-3 are let in no more"), "\(end.error)")
      #expect(
        try workplace.keys() == [
          "head coordinator", "ssh-1 revoked", "ssh-2 revoked", "ssh-3 revoked",
        ])
    }

    @Test(arguments: [
      // The script has begun, and what it says next is lost; nothing of it is heard, but ssh had connected.
      "$last | sed '/ begun$/q'",
      "for word in \"$@\"; do case $word in LocalCommand=*) ${word#*=} ;; esac; done; $last >/dev/null",
    ])
    func `a machine whose answer is lost counts as one that has a worker`(ssh: String) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 4, steps: 20_000), to: "waiting.yaml")
      try workplace.write("node1 slots=1\n", to: "hosts.txt")
      let environment = try workplace.standInForSSH(
        before: Self.machines
          + "\nif [ ! -e healed ]; then \(ssh); exit 255; fi")
      let launch = [
        "launch", "ssh", "waiting.yaml", "--hosts", "hosts.txt", "--listen", "tcp://127.0.0.1:*",
        "--advertise", "127.0.0.1",
      ]
      let program = try workplace.start(launch, environment: environment)
      #expect(try program.waitForExit() == 1)
      #expect(
        program.error.contains("node1: was cut off while its worker was being started"),
        "\(program.error)")
      _ = try workplace.waitForRuns(of: "waiting", "a run under way") { $0.begun > 0 }
      #expect(try workplace.keys() == ["head coordinator", "ssh-1 worker"])
      try workplace.write("", to: "healed")
      let stop = try workplace.start(["launch", "ssh", "--stop"], environment: environment)
      #expect(try stop.waitForExit() == 0, "\(stop.error)")
      #expect(stop.output == "node1: the worker has ended\n")
      #expect(try workplace.keys() == ["head coordinator", "ssh-1 revoked"])
    }

    @Test
    func
      `a key that a machine out of reach may have got is let in no more, and its name is not used again`()
      throws
    {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      try workplace.write("node1 slots=1\n", to: "hosts.txt")
      let environment = try workplace.standInForSSH(before: "exit 255")
      let launch = ["launch", "ssh", "waiting.yaml", "--hosts", "hosts.txt"]
      for _ in 0..<2 {
        let program = try workplace.start(launch, environment: environment)
        #expect(try program.waitForExit() == 1, "\(program.error)")
      }
      #expect(try workplace.keys() == ["head coordinator", "ssh-1 revoked", "ssh-2 revoked"])
    }

    @Test(arguments: ["ssh", "slurm"])
    func `keys that a launch left behind are ended though nothing else is known of it`(
      engine: String
    ) throws {
      let workplace = try Workplace()
      _ = try workplace.run("keys", "make", "nodes")
      // As a launch that was killed leaves it, or one of an earlier version.
      for name in ["\(engine)-4", engine] {
        let key = try workplace.contents("results/keys/nodes.key")
          .replacing("name nodes", with: "name \(name)")
        try workplace.write(key, to: "results/keys/\(name).key")
      }
      let list = try workplace.contents("results/keys/allowed")
      let other = String(repeating: "0", count: 40)
      try workplace.write(
        list + "\(engine)-4 \(other)\n\(engine) \(other.dropLast())1\n",
        to: "results/keys/allowed")
      let stop = try workplace.run("launch", engine, "--stop")
      #expect(stop.exitCode == 0, "\(stop.error)")
      #expect(stop.error.contains("the keys \(engine)-4 and \(engine) are let in no more"))
      #expect(
        try workplace.keys() == [
          "head coordinator", "nodes worker", "\(engine)-4 revoked", "\(engine) revoked",
        ])
      #expect(!workplace.exists("results/keys/\(engine)-4.key"))
      let again = try workplace.run("launch", engine, "--stop")
      #expect(again.exitCode == 2, "\(again.error)")
    }

    @Test func `a key that Slurm may have handed out is not used again`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let environment = try workplace.standIns([
        "sbatch": "case \"$*\" in *--test-only*) ;; *) echo submitted ;; esac", "squeue": "exit 0",
      ])
      let launch = [
        "launch", "slurm", "waiting.yaml", "--nodes", "1", "--cpus", "1", "--time", "5", "--listen",
        "tcp://127.0.0.1:*", "--advertise", "127.0.0.1",
      ]
      let program = try workplace.start(launch, environment: environment)
      #expect(try program.waitForExit() == 3, "\(program.error)")
      #expect(try workplace.keys() == ["head coordinator", "slurm-1 revoked"])
    }

    @Test func `workers for a coordinator's job that has ended are not submitted`() throws {
      let workplace = try Workplace()
      let environment = try workplace.standIns([
        "sbatch": "echo 31", "squeue": "echo 'slurm_load_jobs error: Invalid job id'; exit 1",
      ])
      try FileManager.default.createDirectory(
        at: workplace.folder.appendingPathComponent("results/launch"),
        withIntermediateDirectories: true)
      try workplace.write("30\n", to: "results/launch/slurm-coordinator.job")
      let program = try workplace.start(
        ["launch", "slurm", "--nodes", "1", "--cpus", "1", "--time", "5"],
        environment: environment)
      #expect(try program.waitForExit() == 2, "\(program.error)")
      #expect(program.error.contains("expected a sweep file: no coordinator runs on results"))
      #expect(!workplace.exists("results/keys"))
      #expect(!workplace.exists("results/launch/slurm.jobs"))
    }

    @Test func `a key is let in as soon as it is made`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      _ = try workplace.run("keys", "make", "nodes")
      let coordinator = try workplace.start(
        "coordinate", "waiting.yaml", "--listen", "tcp://127.0.0.1:*", "--keys", "results/keys",
        "--advertise", "127.0.0.1")
      _ = try coordinator.waitForLine("listening on tcp://")
      // It has just looked who is let in.
      #expect(try workplace.run("status").exitCode == 0)
      _ = try workplace.run("keys", "make", "more")
      let worker = try workplace.start(
        "work", "--join", "results/coordinator.join", "--key", "results/keys/more.key", "--slots",
        "1", "--spool", "spool")
      #expect(try coordinator.waitForExit() == 0, "\(coordinator.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      #expect(!coordinator.error.contains("refused"), "\(coordinator.error)")
      #expect(!worker.error.contains("does not let the key"), "\(worker.error)")
    }
  }
}

extension Workplace {
  /// The names of the keys in the order in which they were made, with their standing.
  func keys() throws -> [String] {
    try run("keys", "list").output.split(separator: "\n").map { line in
      let words = line.split(separator: " ")
      return "\(words[0]) \(words[2])"
    }
  }
}

import Foundation
import Testing

extension EndToEndTests {
  /// Launches at one moment, and one that is stopped meanwhile: they take turns.
  @Suite struct LaunchTurnTests {
    @Test func `two launches at one moment share a coordinator`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 20_000), to: "waiting.yaml")
      try workplace.write("node1 slots=1\n", to: "hosts.txt")
      let environment = try workplace.standInForSSH()
      let launch = [
        "launch", "ssh", "waiting.yaml", "--hosts", "hosts.txt", "--listen", "tcp://127.0.0.1:*",
        "--advertise", "127.0.0.1",
      ]
      let both = try (0..<2).map { _ in try workplace.start(launch, environment: environment) }
      for program in both { #expect(try program.waitForExit() == 0, "\(program.error)") }
      #expect(both.count { $0.error.contains("a coordinator runs here; its log is") } == 1)
      let stop = try workplace.start(["launch", "ssh", "--stop"], environment: environment)
      #expect(try stop.waitForExit() == 0, "\(stop.error)")
    }

    @Test func `two launches at one moment both remember their machines`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 20_000), to: "waiting.yaml")
      // The slow launch finds no program on a machine on which the fast one starts a worker.
      try workplace.write("slow slots=1\nboth program=/nowhere\n", to: "slow.txt")
      try workplace.write("fast slots=1\nboth\n", to: "fast.txt")
      let environment = try workplace.standInForSSH(
        before: "case \"$*\" in *slow*) while [ ! -e go ]; do sleep 0.02; done ;; esac")
      let launch = ["launch", "ssh", "--hosts"]
      let reachable = ["--listen", "tcp://127.0.0.1:*", "--advertise", "127.0.0.1"]
      let slow = try workplace.start(
        launch + ["slow.txt", "waiting.yaml"] + reachable, environment: environment)
      _ = try wait(for: "the list") { workplace.exists("results/launch/ssh.hosts") ? true : nil }
      let fast = try workplace.start(launch + ["fast.txt"] + reachable, environment: environment)
      _ = try fast.waitForLine("another launch is at work in results/launch")
      try workplace.write("", to: "go")
      #expect(try slow.waitForExit() == 1, "\(slow.error)")
      #expect(try fast.waitForExit() == 0, "\(fast.error)")
      let list = try workplace.contents("results/launch/ssh.hosts")
      for machine in ["slow", "fast", "both"] { #expect(list.contains(machine), "\(list)") }
      let stop = try workplace.start(["launch", "ssh", "--stop"], environment: environment)
      #expect(try stop.waitForExit() == 0, "\(stop.error)")
      #expect(!workplace.exists("results/launch/ssh.hosts"))
    }

    @Test func `a launch that is typed while an earlier one is being stopped outlives that`() throws
    {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let environment = try workplace.standIns([
        "sbatch":
          "case \"$*\" in *--test-only*) exit ;; esac; echo >>jobs; expr 30 + $(wc -l <jobs)",
        "squeue": "[ ! -e busy ] || echo COMPLETING", "scancel": "echo \"$*\" >>cancelled",
      ])
      func start(_ words: String...) throws -> RunningProgram {
        try workplace.start(["launch", "slurm"] + words, environment: environment)
      }
      let launch = {
        try start(
          "waiting.yaml", "--nodes", "1", "--cpus", "1", "--time", "5", "--listen",
          "tcp://127.0.0.1:*", "--advertise", "127.0.0.1")
      }
      let first = try launch()
      #expect(try first.waitForExit() == 0, "\(first.error)")
      try workplace.write("", to: "busy")
      let stop = try start("--stop")
      _ = try wait(for: "a job that is told to end") { workplace.exists("cancelled") ? true : nil }
      let second = try launch()
      _ = try second.waitForLine("another launch is at work in results/launch")
      try FileManager.default.removeItem(at: workplace.folder.appendingPathComponent("busy"))
      #expect(try stop.waitForExit() == 0, "\(stop.error)")
      #expect(try second.waitForExit() == 0, "\(second.error)")
      #expect(try workplace.contents("results/launch/slurm.jobs") == "32\n")
      #expect(try workplace.run("status").exitCode == 0)
      #expect(try workplace.keys() == ["head coordinator", "slurm-1 revoked", "slurm-2 worker"])
      let end = try start("--stop")
      #expect(try end.waitForExit() == 0, "\(end.error)")
      #expect(try workplace.contents("cancelled").contains("32"))
    }
  }
}

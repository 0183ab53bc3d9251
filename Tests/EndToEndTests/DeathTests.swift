import Foundation
import ResultStore
import Testing

extension EndToEndTests {
  @Suite struct DeathTests {
    @Test func `a trainer that is killed costs one attempt of one run`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 3), to: "waiting.yaml")
      let program = try workplace.start("run", "waiting.yaml", "--slots", "2")
      _ = try workplace.waitForRuns(of: "waiting", "a run under way") { $0.begun == 2 }
      let worker = try wait(for: "the worker") {
        ProcessTree.children(of: program.processIdentifier, running: "work").first
      }
      let trainer = try wait(for: "a trainer") {
        ProcessTree.children(of: worker, running: "--serve").first
      }
      kill(trainer, SIGKILL)
      #expect(try program.waitForExit() == 0, "\(program.error)")
      let runs = try workplace.runs(of: "waiting")
      #expect(runs.areAcceptedOnce)
      #expect(runs.map(\.attempts.count).sorted() == [1, 1, 1, 1, 1, 2])
    }

    @Test func `a worker that is killed is replaced and its runs are done elsewhere`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 3), to: "waiting.yaml")
      let program = try workplace.start(
        "run", "waiting.yaml", "--slots", "2", "--lease-seconds", "3")
      _ = try workplace.waitForRuns(of: "waiting", "a run under way") { $0.begun == 2 }
      let worker = try wait(for: "the worker") {
        ProcessTree.children(of: program.processIdentifier, running: "work").first
      }
      let trainers = try wait(for: "the trainers") {
        let trainers = ProcessTree.children(of: worker, running: "--serve")
        return trainers.count == 2 ? trainers : nil
      }
      kill(worker, SIGKILL)
      // Nothing outlives its parent.
      for trainer in trainers {
        try wait(for: "the end of a trainer") { ProcessTree.exists(trainer) ? nil : () }
      }
      #expect(try program.waitForExit() == 0, "\(program.error)")
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
    }

    @Test func `runs in flight survive a coordinator that is killed and started again`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 3, steps: 200), to: "waiting.yaml")
      let address = "ipc://\(workplace.folder.path)/head"
      let command = [
        "coordinate", "waiting.yaml", "--listen", address, "--lease-seconds", "6",
      ]
      let first = try workplace.start(command)
      let worker = try workplace.start(
        "work", "--connect", address, "--slots", "2", "--spool", "spool")
      _ = try workplace.waitForRuns(of: "waiting", "a result and runs under way") {
        $0.finished >= 1 && $0.begun == 2
      }
      first.signal(SIGKILL)
      _ = try first.waitForExit()
      let second = try workplace.start(command)
      #expect(try second.waitForExit() == 0, "\(second.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      let runs = try workplace.runs(of: "waiting")
      #expect(runs.areAcceptedOnce)
      #expect(runs.map(\.attempts.count) == [1, 1, 1, 1, 1, 1])
    }

    @Test func `Ctrl-C ends within two seconds and the same command continues`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 3), to: "waiting.yaml")
      let program = try workplace.start("run", "waiting.yaml", "--slots", "2")
      _ = try workplace.waitForRuns(of: "waiting", "a result and runs under way") {
        $0.finished >= 1 && $0.begun >= 1
      }
      let start = ContinuousClock.now
      program.signal(SIGINT)
      #expect(try program.waitForExit(within: 10) == 130, "\(program.error)")
      #expect(ContinuousClock.now - start < .seconds(2))
      #expect(program.error.contains("run waiting.yaml --slots 2"))
      let before = try workplace.runs(of: "waiting")
      let again = try workplace.run("run", "waiting.yaml", "--slots", "2")
      #expect(again.exitCode == 0, "\(again.error)")
      let after = try workplace.runs(of: "waiting")
      #expect(after.areAcceptedOnce)
      for (old, new) in zip(before, after) where old.status == .finished {
        #expect(new.attempts.count == old.attempts.count)
      }
    }

    @Test func `a second command on a store in use is turned away`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      let program = try workplace.start("run", "waiting.yaml", "--slots", "1")
      _ = try workplace.waitForRuns(of: "waiting", "a run under way") { $0.begun == 1 }
      let second = try workplace.run("run", "waiting.yaml")
      #expect(second.exitCode == 3)
      #expect(second.error.contains("the store is in use by"))
      program.signal(SIGTERM)
      #expect(try program.waitForExit(within: 10) == 130)
    }
  }
}

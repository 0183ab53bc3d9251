import Coordination
import Experiments
import Foundation
import ResultStore
import Testing

extension EndToEndTests {
  @Suite struct DeathTests {
    @Test func `a trainer that is killed costs one attempt of one run`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 300), to: "waiting.yaml")
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
      #expect(runs.map(\.attempts.count).sorted() == [1, 1, 1, 2])
    }

    @Test func `a worker that is killed is replaced and its runs are done elsewhere`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 300), to: "waiting.yaml")
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
        "coordinate", "waiting.yaml", "--listen", address, "--lease-seconds", "60",
      ]
      let first = try workplace.start(command)
      let worker = try workplace.start(
        "work", "--connect", address, "--slots", "2", "--spool", "spool")
      _ = try workplace.waitForRuns(of: "waiting", "a result and runs under way") {
        $0.finished >= 1 && $0.begun >= 1
      }
      first.signal(SIGKILL)
      _ = try first.waitForExit()
      let second = try workplace.start(command)
      #expect(try second.waitForExit() == 0, "\(second.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      let runs = try workplace.runs(of: "waiting")
      #expect(runs.areAcceptedOnce)
      // A grant that was durable and not sent yet when the coordinator died is given out again.
      #expect(runs.map(\.attempts.count).reduce(0, +) <= 7)
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func `results that a worker could not deliver are delivered by the next one there`(
      signal: Int32
    ) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 200), to: "waiting.yaml")
      let address = "ipc://\(workplace.folder.path)/head"
      let coordinate = [
        "coordinate", "waiting.yaml", "--listen", address, "--lease-seconds", "2",
      ]
      let work = ["work", "--connect", address, "--slots", "2", "--spool", "spool", "--grace", "1"]
      let first = try workplace.start(coordinate)
      let worker = try workplace.start(work)
      _ = try workplace.waitForRuns(of: "waiting", "runs under way") { $0.begun == 2 }
      first.signal(SIGKILL)
      _ = try first.waitForExit()
      // The runs end without a coordinator, and their last words are on disk.
      let spool = workplace.folder.appendingPathComponent("spool")
      _ = try wait(for: "results on disk") {
        let files = FileManager.default.enumerator(atPath: spool.path)?.allObjects ?? []
        let bytes = files.compactMap { $0 as? String }.filter { $0.hasSuffix(".reports") }
          .compactMap { FileManager.default.contents(atPath: "\(spool.path)/\($0)") }
        let kept = try bytes.map { try WireCodec.decodeWorkerMessage($0).body }
        let hasEnd = kept.contains { body in
          guard case .reports(let reports, _) = body else { return false }
          return reports.contains { if case .finished = $0.content { true } else { false } }
        }
        return hasEnd ? true : nil
      }
      usleep(200_000)
      worker.signal(signal)
      _ = try worker.waitForExit()
      let second = try workplace.start(coordinate)
      let next = try workplace.start(work)
      _ = try next.waitForLine("reports from before will be delivered")
      #expect(try second.waitForExit() == 0, "\(second.error)")
      let runs = try workplace.runs(of: "waiting")
      #expect(runs.areAcceptedOnce)
      #expect(runs.contains { $0.attempts.count == 1 })
    }

    @Test func `Ctrl-C ends a sweep in the middle and the same command continues`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 3), to: "waiting.yaml")
      let program = try workplace.start("run", "waiting.yaml", "--slots", "2")
      _ = try workplace.waitForRuns(of: "waiting", "a result and runs under way") {
        $0.finished >= 1 && $0.begun >= 1
      }
      program.signal(SIGINT)
      #expect(try program.waitForExit() == 130, "\(program.error)")
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

    @Test func `a run that is moved to another worker has the curve of one that is not`() throws {
      let workplace = try Workplace()
      let sweep = """
        name: long
        experiment: polynomial-regression
        parameters:
          {input_dimension: 40, hidden_units: 100, train_examples: 300, engine: direct,
          precision: float64}
        axes: {alpha: [4], epsilon: [0.02]}
        until: {max_steps: 30000}
        map: {x: epsilon, y: alpha, value: final_test_loss}
        """
      try workplace.write(sweep, to: "long.yaml")
      let alone = try workplace.run("run", "long.yaml", "--slots", "1", "--results", "alone")
      #expect(alone.exitCode == 0, "\(alone.error)")
      let address = "ipc://\(workplace.folder.path)/head"
      let coordinator = try workplace.start("coordinate", "long.yaml", "--listen", address)
      _ = try coordinator.waitForLine("listening on")
      for (index, name) in ["a", "b", "c"].enumerated() {
        let worker = try workplace.start(
          "work", "--connect", address, "--slots", "1", "--spool", name)
        if name == "c" { break }
        _ = try workplace.waitForRuns(of: "long", "an attempt that has got further") { runs in
          runs.contains { $0.attempts.count == index + 1 && $0.attempts[index].recordCount > 5 }
        }
        worker.signal(SIGTERM)
        #expect(try worker.waitForExit() == 130)
      }
      #expect(try coordinator.waitForExit() == 0, "\(coordinator.error)")
      let run = try #require(try workplace.runs(of: "long").first)
      #expect(run.attempts.count == 3)
      #expect(run.attempts.last?.attempt.startStep ?? 0 > 0)
      let curves = try ["alone", "results"].map { results in
        try ResultStore(
          path: workplace.folder.appendingPathComponent("\(results)/results.sqlite").path,
          access: .reader
        ).curve(of: run.key)
      }
      #expect(curves[0] == curves[1])
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
      #expect(try program.waitForExit() == 130)
    }
  }
}

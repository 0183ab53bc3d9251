import Experiments
import Foundation
import OrderedCollections
import Testing

extension EndToEndTests {
  /// What becomes of a trainer process when the world around it ends or fails.
  @Suite struct TrainerProcessTests {
    private func order(
      _ definition: ExperimentDefinition, _ parameters: OrderedDictionary<String, ParameterValue>,
      maxSteps: Int = 1_000_000_000
    ) throws -> RunOrder {
      RunOrder(
        configuration: try definition.configuration(parameters),
        request: Request(maxSteps: maxSteps, stopsWhenConverged: true, thresholds: Thresholds()))
    }

    private func endless() throws -> RunOrder {
      try order(.noop, ["steps": 1_000_000_000])
    }

    private func isRecord(_ message: TrainerMessage) -> Bool? {
      if case .record = message { true } else { nil }
    }

    private func checkpointFile(_ message: TrainerMessage) -> String? {
      if case .checkpoint(_, _, let file) = message { file } else { nil }
    }

    @Test func `the end of the input ends a trainer in the middle of a long step`() throws {
      let workplace = try Workplace()
      let trainer = try TrainerChild(temporary: workplace.folder)
      let run = try order(
        .polynomialRegression,
        [
          "engine": "direct", "input_dimension": 500, "hidden_units": 2000,
          "train_examples": 5000, "learning_rate": 1,
        ], maxSteps: 1_000_000)
      trainer.send(.run(run))
      _ = try trainer.next(isRecord)
      try trainer.endInput()
      #expect(try trainer.waitForExit() == 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: workplace.folder.path).isEmpty)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
    func `a signal ends a trainer, which takes its private checkpoints with it`(
      number: Int32
    ) throws {
      let workplace = try Workplace()
      let trainer = try TrainerChild(temporary: workplace.folder)
      let run = try endless()
      trainer.send(.run(run))
      trainer.send(.save(run.key))
      let file = try #require(try trainer.next(checkpointFile))
      #expect(file.hasPrefix(workplace.folder.path))
      #expect(FileManager.default.fileExists(atPath: file))
      trainer.signal(number)
      #expect(try trainer.waitForExit() == 128 + number)
      #expect(try FileManager.default.contentsOfDirectory(atPath: workplace.folder.path).isEmpty)
    }

    @Test func `a noop run crashes its trainer when told to`() throws {
      let workplace = try Workplace()
      let trainer = try TrainerChild(temporary: workplace.folder)
      trainer.send(.run(try order(.noop, ["steps": 2, "behaviour": "crash"])))
      var records = 0
      while try trainer.next(isRecord) != nil { records += 1 }
      #expect(records == 3)
      #expect(try trainer.waitForExit() == 128 + SIGKILL)
    }

    @Test func `a noop run hangs when told to, until the input ends`() throws {
      let workplace = try Workplace()
      let trainer = try TrainerChild(temporary: workplace.folder)
      trainer.send(.run(try order(.noop, ["steps": 2, "behaviour": "hang"])))
      trainer.send(.run(try order(.noop, ["steps": 1])))
      for _ in 0..<3 { _ = try trainer.next(isRecord) }
      try trainer.endInput()
      // Neither an end of the first run nor a word of the second.
      #expect(try trainer.next { $0 } == nil)
      #expect(try trainer.waitForExit() == 0)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a small disk needs root"))
    func `a run goes on without the checkpoint that a full disk refuses, and is saved later`()
      throws
    {
      let workplace = try Workplace()
      let place = workplace.folder.appendingPathComponent("disk")
      let disk = try workplace.mountSmallDisk(on: "disk")
      let trainer = try TrainerChild(temporary: workplace.folder, checkpoints: place)
      try disk.fill()
      let run = try endless()
      trainer.send(.run(run))
      _ = try trainer.next(isRecord)
      trainer.send(.save(run.key))
      let problem = try trainer.next { message in
        if case .checkpointFailed(run.key, _, let problem) = message { problem } else { nil }
      }
      #expect(problem?.hasSuffix("cannot be written: No space left on device") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["ballast"])
      try disk.makeSpace()
      trainer.send(.save(run.key))
      let file = try #require(try trainer.next(checkpointFile))
      #expect(FileManager.default.fileExists(atPath: file))
      try trainer.endInput()
      #expect(try trainer.waitForExit() == 0)
    }
  }
}

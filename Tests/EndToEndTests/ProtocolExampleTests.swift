import Experiments
import Foundation
import OrderedCollections
import Testing

extension EndToEndTests {
  /// The trainer in Python that docs/trainer-protocol.md shows, run as it stands there.
  @Suite struct ProtocolExampleTests {
    private static let python = URL(fileURLWithPath: "/usr/bin/python3")
    private static let isPossible = FileManager.default.isExecutableFile(atPath: python.path)

    private func trainer(in workplace: Workplace) throws -> TrainerChild {
      let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../docs/trainer-protocol.md")
      let text = try String(contentsOf: page, encoding: .utf8)
      let example = try #require(text.components(separatedBy: "```python\n").last)
      let code = try #require(example.components(separatedBy: "```").first)
      try workplace.write(code, to: "quadratic.py")
      return try TrainerChild(
        program: Self.python, arguments: [workplace.folder.path + "/quadratic.py"],
        temporary: workplace.folder)
    }

    private func order(maxSteps: Int, rate: ExactDecimal = 0.5) -> RunOrder {
      RunOrder(
        configuration: Configuration(
          experiment: "quadratic", version: 1, parameters: ["learning_rate": .number(rate)]),
        request: Request(maxSteps: maxSteps, thresholds: Thresholds(loss: [0.1, 0.25])))
    }

    @Test(.enabled(if: isPossible, "python3 is not installed"))
    func `it computes the runs that it is told, one after the other`() throws {
      let workplace = try Workplace()
      defer { withExtendedLifetime(workplace) {} }
      let trainer = try trainer(in: workplace)
      trainer.send(.run(order(maxSteps: 3)))
      trainer.send(.run(order(maxSteps: 5, rate: 1e6)))
      let ready = try trainer.next { $0 }
      #expect(
        ready
          == .ready(
            trainer: "quadratic.py 1",
            experiments: [SupportedExperiment(name: "quadratic", version: 1)]))
      func summary() throws -> RunSummary? {
        try trainer.next { message in
          if case .finished(_, let summary) = message { summary } else { nil }
        }
      }
      let first = try #require(try summary())
      #expect(first.steps == 3 && first.stopped == .stepLimit)
      #expect(first.final.trainLoss == 0.5 / 64)
      #expect(first.crossings.step(.trainLoss, 0.25) == 1)
      #expect(first.crossings.step(.testLoss, 0.1) == 2)
      let second = try #require(try summary())
      #expect(second.steps == 5 && second.crossings.step(.trainLoss, 0.1) == nil)
      try trainer.endInput()
      #expect(try trainer.waitForExit() == 0)
    }

    @Test(.enabled(if: isPossible, "python3 is not installed"))
    func `it ends with its input in the middle of a run, and obeys a cancel`() throws {
      let workplace = try Workplace()
      defer { withExtendedLifetime(workplace) {} }
      let trainer = try trainer(in: workplace)
      let endless = order(maxSteps: 1_000_000_000)
      trainer.send(.run(endless))
      func nextRecord(of key: RunKey) throws -> Bool? {
        try trainer.next { if case .record(key, _) = $0 { true } else { nil } }
      }
      _ = try nextRecord(of: endless.key)
      trainer.send(.cancel(endless.key))
      let other = order(maxSteps: 1_000_000_000, rate: 0.25)
      trainer.send(.run(other))
      #expect(try nextRecord(of: other.key) == true)
      // Nobody reads on: the trainer waits for room in the pipe when its input ends.
      _ = try wait(for: "a full pipe") { trainer.waitingBytes > 60_000 ? true : nil }
      try trainer.endInput()
      #expect(try trainer.waitForExit() == 0)
    }
  }
}

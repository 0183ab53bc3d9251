import Experiments
import Foundation
import OrderedCollections
import Testing
import TrainerRuntime

@Suite struct TrainerProcessTests {
  static let thresholds = Thresholds(loss: [0.1, 0.5])

  static func noop(
    _ parameters: OrderedDictionary<String, ParameterValue> = [:], maxSteps: Int = 1000,
    checkpoint: String? = nil
  ) throws -> RunOrder {
    RunOrder(
      configuration: try ExperimentDefinition.noop.configuration(parameters),
      request: Request(maxSteps: maxSteps, stopsWhenConverged: true, thresholds: thresholds),
      checkpoint: checkpoint)
  }

  static func regression(
    _ changes: OrderedDictionary<String, ParameterValue> = [:],
    inputs: OrderedDictionary<String, String> = [:],
    files: OrderedDictionary<String, String> = [:], maxSteps: Int = 200, checkpoint: String? = nil
  ) throws -> RunOrder {
    let small: OrderedDictionary<String, ParameterValue> = [
      "input_dimension": 8, "hidden_units": 10, "train_examples": 20, "learning_rate": 1,
    ]
    return RunOrder(
      configuration: try ExperimentDefinition.polynomialRegression.configuration(
        small.merging(changes) { $1 }, inputs: inputs),
      files: files, request: Request(maxSteps: maxSteps, thresholds: thresholds),
      checkpoint: checkpoint)
  }

  @Test func `the trainer says first what it is and what it can run`() throws {
    var trainer = try ServedTrainer()
    let first = try trainer.next()
    #expect(first == TrainerProcess.greeting)
    guard case .ready(let name, let experiments) = first else { return }
    #expect(name.hasPrefix("groksweep 0.1.0 (OpenBLAS "))
    #expect(experiments.contains(SupportedExperiment(name: "polynomial-regression", version: 2)))
    trainer.endInput()
    #expect(try trainer.next() == nil)
  }

  @Test func `a run says its records, its end state and its summary, and the next one follows`()
    throws
  {
    var trainer = try ServedTrainer()
    _ = try trainer.next()
    let order = try Self.noop(["steps": 10], maxSteps: 3)
    trainer.send(.run(order))
    trainer.send(.run(try Self.noop(["steps": 0])))
    let messages = try trainer.untilEnd()
    #expect(messages.count == 6)
    for (step, message) in messages.prefix(4).enumerated() {
      let loss = 1 / Double(1 + step)
      #expect(
        message
          == .record(
            order.key,
            RunRecord(
              step: step, measurement: Measurement(trainLoss: loss, testLoss: loss))))
    }
    guard case .checkpoint(let key, 3, let file) = messages[4] else {
      Issue.record("not a checkpoint at step 3: \(messages[4])")
      return
    }
    #expect(key == order.key && FileManager.default.fileExists(atPath: file))
    guard case .finished(_, let summary) = messages[5] else { return }
    #expect(summary.stopped == .stepLimit && summary.steps == 3)
    #expect(try trainer.untilEnd().count == 2)
    trainer.endInput()
  }

  @Test func `a running run is cancelled, and says no more`() throws {
    var trainer = try ServedTrainer()
    _ = try trainer.next()
    let endless = try Self.noop(["steps": 1_000_000_000], maxSteps: 1_000_000_000)
    trainer.send(.run(endless))
    _ = try trainer.next()
    trainer.send(.cancel(endless.key))
    let next = try Self.noop(["steps": 1])
    trainer.send(.run(next))
    while let message = try trainer.next() {
      if case .finished(let key, _) = message {
        #expect(key == next.key)
        break
      }
    }
    trainer.endInput()
  }

  @Test func `a run that waits its turn is cancelled too`() throws {
    var trainer = try ServedTrainer()
    let slow = try Self.noop(["steps": 3, "step_milliseconds": 20])
    let waiting = try Self.noop(["steps": 5])
    trainer.send(.run(slow))
    trainer.send(.run(waiting))
    trainer.send(.cancel(waiting.key))
    let last = try Self.noop(["steps": 1])
    trainer.send(.run(last))
    _ = try trainer.untilEnd()
    guard case .finished(let key, _) = try trainer.untilEnd().last else {
      Issue.record("the last run did not finish")
      return
    }
    #expect(key == last.key)
    trainer.endInput()
  }

  @Test func `a running run is saved when asked, and continues elsewhere with the same records`()
    throws
  {
    var trainer = try ServedTrainer()
    _ = try trainer.next()
    let order = try Self.regression(maxSteps: 30_000)
    trainer.send(.run(order))
    trainer.send(.save(order.key))
    let whole = try trainer.untilEnd()
    let saved = whole.compactMap { message -> (step: Int, file: String)? in
      if case .checkpoint(_, let step, let file) = message { (step, file) } else { nil }
    }
    let first = try #require(saved.first)
    #expect(saved.count == 2 && first.step < 30_000)
    trainer.send(.run(try Self.regression(maxSteps: 30_000, checkpoint: first.file)))
    let rest = try trainer.untilEnd()
    // In the first pass nothing was said before the checkpoint: all of it comes from the run that continues.
    #expect(rest.records == whole.records && whole.records.first?.step == 0)
    #expect(rest.last == whole.last)
    trainer.send(.run(try Self.regression(maxSteps: 40_000, checkpoint: saved.last?.file)))
    #expect(try trainer.untilEnd().records.first?.step == 30_720)
    trainer.endInput()
  }

  @Test func `a run that ends near a threshold says its progress, then one curve, in float64`()
    throws
  {
    var trainer = try ServedTrainer()
    _ = try trainer.next()
    var order = try Self.regression()
    trainer.send(.run(order))
    guard case .finished(_, let far) = try trainer.untilEnd().last,
      let loss = far.final.testLoss, let near = ExactDecimal(String(format: "%.4g", loss))
    else {
      Issue.record("the run has no result")
      return
    }
    #expect(!far.isRecomputedInFloat64)
    order.request.thresholds = Thresholds(loss: [near])
    trainer.send(.run(order))
    let messages = try trainer.untilEnd()
    guard case .progress = messages.first, case .finished(_, let summary) = messages.last else {
      Issue.record("no progress or no result: \(messages)")
      return
    }
    #expect(summary.isRecomputedInFloat64)
    let steps = messages.records.map(\.step)
    #expect(steps.first == 0 && steps.last == 200 && steps == Set(steps).sorted())
    trainer.endInput()
  }

  @Test func `the end of the input ends a trainer that computes`() throws {
    var trainer = try ServedTrainer()
    trainer.send(.run(try Self.noop(["steps": 1_000_000_000], maxSteps: 1_000_000_000)))
    _ = try trainer.next()
    _ = try trainer.next()
    trainer.endInput()
    while let message = try trainer.next() {
      if case .finished = message { Issue.record("an endless run has finished") }
    }
  }

  @Test func `a run that is told to fail, fails`() throws {
    var trainer = try ServedTrainer()
    _ = try trainer.next()
    let order = try Self.noop(["behaviour": "fail"])
    trainer.send(.run(order))
    #expect(
      try trainer.untilEnd().last
        == .failed(order.key, reason: "the noop run was told to fail"))
    trainer.endInput()
  }

  @Test func `lines that are no commands are passed over`() throws {
    var trainer = try ServedTrainer()
    _ = try trainer.next()
    trainer.send(line: Data("hello".utf8))
    trainer.send(line: Data("{\"run\": {}}".utf8))
    trainer.send(line: Data(repeating: UInt8(ascii: "x"), count: TrainerLine.bytesMax + 5))
    trainer.send(.run(try Self.noop()))
    #expect(try trainer.untilEnd().count == 3)
    trainer.endInput()
  }
}

extension [TrainerMessage] {
  /// What the records among them say.
  fileprivate var records: [RunRecord] {
    compactMap { message in
      if case .record(_, let record) = message { record } else { nil }
    }
  }
}

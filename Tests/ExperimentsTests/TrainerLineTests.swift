import Experiments
import Foundation
import OrderedCollections
import Testing

@Suite struct TrainerLineTests {
  static let configuration = try? ExperimentDefinition.polynomialRegression.configuration([
    "alpha": 0.8, "epsilon": 0.06,
  ])

  @Test func `a run order reads back as it was written`() throws {
    let configuration = try #require(Self.configuration)
    let order = RunOrder(
      configuration: configuration,
      request: Request(maxSteps: 10, thresholds: Thresholds(loss: [0.1])),
      checkpoint: "c.safetensors"
    )
    let line = TrainerLine.encode(.run(order))
    guard case .run(let read) = try TrainerLine.decodeCommand(line) else {
      Issue.record("not a run: \(String(decoding: line, as: UTF8.self))")
      return
    }
    #expect(read.configuration.key == order.key)
    #expect(read.request == order.request)
    #expect(read.checkpoint == order.checkpoint)
  }

  @Test func `NaN and Infinity read as null`() throws {
    let key = String(repeating: "a", count: 64)
    let line = """
      {"record": {"key": "\(key)", "step": 3, "train_loss": NaN, "test_loss": -Infinity, \
      "train_accuracy": null, "observables": {"weight_norm": Infinity, "margin": 2}}}
      """
    guard case .message(.record(_, let record)) = try TrainerLine.decodeOutput(Data(line.utf8))
    else {
      Issue.record("not a record")
      return
    }
    #expect(record.measurement == Measurement())
    #expect(record.observables == ["margin": 2, "weight_norm": Double?.none])
  }

  @Test func `a finished message keeps its crossings`() throws {
    let key = try #require(Self.configuration).key
    var crossings = Crossings(recording: Thresholds(loss: [0.1]))
    crossings.record(90, of: .trainLoss, at: 0.1)
    let message = TrainerMessage.finished(
      key,
      RunSummary(
        steps: 5460, stopped: .converged, crossings: crossings, convergedAt: 5460,
        final: Measurement(trainLoss: 4e-5, testLoss: 0.0159), isRecomputedInFloat64: true))
    #expect(try TrainerLine.decodeOutput(TrainerLine.encode(message)) == .message(message))
  }

  @Test func `a run whose records are held back says how far it has come`() throws {
    let message = TrainerMessage.progress(try #require(Self.configuration).key, step: 120)
    #expect(try TrainerLine.decodeOutput(TrainerLine.encode(message)) == .message(message))
  }

  @Test func `a checkpoint that could not be written is told apart from one that was`() throws {
    let key = try #require(Self.configuration).key
    for message in [
      TrainerMessage.checkpoint(key, step: 120, file: "/tmp/a"),
      .checkpointFailed(key, step: 120, problem: "the disk is full"),
    ] {
      #expect(try TrainerLine.decodeOutput(TrainerLine.encode(message)) == .message(message))
    }
  }

  @Test func `a line that is not a JSON object is log`() throws {
    #expect(try TrainerLine.decodeOutput(Data("warming up".utf8)) == .log("warming up"))
  }

  @Test(arguments: [
    ("{\"record\": {\"step\": 1}}", "record lacks the member 'key'"),
    (
      "{\"hello\": 1}",
      "a trainer says one of ready, record, progress, checkpoint, finished, failed and refused in a line"
    ),
  ])
  func `a malformed message is refused with its place`(line: String, problem: String) {
    #expect(throws: TrainerLine.Malformed.self) {
      try TrainerLine.decodeOutput(Data(line.utf8))
    }
    do {
      _ = try TrainerLine.decodeOutput(Data(line.utf8))
    } catch {
      #expect(error.problem == problem)
    }
  }
}

import Experiments
import Foundation
import Fuzzing
import OrderedCollections
import Testing

/// Lines from trainers and to them, or almost: `make fuzz INPUTS=N SEED=K` tries more.
@Suite struct TrainerLineFuzzTests {
  @Test(arguments: FuzzPlan.parts)
  func `what a trainer says is read, written and read again`(inputs: Range<Int>) throws {
    let fault = try FuzzPlan.fault(in: inputs, like: TrainerLineSamples.said) { bytes, name in
      guard case .message(let message)? = try? TrainerLine.decodeOutput(Data(bytes)) else {
        return false
      }
      let again = try TrainerLine.decodeOutput(TrainerLine.encode(message))
      #expect(again == .message(message), "\(name)")
      return true
    }
    #expect(fault == nil)
  }

  @Test(arguments: FuzzPlan.parts)
  func `what a trainer is told is read, written and read again`(inputs: Range<Int>) throws {
    let fault = try FuzzPlan.fault(in: inputs, like: TrainerLineSamples.told) { bytes, name in
      guard let command = try? TrainerLine.decodeCommand(Data(bytes)) else { return false }
      let again = try TrainerLine.decodeCommand(TrainerLine.encode(command))
      #expect(again == command, "\(name)")
      return true
    }
    #expect(fault == nil)
  }

  @Test(arguments: FuzzPlan.parts)
  func `a stream has the same lines however it is cut`(inputs: Range<Int>) {
    let limit = 300
    for input in inputs {
      var mutator = FuzzPlan.mutator(input)
      var lines: [UInt8] = []
      for _ in 0..<3 { lines += mutator.input(like: TrainerLineSamples.said) + [0x0A] }
      var whole = LineSplitter(bytesMax: limit)
      let expected = whole.append(lines[...])
      var cut = LineSplitter(bytesMax: limit)
      var pieces: [LineSplitter.Piece] = []
      var rest = lines[...]
      while !rest.isEmpty {
        let count = min(rest.count, 1 + mutator.number(below: 400))
        pieces += cut.append(rest.prefix(count))
        rest = rest.dropFirst(count)
      }
      #expect(pieces == expected, "input \(input) of seed \(FuzzPlan.seed)")
      #expect(cut.finish() == whole.finish())
      for case .line(let line) in pieces { #expect(line.count <= limit) }
    }
  }
}

/// Lines as the program's own encoder writes them, of every kind.
enum TrainerLineSamples {
  static let said: [[UInt8]] = messages.map { Array(TrainerLine.encode($0)) }
  static let told: [[UInt8]] = orders.map { Array(TrainerLine.encode($0)) }

  private static var configuration: Configuration {
    do {
      return try ExperimentDefinition.polynomialRegression.configuration([
        "alpha": 0.8, "epsilon": 0.06,
      ])
    } catch {
      preconditionFailure("\(error)")
    }
  }

  private static var messages: [TrainerMessage] {
    let key = configuration.key
    var crossings = Crossings(recording: Thresholds(loss: [0.1, 0.25], accuracy: [0.99]))
    crossings.record(90, of: .trainLoss, at: 0.1)
    var record = RunRecord(
      step: 120,
      measurement: Measurement(trainLoss: 0.41, testLoss: -1e-300, trainAccuracy: 1))
    record.observables = ["weight_norm": 223.6, "margin": 1e300]
    return [
      .ready(
        trainer: "groksweep 0.1.0",
        experiments: [
          SupportedExperiment(name: "a", version: 1), SupportedExperiment(name: "b", version: 12),
        ]),
      .record(key, record), .record(key, RunRecord(step: 0, measurement: Measurement())),
      .progress(key, step: 120), .checkpoint(key, step: 4000, file: "/tmp/a \"file\"\n"),
      .checkpointFailed(key, step: 4000, problem: "no space left"),
      .finished(
        key,
        RunSummary(
          steps: 5460, stopped: .converged, crossings: crossings, convergedAt: 5460,
          final: Measurement(trainLoss: 4e-5, testLoss: 0.0159), isRecomputedInFloat64: true)),
      .failed(key, reason: "one sentence"),
    ]
  }

  private static var orders: [TrainerCommand] {
    let configuration = configuration
    let request = Request(maxSteps: 110_000, thresholds: Thresholds(loss: [0.1, 0.5]))
    return [
      .run(RunOrder(configuration: configuration, request: request)),
      .run(
        RunOrder(
          configuration: configuration, files: ["data": "/data/x.safetensors"], request: request,
          checkpoint: "c.safetensors")),
      .cancel(configuration.key), .save(configuration.key),
    ]
  }
}

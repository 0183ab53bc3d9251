import Coordination
import Experiments
import OrderedCollections

/// What the simulated trainers compute: known beforehand, so that nothing can be invented.
enum SimulatedScience {
  static let request = Request(
    maxSteps: 1_000_000_000, stopsWhenConverged: true, thresholds: Thresholds())
  static let recordInterval = 10
  static let checkpointInterval = 30

  static func configuration(x: Int, seed: Int) -> Configuration {
    do {
      return try ExperimentDefinition.noop.configuration([
        "x": .number(ExactDecimal(x)), "seed": .number(ExactDecimal(seed)),
      ])
    } catch {
      preconditionFailure("x \(x), seed \(seed): \(error)")
    }
  }

  private static func numbers(_ configuration: Configuration) -> (x: Int, seed: Int) {
    func number(_ name: String) -> Int {
      configuration.parameters[name]?.number?.integerValue ?? -1
    }
    return (number("x"), number("seed"))
  }

  static func steps(of configuration: Configuration) -> Int {
    let (x, seed) = numbers(configuration)
    return recordInterval * (1 + (x * 7 + seed * 3) % 12)
  }

  /// Where a run asked for this ends.
  static func end(of configuration: Configuration, _ request: Request) -> Int {
    min(steps(of: configuration), request.maxSteps)
  }

  /// What is measured at a step; the test loss names the process that computed it.
  ///
  /// On unlike machines curves differ in their last bits: what two processes measured does not mix.
  static func record(
    of configuration: Configuration, step: Int, computation: Int? = nil
  ) -> RunRecord {
    let (x, seed) = numbers(configuration)
    let loss = Double(x * 100_000 + seed * 10_000 + step)
    return RunRecord(
      step: step,
      measurement: Measurement(trainLoss: loss, testLoss: computation.map(Double.init)))
  }

  static func computation(of record: RunRecord) -> Int? {
    record.measurement.testLoss.map { Int($0) }
  }

  static func summary(
    of configuration: Configuration, _ request: Request = SimulatedScience.request
  ) -> RunSummary {
    let steps = steps(of: configuration)
    let end = min(steps, request.maxSteps)
    let isConverged = steps <= end
    return RunSummary(
      steps: end, stopped: isConverged ? .converged : .stepLimit, crossings: Crossings(),
      convergedAt: isConverged ? steps : nil,
      initial: record(of: configuration, step: 0).measurement,
      final: record(of: configuration, step: end).measurement)
  }

  /// What a process needs to go on: the run, the step, and who computed it so far.
  struct State: Equatable {
    var run: String
    var step: Int
    var computation: Int

    var bytes: [UInt8] { Array("\(run) \(step) \(computation)".utf8) }

    init(run: RunKey, step: Int, computation: Int) {
      self.run = run.abbreviation
      self.step = step
      self.computation = computation
    }

    init?(_ bytes: [UInt8]) {
      let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
      guard words.count == 3, let step = Int(words[1]), let computation = Int(words[2])
      else { return nil }
      run = String(words[0])
      self.step = step
      self.computation = computation
    }
  }
}

/// The one source of chance in a simulation.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x2545_F491_4F6C_DD1D &+ 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func chance(_ probability: Double) -> Bool {
    Double(next() >> 11) * 0x1p-53 < probability
  }

  mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
    .milliseconds(Int.random(in: range, using: &self))
  }
}

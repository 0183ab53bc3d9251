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

  /// Some runs can never be computed.
  static func isHopeless(_ configuration: Configuration) -> Bool {
    numbers(configuration) == (4, 1)
  }

  static func record(of configuration: Configuration, step: Int) -> RunRecord {
    let (x, seed) = numbers(configuration)
    let loss = Double(x * 100_000 + seed * 10_000 + step)
    return RunRecord(step: step, measurement: Measurement(trainLoss: loss))
  }

  static func curve(of configuration: Configuration) -> [RunRecord] {
    stride(from: 0, through: steps(of: configuration), by: recordInterval).map {
      record(of: configuration, step: $0)
    }
  }

  static func summary(of configuration: Configuration) -> RunSummary {
    let steps = steps(of: configuration)
    return RunSummary(
      steps: steps, stopped: .converged, crossings: Crossings(), convergedAt: steps,
      initial: record(of: configuration, step: 0).measurement,
      final: record(of: configuration, step: steps).measurement)
  }

  static func checkpoint(of key: RunKey, step: Int) -> [UInt8] {
    Array("\(key.abbreviation) \(step)".utf8)
  }

  /// The step of a checkpoint of this run; nil for anything else.
  static func step(of checkpoint: [UInt8], _ key: RunKey) -> Int? {
    let words = String(decoding: checkpoint, as: UTF8.self).split(separator: " ")
    guard words.count == 2, words[0] == key.abbreviation else { return nil }
    return Int(words[1])
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

import Experiments
import Foundation
import OrderedCollections
import PhaseMaps

/// Sweeps with known answers, shaped like the α-vs-ε map in the literature.
enum SyntheticSweep {
  static let rule = GrokkedRule(measure: .loss, train: 0.1, test: 0.1)
  static let request = Request(
    maxSteps: 110_000, stopsWhenConverged: true, thresholds: Thresholds(loss: [0.1, 0.2]))
  static let definition = MapDefinition(x: "epsilon", y: "alpha")

  /// How much the border moves with the draw of each seed.
  static let drawFactors = [1.0, 1.25, 0.9, 1.3, 1.15]

  /// 0.4…5.6 by 0.02…0.28 by the seeds: delay ≈ 2200 α (0.02/ε)^0.9, never beyond αε = 0.25 · factor.
  static func alphaEpsilon(side: Int = 14, seeds: Int = 5, finished: Int = .max) -> [RunResult] {
    var runs: [RunResult] = []
    for seed in 0..<seeds {
      for row in 1...side {
        for column in 1...side {
          let alpha = decimal(4 * row, 10)
          let epsilon = decimal(2 * column, 100)
          runs.append(
            RunResult(
              point: [
                "alpha": .number(alpha), "epsilon": .number(epsilon),
                "seed": .number(ExactDecimal(seed)),
              ],
              summary: runs.count < finished
                ? summary(alpha.doubleValue, epsilon.doubleValue, seed) : nil))
        }
      }
    }
    return runs
  }

  static func summary(_ alpha: Double, _ epsilon: Double, _ seed: Int) -> RunSummary {
    let factor = drawFactors[seed % drawFactors.count]
    let train = Int(440 * alpha * pow(0.02 / epsilon, 1.05) / factor)
    let delay = Int(2200 * alpha * pow(0.02 / epsilon, 0.9) / (factor * factor))
    let neverGroks = alpha * epsilon > 0.25 * factor
    let steps = min(110_000, 6 * (train + delay))
    return run(
      train: train, test: neverGroks ? nil : train + delay, steps: steps,
      stopped: steps < 110_000 ? .converged : .stepLimit,
      finalTestLoss: 0.4 * alpha * epsilon / factor)
  }

  /// A run that crossed 0.1 at the given steps, and 0.2 a little earlier.
  static func run(
    train: Int?, test: Int?, steps: Int, stopped: StopReason, convergedAt: Int? = nil,
    finalTestLoss: Double? = 0.05
  ) -> RunSummary {
    var crossings = Crossings()
    crossings.record(train.map { $0 * 3 / 4 }, of: .trainLoss, at: 0.2)
    crossings.record(train, of: .trainLoss, at: 0.1)
    crossings.record(test.map { $0 * 3 / 4 }, of: .testLoss, at: 0.2)
    crossings.record(test, of: .testLoss, at: 0.1)
    return RunSummary(
      steps: steps, stopped: stopped, crossings: crossings,
      convergedAt: convergedAt ?? (stopped == .converged ? steps : nil),
      initial: Measurement(trainLoss: 0.74, testLoss: 0.74),
      final: Measurement(trainLoss: 1e-4, testLoss: finalTestLoss))
  }

  static func map(
    _ runs: [RunResult], _ definition: MapDefinition = Self.definition, slices: [AxisSlice] = []
  ) throws -> PhaseMap {
    try PhaseMap(
      runs: runs, definition: definition, slices: slices, request: request, rule: rule)
  }

  /// `numerator / denominator`, exactly.
  static func decimal(_ numerator: Int, _ denominator: Int) -> ExactDecimal {
    guard let value = ExactDecimal(Double(numerator) / Double(denominator)) else {
      preconditionFailure("\(numerator)/\(denominator)")
    }
    return value
  }
}

import Experiments
import Foundation
import OrderedCollections

extension WireCodec {
  static func wire(_ summary: RunSummary) -> Groksweep_Wire_Finished {
    var wire = Groksweep_Wire_Finished()
    wire.steps = UInt64(summary.steps)
    wire.stopped = Self.wire(summary.stopped)
    if let convergedAt = summary.convergedAt { wire.convergedAt = UInt64(convergedAt) }
    wire.initial = columns(summary.initial)
    wire.final = columns(summary.final)
    wire.recomputedInFloat64 = summary.isRecomputedInFloat64
    let crossings = summary.crossings
    wire.crossingSeries = Data(crossings.map { UInt8(Self.wire($0.series).rawValue) })
    wire.crossingCoefficients = crossings.map(\.threshold.coefficient)
    wire.crossingExponents = crossings.map { Int32($0.threshold.exponent) }
    wire.crossingSteps = crossings.map { $0.step.map { UInt64($0) + 1 } ?? 0 }
    return wire
  }

  static func summary(_ wire: Groksweep_Wire_Finished) throws(WireError) -> RunSummary {
    RunSummary(
      steps: try number(wire.steps, "a step"), stopped: try stopReason(wire.stopped),
      crossings: try crossings(wire),
      convergedAt: wire.hasConvergedAt ? try number(wire.convergedAt, "a step") : nil,
      initial: try measurement(wire.initial), final: try measurement(wire.final),
      isRecomputedInFloat64: wire.recomputedInFloat64)
  }

  private static func crossings(_ wire: Groksweep_Wire_Finished) throws(WireError) -> Crossings {
    let count = wire.crossingSeries.count
    guard wire.crossingCoefficients.count == count, wire.crossingExponents.count == count,
      wire.crossingSteps.count == count
    else { throw WireError("columns of crossings that differ in length") }
    var crossings = Crossings()
    crossings.reserveCapacity(count)
    for (row, number) in wire.crossingSeries.enumerated() {
      let step = wire.crossingSteps[row]
      let crossing = Crossing(
        try series(Groksweep_Wire_Series(rawValue: Int(number)) ?? .unspecified),
        try decimal(
          coefficient: wire.crossingCoefficients[row], exponent: wire.crossingExponents[row]),
        at: step == 0 ? nil : try Self.number(step - 1, "a step"))
      // To put millions into their order would take the sender's time from all others.
      guard crossings.last?.precedes(crossing) ?? true else {
        throw WireError("crossings that are not in the order of their series and thresholds")
      }
      crossings.record(crossing.step, of: crossing.series, at: crossing.threshold)
    }
    return crossings
  }

  private static func columns(_ measurement: Experiments.Measurement) -> [Double] {
    Series.allCases.map { measurement[$0] ?? .nan }
  }

  private static func measurement(_ columns: [Double]) throws(WireError) -> Experiments.Measurement
  {
    guard columns.count == Series.allCases.count else {
      throw WireError("a measurement of \(columns.count) values, not \(Series.allCases.count)")
    }
    func value(_ column: Int) -> Double? { columns[column].isFinite ? columns[column] : nil }
    return Experiments.Measurement(
      trainLoss: value(0), testLoss: value(1), trainAccuracy: value(2), testAccuracy: value(3))
  }

  private static func wire(_ reason: StopReason) -> Groksweep_Wire_StopReason {
    switch reason {
    case .criterion: .criterion
    case .converged: .converged
    case .stepLimit: .stepLimit
    case .diverged: .diverged
    }
  }

  private static func stopReason(
    _ wire: Groksweep_Wire_StopReason
  ) throws(WireError) -> StopReason {
    switch wire {
    case .criterion: .criterion
    case .converged: .converged
    case .stepLimit: .stepLimit
    case .diverged: .diverged
    case .unspecified, .UNRECOGNIZED: throw WireError("a run ended for no reason that is known")
    }
  }

  private static func wire(_ series: Series) -> Groksweep_Wire_Series {
    switch series {
    case .trainLoss: .trainLoss
    case .testLoss: .testLoss
    case .trainAccuracy: .trainAccuracy
    case .testAccuracy: .testAccuracy
    }
  }

  private static func series(_ wire: Groksweep_Wire_Series) throws(WireError) -> Series {
    switch wire {
    case .trainLoss: .trainLoss
    case .testLoss: .testLoss
    case .trainAccuracy: .trainAccuracy
    case .testAccuracy: .testAccuracy
    case .unspecified, .UNRECOGNIZED: throw WireError("a crossing of no series that is known")
    }
  }
}

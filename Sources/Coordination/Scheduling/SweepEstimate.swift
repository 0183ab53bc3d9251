public import Experiments
import OrderedCollections

/// How long a sweep is expected to take, from runs that have finished before.
public struct SweepEstimate: Sendable {
  private var model = CostModel()
  /// Seconds on one slot of the runs to be computed.
  private var sum = 0.0
  private var longest = 0.0

  public init() {}

  /// Takes in how long a finished run took on one slot.
  public mutating func observe(_ configuration: Configuration, took duration: Duration) {
    model.observe(
      CostModel.Point(configuration), maxSteps: .max, seconds: duration.inSeconds)
  }

  /// Whether a run has been observed; without one an estimate is a guess from the step limit.
  public var isInformed: Bool { model.observed > 0 }

  /// Takes in runs that are still to be computed.
  ///
  /// - Parameters:
  ///   - configuration: one of them.
  ///   - request: what is asked of each.
  ///   - count: how many are expected to take as long.
  public mutating func add(_ configuration: Configuration, request: Request, count: Int = 1) {
    let seconds = model.expectedSeconds(CostModel.Point(configuration), maxSteps: request.maxSteps)
    sum += seconds * Double(count)
    longest = max(longest, seconds)
  }

  /// The time that the runs to be computed take.
  ///
  /// - Parameter slots: how many are computed side by side.
  /// - Returns: the expected time on these slots, at least that of the longest run.
  public func time(slots: Int) -> Duration {
    .seconds(max(sum / Double(max(slots, 1)), longest))
  }
}

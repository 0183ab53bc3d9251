import Experiments

/// What is known of a run at its present step, besides the network: the end state's other half.
struct RunProgress: Hashable, Sendable, Codable {
  var step = 0
  var crossings: Crossings
  var convergedAt: Int?
  var window = ConvergenceWindow()
  /// The values at step 0 and at the present step.
  var initial: Measurement
  var latest: Measurement
}

/// Why a run cannot start, in one sentence.
public struct TrainingError: Error, Equatable, CustomStringConvertible {
  public let problem: String
  public var description: String { problem }

  public init(_ problem: String) { self.problem = problem }
}

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
  /// Nil where there is one pass, whose records are said as they fall due; absent from older checkpoints.
  var pass: Pass?
  /// What the first pass has recorded and not said.
  var heldBack: [RunRecord]?
}

/// The passes of a run in float32 that is computed again if it ends near a threshold.
enum Pass: String, Hashable, Sendable, Codable {
  /// In float32; its records are held back until its end decides whether they count.
  case first
  /// In float64, from step 0.
  case second
}

/// Why a run cannot start, in one sentence.
public struct TrainingError: Error, Equatable, CustomStringConvertible {
  public let problem: String
  public var description: String { problem }

  public init(_ problem: String) { self.problem = problem }
}

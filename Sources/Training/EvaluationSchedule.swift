/// At which steps a run's losses are measured; a crossing is found exactly wherever it lies between two of them.
///
/// It belongs to the experiment's version, because crossings are defined on it.
enum EvaluationSchedule: Hashable, Sendable {
  case everyStep
  /// Where a measurement takes as long as many a step: whenever a record is due, and at every hundredth step.
  case sparse

  private static let spacing = 100

  /// Whether the state after this many steps is measured.
  func isDue(step: Int) -> Bool {
    switch self {
    case .everyStep: true
    case .sparse: RecordSchedule.isDue(step: step) || step.isMultiple(of: Self.spacing)
    }
  }
}

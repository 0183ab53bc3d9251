public import Experiments

/// The four phases of learning, and the case that has no name.
///
/// Liu et al. 2022, app. A, Table 1.
/// Deviations: the thresholds are any that were recorded (the paper: accuracy 0.9 on both sides), and
/// a delay equal to `delayMax`, which falls into no class in the published code, is grokking.
public enum LearningPhase: String, Hashable, Sendable, CaseIterable {
  /// Both sides fitted, the test set soon after the train set.
  case comprehension
  /// Both sides fitted, the test set long after the train set.
  case grokking
  /// The train set fitted, the test set not.
  case memorisation
  /// Neither fitted.
  case confusion
  /// The test set fitted and the train set not: the table has no name for it.
  case unnamed

  /// The paper's budget in steps, within which a threshold must be crossed.
  public static let budget = 100_000
  /// The paper's longest delay, in steps, that still counts as comprehension (exclusive).
  public static let delayMax = 1000

  /// The phase of one run.
  ///
  /// - Parameters:
  ///   - summary: what is known of the run; nil if it has not ended.
  ///   - crossings: what the rule is applied to; nil for those of the summary.
  ///   - request: what was asked; crossings after its end do not count.
  ///   - rule: the thresholds to judge by.
  ///   - budget: crossings after this many steps do not count either.
  ///   - delayMax: delays below this are comprehension, from it on grokking.
  /// - Returns: the phase, or nil if no result covers the request.
  /// - Throws: `PhaseMapError.thresholdNotRecorded` if the run did not record one of the thresholds.
  public static func of(
    _ summary: RunSummary?, crossings: Crossings? = nil, request: Request, rule: GrokkedRule,
    budget: Int = Self.budget, delayMax: Int = Self.delayMax
  ) throws(PhaseMapError) -> LearningPhase? {
    guard let summary, let end = request.end(of: summary) else { return nil }
    let last = min(end.step, budget)
    let crossings = crossings ?? summary.crossings
    let train = try crossings.crossing(rule.trainSeries, rule.train, until: last)
    let test = try crossings.crossing(rule.testSeries, rule.test, until: last)
    switch (train, test) {
    case (let train?, let test?): return test - train < delayMax ? .comprehension : .grokking
    case (.some, nil): return .memorisation
    case (nil, nil): return .confusion
    case (nil, .some): return .unnamed
    }
  }
}

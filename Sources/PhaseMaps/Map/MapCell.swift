public import Experiments
public import OrderedCollections

/// The runs of one cell of a map, and what they say together.
public struct MapCell: Hashable, Sendable {
  public let x: ParameterValue
  public let y: ParameterValue
  /// One a run, missing ones included, in the order of the sweep.
  public let outcomes: [RunOutcome]
  /// The Kaplan-Meier median over the runs that fitted their train set.
  public let delay: MedianDelay
  /// The share that grokked among the finished runs; nil if none has finished.
  public let shareGrokked: Proportion?
  /// The median test loss where the sweep ends its runs, not finite counted as infinite; nil if no run
  /// has finished.
  public let finalTestLoss: Double?
  /// How many of the finished runs are in each phase, in the order of `LearningPhase.allCases`; none that no run is in.
  public let phases: OrderedDictionary<LearningPhase, Int>

  init(
    x: ParameterValue, y: ParameterValue, outcomes: [RunOutcome], finalTestLosses: [Double],
    phases: [LearningPhase]
  ) {
    self.x = x
    self.y = y
    self.outcomes = outcomes
    delay = SurvivalCurve(outcomes).median
    finalTestLoss = RankCorrelation.median(finalTestLosses)
    let counts = OutcomeCounts(outcomes)
    shareGrokked =
      counts.finished > 0 ? Proportion(successes: counts.grokked, of: counts.finished) : nil
    var inEach: OrderedDictionary<LearningPhase, Int> = [:]
    for phase in LearningPhase.allCases {
      let count = phases.count { $0 == phase }
      if count > 0 { inEach[phase] = count }
    }
    self.phases = inEach
  }

  /// The phase that most of the finished runs are in, of equally many the first; nil if no run has finished.
  public var phase: LearningPhase? {
    let most = phases.values.max()
    return phases.first { $0.value == most }?.key
  }

  public var counts: OutcomeCounts { OutcomeCounts(outcomes) }

  /// What the cell's colour or pattern stands for.
  public enum Value: Hashable, Sendable {
    /// Median steps, a share, or a loss.
    case number(Double)
    /// Half of the runs or more have not grokked; the median is at least the bound, if it is finite.
    case notReached(bound: Int?)
    /// The phase that most of the runs are in.
    case phase(LearningPhase)
    /// No finished run fitted its train set.
    case neverFitted
    /// The median test loss is not finite.
    case diverged
    /// No run has finished.
    case missing
    /// The sweep has no run here: its point is left out.
    case leftOut
  }

  public func value(_ value: MapDefinition.Value) -> Value {
    let counts = counts
    guard counts.total > 0 else { return .leftOut }
    guard counts.finished > 0 else { return .missing }
    switch value {
    case .timeToGrok:
      if let median = delay.value { return .number(Double(median)) }
      return counts.fitted == 0 ? .neverFitted : .notReached(bound: delay.bound)
    case .shareGrokked: return shareGrokked.map { .number($0.value) } ?? .missing
    case .finalTestLoss:
      guard let loss = finalTestLoss else { return .missing }
      return loss.isFinite ? .number(loss) : .diverged
    case .phase: return phase.map { .phase($0) } ?? .missing
    }
  }
}

/// How many runs had each outcome.
public struct OutcomeCounts: Hashable, Sendable {
  public var grokked = 0
  public var censored = 0
  public var converged = 0
  public var diverged = 0
  public var neverFitted = 0
  /// Those of the runs that never fitted their train set that diverged.
  public var divergedUnfitted = 0
  public var missing = 0

  public init(_ outcomes: [RunOutcome] = []) {
    for outcome in outcomes {
      switch outcome {
      case .grokked: grokked += 1
      case .censored: censored += 1
      case .notReached(.converged): converged += 1
      case .notReached(.diverged): diverged += 1
      case .neverFitted(let diverged):
        neverFitted += 1
        if diverged { divergedUnfitted += 1 }
      case .missing: missing += 1
      }
    }
  }

  public static func + (left: OutcomeCounts, right: OutcomeCounts) -> OutcomeCounts {
    var sum = left
    sum.grokked += right.grokked
    sum.censored += right.censored
    sum.converged += right.converged
    sum.diverged += right.diverged
    sum.neverFitted += right.neverFitted
    sum.divergedUnfitted += right.divergedUnfitted
    sum.missing += right.missing
    return sum
  }

  /// Converged or diverged above the test threshold, after fitting the train set.
  public var notReached: Int { converged + diverged }
  /// Runs that have a delay, finite or not.
  public var fitted: Int { grokked + censored + notReached }
  public var finished: Int { fitted + neverFitted }
  public var total: Int { finished + missing }
}

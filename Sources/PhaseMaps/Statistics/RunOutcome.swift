public import Experiments

/// What one run says about its time to grok, under one request and one pair of thresholds.
public enum RunOutcome: Hashable, Sendable {
  /// The test threshold was crossed this many steps after the train threshold; 0 if not later.
  case grokked(delay: Int)
  /// The run was stopped this many steps after it had fitted its train set: it may yet grok.
  case censored(at: Int)
  /// The run had fitted its train set and has ended for good above the test threshold.
  case notReached(EndedAbove)
  /// The train threshold was never crossed, so that there is no delay to speak of; whether because the
  /// losses ceased to be finite.
  case neverFitted(diverged: Bool)
  /// There is no result that covers the request.
  case missing

  /// Why a run that did not grok never will.
  public enum EndedAbove: Hashable, Sendable {
    case converged
    case diverged
  }

  /// Reads the outcome off a run that went at least as far as the request asks.
  ///
  /// The run may have been asked for more: it is cut where this request would have ended it, and
  /// crossings beyond that step do not count. Time to grok is max(0, test crossing − train crossing).
  ///
  /// - Parameters:
  ///   - summary: what is known of the run; nil if it has not ended.
  ///   - crossings: what the rule is applied to; nil for those of the summary.
  ///   - request: what the map's sweep asks for; its step limit is the censoring limit.
  ///   - rule: the thresholds to judge by, any that were recorded.
  /// - Throws: `PhaseMapError.thresholdNotRecorded` if the run did not record one of the thresholds.
  public init(
    of summary: RunSummary?, crossings: Crossings? = nil, request: Request, rule: GrokkedRule
  ) throws(PhaseMapError) {
    guard let summary, let end = request.end(of: summary) else {
      self = .missing
      return
    }
    let crossings = crossings ?? summary.crossings
    guard
      let train = try crossings.crossing(rule.trainSeries, rule.train, until: end.step)
    else {
      _ = try crossings.crossing(rule.testSeries, rule.test, until: end.step)
      self = .neverFitted(diverged: end.reason == .diverged)
      return
    }
    if let test = try crossings.crossing(rule.testSeries, rule.test, until: end.step) {
      self = .grokked(delay: max(0, test - train))
      return
    }
    switch end.reason {
    case .converged: self = .notReached(.converged)
    case .diverged: self = .notReached(.diverged)
    // A run stopped by a looser criterion than this rule could have gone on, as at the step limit.
    case .stepLimit, .criterion: self = .censored(at: end.step - train)
    }
  }
}

extension Crossings {
  /// The first crossing if it happened up to a step.
  ///
  /// - Parameters:
  ///   - series: the loss or accuracy.
  ///   - threshold: a recorded threshold.
  ///   - end: the last step that counts.
  /// - Returns: optimiser steps done, or nil if the threshold was not crossed by then.
  /// - Throws: `PhaseMapError.thresholdNotRecorded` with the thresholds that were.
  func crossing(
    _ series: Series, _ threshold: ExactDecimal, until end: Int
  ) throws(PhaseMapError) -> Int? {
    guard isRecorded(series, threshold) else {
      throw .thresholdNotRecorded(series, threshold, recorded: thresholds(of: series))
    }
    guard let step = step(series, threshold), step <= end else { return nil }
    return step
  }
}

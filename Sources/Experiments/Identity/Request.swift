/// How far a run was asked to go, and what it was asked to record on the way.
///
/// Travels beside the configuration and is no part of the key: a stored run satisfies every request
/// whose end it has passed, and a longer request continues it from its end state.
public struct Request: Hashable, Sendable {
  /// The largest step limit that is asked for anywhere.
  ///
  /// Doubles, the steps' type in many a reader of the results, count exactly to 2⁵³.
  public static let maxStepsLimit = 1_000_000_000_000

  /// What any result answers: asked of a run that no sweep asks anything of.
  public static let anything = Request(maxSteps: 0, thresholds: Thresholds())

  /// The run ends after this many optimiser steps at the latest.
  public var maxSteps: Int
  /// Whether the run ends once the experiment's convergence rule holds.
  public var stopsWhenConverged: Bool
  /// The run ends once both thresholds of this rule are crossed, if there is one.
  public var criterion: GrokkedRule?
  /// The thresholds whose first crossings are recorded.
  public var thresholds: Thresholds

  public init(
    maxSteps: Int, stopsWhenConverged: Bool = false, criterion: GrokkedRule? = nil,
    thresholds: Thresholds
  ) {
    self.maxSteps = maxSteps
    self.stopsWhenConverged = stopsWhenConverged
    self.criterion = criterion
    self.thresholds = thresholds
  }

  /// Where and why a run asked for this would have ended, read off a run that went on at least so far.
  ///
  /// - Parameter summary: what is known of a run of the same configuration, asked for anything.
  /// - Returns: the step and the reason, or nil when the run ended before, or lacks a threshold.
  public func end(of summary: RunSummary) -> (step: Int, reason: StopReason)? {
    guard thresholds.isSubset(of: summary.crossings) else { return nil }
    var end: (step: Int, reason: StopReason)?
    func consider(_ step: Int?, _ reason: StopReason) {
      guard let step, step <= summary.steps, step < end?.step ?? .max else { return }
      end = (step, reason)
    }
    if summary.stopped == .diverged { consider(summary.steps, .diverged) }
    if let criterion { consider(criterion.reached(in: summary.crossings), .criterion) }
    if stopsWhenConverged { consider(summary.convergedAt, .converged) }
    consider(maxSteps, .stepLimit)
    return end
  }

  /// Whether what is known of a run answers this request.
  public func isCovered(by summary: RunSummary) -> Bool { end(of: summary) != nil }
}

/// The thresholds whose first crossings a run records, on train and test alike, in ascending order.
public struct Thresholds: Hashable, Sendable, Codable {
  public var loss: [ExactDecimal]
  public var accuracy: [ExactDecimal]

  public init(loss: [ExactDecimal] = [], accuracy: [ExactDecimal] = []) {
    self.loss = Set(loss).sorted()
    self.accuracy = Set(accuracy).sorted()
  }

  public func union(_ other: Thresholds) -> Thresholds {
    Thresholds(loss: loss + other.loss, accuracy: accuracy + other.accuracy)
  }

  func isSubset(of crossings: Crossings) -> Bool {
    loss.allSatisfy { threshold in
      crossings.isRecorded(.trainLoss, threshold) && crossings.isRecorded(.testLoss, threshold)
    }
      && accuracy.allSatisfy { threshold in
        crossings.isRecorded(.trainAccuracy, threshold)
          && crossings.isRecorded(.testAccuracy, threshold)
      }
  }
}

/// When a run counts as grokked: train and test are both past their thresholds.
public struct GrokkedRule: Hashable, Sendable, Codable {
  public enum Measure: String, Hashable, Sendable, Codable, CaseIterable {
    /// Crossed at the first step below the threshold.
    case loss
    /// Crossed at the first step at or above the threshold.
    case accuracy
  }

  public var measure: Measure
  public var train: ExactDecimal
  public var test: ExactDecimal

  public init(measure: Measure, train: ExactDecimal, test: ExactDecimal) {
    self.measure = measure
    self.train = train
    self.test = test
  }

  public var trainSeries: Series { measure == .loss ? .trainLoss : .trainAccuracy }
  public var testSeries: Series { measure == .loss ? .testLoss : .testAccuracy }

  /// The thresholds that a run must record so that this rule can be applied.
  public var thresholds: Thresholds {
    switch measure {
    case .loss: Thresholds(loss: [train, test])
    case .accuracy: Thresholds(accuracy: [train, test])
    }
  }

  /// The first step at which both thresholds have been crossed, or nil.
  public func reached(in crossings: Crossings) -> Int? {
    guard let trainStep = crossings.step(trainSeries, train),
      let testStep = crossings.step(testSeries, test)
    else { return nil }
    return max(trainStep, testStep)
  }
}

extension Request: Codable {
  private enum CodingKeys: String, CodingKey {
    case maxSteps = "max_steps"
    case stopsWhenConverged = "converged"
    case criterion, thresholds
  }
}

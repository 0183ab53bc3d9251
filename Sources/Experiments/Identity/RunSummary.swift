/// What is known of a run once it has ended.
public struct RunSummary: Hashable, Sendable {
  /// Optimiser steps done.
  public var steps: Int
  public var stopped: StopReason
  public var crossings: Crossings
  /// The first step at which the experiment's convergence rule held, asked to stop there or not.
  public var convergedAt: Int?
  /// The values at step 0.
  public var initial: Measurement
  /// The values at the last step.
  public var final: Measurement
  /// Whether the run, asked for in float32, was computed again in float64 because it ended near a threshold.
  public var isRecomputedInFloat64: Bool

  public init(
    steps: Int, stopped: StopReason, crossings: Crossings, convergedAt: Int? = nil,
    initial: Measurement = Measurement(), final: Measurement = Measurement(),
    isRecomputedInFloat64: Bool = false
  ) {
    self.steps = steps
    self.stopped = stopped
    self.crossings = crossings
    self.convergedAt = convergedAt
    self.initial = initial
    self.final = final
    self.isRecomputedInFloat64 = isRecomputedInFloat64
  }
}

/// Why a run ended.
public enum StopReason: String, Hashable, Sendable, Codable, CaseIterable {
  /// The request asked to stop once grokked, and it was.
  case criterion
  /// The losses no longer move.
  case converged
  case stepLimit = "step_limit"
  /// A value became infinite or not a number: a result, not a failure.
  case diverged
}

/// A measured quantity that has one value a step.
public enum Series: String, Hashable, Sendable, Codable, CaseIterable {
  case trainLoss = "train_loss"
  case testLoss = "test_loss"
  case trainAccuracy = "train_accuracy"
  case testAccuracy = "test_accuracy"

  /// Whether a threshold is crossed by falling below it (losses) or by rising to it (accuracies).
  public var fallsToThreshold: Bool { self == .trainLoss || self == .testLoss }

  /// Its place among all of them.
  var place: Int {
    switch self {
    case .trainLoss: 0
    case .testLoss: 1
    case .trainAccuracy: 2
    case .testAccuracy: 3
    }
  }
}

/// Losses and accuracies at one step; what an experiment does not measure, or is not finite, is nil.
public struct Measurement: Hashable, Sendable, Codable {
  public var trainLoss: Double?
  public var testLoss: Double?
  public var trainAccuracy: Double?
  public var testAccuracy: Double?

  public init(
    trainLoss: Double? = nil, testLoss: Double? = nil, trainAccuracy: Double? = nil,
    testAccuracy: Double? = nil
  ) {
    self.trainLoss = trainLoss
    self.testLoss = testLoss
    self.trainAccuracy = trainAccuracy
    self.testAccuracy = testAccuracy
  }

  public subscript(series: Series) -> Double? {
    switch series {
    case .trainLoss: trainLoss
    case .testLoss: testLoss
    case .trainAccuracy: trainAccuracy
    case .testAccuracy: testAccuracy
    }
  }

  enum CodingKeys: String, CodingKey {
    case trainLoss = "train_loss"
    case testLoss = "test_loss"
    case trainAccuracy = "train_accuracy"
    case testAccuracy = "test_accuracy"
  }
}

extension RunSummary: Codable {
  enum CodingKeys: String, CodingKey {
    case steps, stopped, crossings, initial, final
    case convergedAt = "converged_at"
    case isRecomputedInFloat64 = "recomputed_in_float64"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      steps: try container.decode(Int.self, forKey: .steps),
      stopped: try container.decode(StopReason.self, forKey: .stopped),
      crossings: try container.decode(Crossings.self, forKey: .crossings),
      convergedAt: try container.decodeIfPresent(Int.self, forKey: .convergedAt),
      initial: try container.decodeIfPresent(Measurement.self, forKey: .initial) ?? Measurement(),
      final: try container.decodeIfPresent(Measurement.self, forKey: .final) ?? Measurement(),
      isRecomputedInFloat64: try container.decodeIfPresent(
        Bool.self, forKey: .isRecomputedInFloat64) ?? false)
  }
}

public import OrderedCollections

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

/// The first crossing of every recorded threshold, by series: optimiser steps done, or nil if never.
public struct Crossings: Hashable, Sendable {
  public private(set) var steps: OrderedDictionary<Series, OrderedDictionary<ExactDecimal, Int?>>

  public init() { steps = [:] }

  /// No threshold crossed yet.
  public init(recording thresholds: Thresholds) {
    self.init()
    for threshold in thresholds.loss {
      record(nil, of: .trainLoss, at: threshold)
      record(nil, of: .testLoss, at: threshold)
    }
    for threshold in thresholds.accuracy {
      record(nil, of: .trainAccuracy, at: threshold)
      record(nil, of: .testAccuracy, at: threshold)
    }
  }

  public mutating func record(_ step: Int?, of series: Series, at threshold: ExactDecimal) {
    steps[series, default: [:]].updateValue(step, forKey: threshold)
  }

  public func isRecorded(_ series: Series, _ threshold: ExactDecimal) -> Bool {
    steps[series]?.keys.contains(threshold) ?? false
  }

  /// The step of the first crossing; nil when it was never crossed or never recorded.
  public func step(_ series: Series, _ threshold: ExactDecimal) -> Int? {
    steps[series]?[threshold] ?? nil
  }

  /// The thresholds recorded for a series, in ascending order.
  public func thresholds(of series: Series) -> [ExactDecimal] {
    steps[series]?.keys.sorted() ?? []
  }
}

/// A string as a coding key, for objects whose member names are data.
struct AnyCodingKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init(_ text: String) { stringValue = text }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension Crossings: Codable {
  public init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(keyedBy: AnyCodingKey.self)
    for series in Series.allCases where container.contains(AnyCodingKey(series.rawValue)) {
      let nested = try container.nestedContainer(
        keyedBy: AnyCodingKey.self, forKey: AnyCodingKey(series.rawValue))
      for key in nested.allKeys {
        guard let threshold = ExactDecimal(key.stringValue) else {
          throw DecodingError.dataCorruptedError(
            forKey: key, in: nested, debugDescription: "a threshold is a decimal number")
        }
        record(try nested.decode(Int?.self, forKey: key), of: series, at: threshold)
      }
      steps[series]?.sort { left, right in left.key < right.key }
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyCodingKey.self)
    for (series, crossings) in steps {
      var nested = container.nestedContainer(
        keyedBy: AnyCodingKey.self, forKey: AnyCodingKey(series.rawValue))
      for (threshold, step) in crossings {
        try nested.encode(step, forKey: AnyCodingKey(threshold.description))
      }
    }
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

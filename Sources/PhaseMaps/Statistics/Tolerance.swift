public import Experiments
import OrderedCollections

// Which examples count as right may be chosen after the fact where a run has recorded the shares of examples whose error is
// below several tolerances θ, as `train_within_0.001`; Kumar et al. 2024 (arXiv 2310.06110), Fig. 18.

extension RunRecord {
  private static let prefixes = (train: "train_within_", test: "test_within_")

  /// The tolerances whose shares it has, in ascending order.
  var tolerances: [ExactDecimal] {
    observables.keys.compactMap { name in
      name.hasPrefix(Self.prefixes.test)
        ? ExactDecimal(String(name.dropFirst(Self.prefixes.test.count))) : nil
    }.sorted()
  }

  /// Checks that the shares within a tolerance were recorded.
  ///
  /// - Parameter tolerance: θ.
  /// - Throws: `PhaseMapError.toleranceNotRecorded` with the tolerances that were.
  public func check(_ tolerance: ExactDecimal) throws(PhaseMapError) {
    guard tolerances.contains(tolerance) else {
      throw .toleranceNotRecorded(tolerance, recorded: tolerances)
    }
  }

  /// The losses, and for accuracies the shares of examples within a tolerance.
  ///
  /// - Parameter tolerance: θ.
  /// - Returns: the measurement; nil if these shares were not recorded.
  public func measurement(within tolerance: ExactDecimal) -> Measurement? {
    func share(_ prefix: String) -> Double? {
      for (name, value) in observables where name.hasPrefix(prefix) {
        if ExactDecimal(String(name.dropFirst(prefix.count))) == tolerance { return value }
      }
      return nil
    }
    guard let train = share(Self.prefixes.train), let test = share(Self.prefixes.test) else {
      return nil
    }
    return Measurement(
      trainLoss: measurement.trainLoss, testLoss: measurement.testLoss, trainAccuracy: train,
      testAccuracy: test)
  }
}

extension Crossings {
  /// The crossings of a rule's accuracies at a tolerance, read off a run's records.
  ///
  /// A crossing is the step of the first record at which the share has reached the threshold. Records are sixteen an
  /// octave, so that it is late by less than a sixteenth.
  ///
  /// - Parameters:
  ///   - records: of one run, in the order of their steps.
  ///   - tolerance: θ.
  ///   - rule: the accuracies to be reached.
  /// - Throws: `PhaseMapError.toleranceNotRecorded` with the tolerances that were.
  public init(
    of records: [RunRecord], within tolerance: ExactDecimal, rule: GrokkedRule
  ) throws(PhaseMapError) {
    self.init(recording: Thresholds(accuracy: [rule.train, rule.test]))
    for record in records {
      try record.check(tolerance)
      // A share is not finite where the losses are not.
      guard let measurement = record.measurement(within: tolerance) else { continue }
      for (series, threshold) in [(Series.trainAccuracy, rule.train), (.testAccuracy, rule.test)]
      where step(series, threshold) == nil {
        if let share = measurement[series], share >= threshold.doubleValue {
          self.record(record.step, of: series, at: threshold)
        }
      }
    }
  }
}

extension Request {
  /// What has to be asked for so that nothing is lost of a result that does not answer this request.
  ///
  /// A run that lacks a threshold is computed again from step 0, and what it has told besides must be told by the new result,
  /// too: it is asked to come as far as before, and goes on from there where this request asks for more.
  ///
  /// - Parameter stored: the result that there is, if there is one.
  /// - Returns: this request where its result takes the place of the other, and what comes first where it would say less.
  public func reachingPast(_ stored: RunSummary?) -> Request {
    guard let stored, !isCovered(by: stored) else { return self }
    var raised = self
    raised.thresholds = thresholds.union(stored.thresholds)
    let mayEndBefore = maxSteps < stored.steps || criterion != nil || stopsWhenConverged
    guard raised.thresholds != stored.thresholds, mayEndBefore else { return raised }
    raised.maxSteps = stored.steps
    raised.criterion = nil
    raised.stopsWhenConverged = stored.stopped == .converged
    return raised
  }
}

extension RunSummary {
  /// The thresholds whose crossings it tells.
  public var thresholds: Thresholds {
    Thresholds(
      loss: crossings.thresholds(of: .trainLoss).filter { crossings.isRecorded(.testLoss, $0) },
      accuracy: crossings.thresholds(of: .trainAccuracy).filter {
        crossings.isRecorded(.testAccuracy, $0)
      })
  }

  /// Whether another summary of the same run adds nothing to this one.
  public func says(asMuchAs other: RunSummary) -> Bool {
    steps >= other.steps && thresholds.union(other.thresholds) == thresholds
  }
}

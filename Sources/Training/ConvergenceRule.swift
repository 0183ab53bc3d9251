/// When a run's losses no longer move.
public enum ConvergenceRule: Hashable, Sendable {
  /// Train and test loss moved by less than 1e-5 within 4 steps, and the test loss is below its initial value.
  ///
  /// The rule of Kumar et al. 2024, Fig. 3e: without the last part, a run that starts on a plateau would
  /// end there.
  case lossesStandStill
  /// The run has done this many steps.
  case steps(Int)
  /// The experiment has no such rule: its runs end at their step limit, or once they have grokked.
  case never

  /// The distance in steps over which losses are compared.
  static let lookback = 4
  static let movementMax = 1e-5
}

/// The last losses of a run, as many as the convergence rule looks back.
public struct ConvergenceWindow: Hashable, Sendable, Codable {
  private var train: [Double] = []
  private var test: [Double] = []

  public init() {}

  /// Takes the losses at the next step.
  ///
  /// - Parameters:
  ///   - trainLoss: the train loss there.
  ///   - testLoss: the test loss there.
  ///   - initialTestLoss: the test loss at step 0.
  /// - Returns: whether train and test loss stand still, and the test loss is below its initial value.
  public mutating func take(
    trainLoss: Double, testLoss: Double, initialTestLoss: Double
  ) -> Bool {
    if train.count > ConvergenceRule.lookback {
      train.removeFirst()
      test.removeFirst()
    }
    train.append(trainLoss)
    test.append(testLoss)
    guard train.count > ConvergenceRule.lookback else { return false }
    return (trainLoss - train[0]).magnitude < ConvergenceRule.movementMax
      && (testLoss - test[0]).magnitude < ConvergenceRule.movementMax
      && testLoss < initialTestLoss
  }
}

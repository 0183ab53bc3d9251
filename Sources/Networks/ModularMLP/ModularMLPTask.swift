/// The numbers that define one run of the modular-addition network, in the field's notation.
///
/// f(x) = (α/(DN)) W₂ (W₁ x)², D = 2p, x the one-hot vectors of a and b side by side, y the one-hot vector of
/// a + b mod p; full-batch gradient descent with η = η₀/α² on the mean of (f − y)² over examples and
/// classes. Kumar et al. 2024, Fig. 2 and appendix 8.3; the network is Gromov's (2023).
public struct ModularMLPTask: Hashable, Sendable {
  /// α, the output's scale.
  public var alpha: Double
  /// η₀; the learning rate is η₀/α².
  public var learningRate: Double
  /// λ; each gradient gets λ w added, as (λ/2)|w|² in the loss would do.
  public var weightDecay: Double
  /// μ; the step follows v ← μ v + g instead of g.
  public var momentum: Double

  public init(
    alpha: Double = 1, learningRate: Double = 100, weightDecay: Double = 0, momentum: Double = 0
  ) {
    self.alpha = alpha
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.momentum = momentum
  }

  /// η = η₀/α².
  var rate: Double { learningRate / (alpha * alpha) }

  /// α/(DN), the factor of W₂ (W₁ x)².
  func outputScale(modulus: Int, hiddenUnits: Int) -> Double {
    alpha / Double(2 * modulus * hiddenUnits)
  }
}

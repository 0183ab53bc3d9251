public import LinearAlgebra

/// The numbers that define one run of an MLP on learned embeddings, but for its shape.
///
/// The network is f(a, b) = W_L h_L + b_L, h₁ = φ(W₀ x + b₀), hₗ₊₁ = φ(Wₗ hₗ + bₗ), x the embeddings of a and b, side by side or summed.
/// With z = α (f − f₀) or α f the loss is the mean over examples of the cross-entropy of z, or the mean over examples and
/// outputs of (z − y)², y the label's one-hot vector.
public struct EmbeddingMLPTask: Hashable, Sendable {
  public enum Loss: Hashable, Sendable {
    case crossEntropy
    case meanSquare
  }

  /// α.
  public var alpha: Double
  /// Whether f₀, the outputs of the initial weights, is subtracted.
  public var isCentred: Bool
  /// φ.
  public var activation: Activation
  public var loss: Loss
  public var optimiser: OptimiserRule
  /// η.
  public var learningRate: Double
  /// λ.
  public var weightDecay: Double
  /// w: the t-th step has the rate η min((t − 1)/w, 1).
  public var warmUp: Int
  public var options = OptimiserOptions()

  public init(
    alpha: Double = 1, isCentred: Bool = false, activation: Activation = .relu,
    loss: Loss = .crossEntropy,
    optimiser: OptimiserRule = .adamW(beta1: 0.9, beta2: 0.98, epsilon: 1e-8),
    learningRate: Double = 1e-3, weightDecay: Double = 1, warmUp: Int = 0
  ) {
    self.alpha = alpha
    self.isCentred = isCentred
    self.activation = activation
    self.loss = loss
    self.optimiser = optimiser
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.warmUp = warmUp
  }
}

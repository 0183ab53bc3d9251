/// The numbers that define one run on sparse parity, but for its shape.
///
/// f(x) = α times the outputs of a perceptron of x, n signs; the label y is the product of k of them. Hinge: the mean of
/// max(1 − y f, 0); mean square: the mean of (f − y)²; both have one output, whose sign is the prediction. Cross-entropy: two outputs, the
/// second one for y = 1. Merrill et al. 2023 (arXiv 2303.11873).
public struct SparseParityTask: Hashable, Sendable {
  public enum Loss: Hashable, Sendable {
    case hinge
    case meanSquare
    case crossEntropy

    /// How many outputs a network has for it.
    public var outputs: Int { self == .crossEntropy ? 2 : 1 }
  }

  /// α.
  public var alpha: Double
  public var loss: Loss
  /// Whether the outputs have a bias that is trained; else it is 0.
  public var hasOutputBias: Bool
  /// B, the examples of a step.
  public var batchSize: Int
  public var optimiser: OptimiserRule
  /// η.
  public var learningRate: Double
  /// λ.
  public var weightDecay: Double
  public var options = OptimiserOptions()

  public init(
    alpha: Double = 1, loss: Loss = .hinge, hasOutputBias: Bool = false, batchSize: Int = 32,
    optimiser: OptimiserRule = .momentum(0), learningRate: Double = 0.1, weightDecay: Double = 0.01
  ) {
    self.alpha = alpha
    self.loss = loss
    self.hasOutputBias = hasOutputBias
    self.batchSize = batchSize
    self.optimiser = optimiser
    self.learningRate = learningRate
    self.weightDecay = weightDecay
  }
}

/// The numbers that define one run of the addition toy, but for its shape.
///
/// f(i, j) = α times the outputs of a tanh network, the decoder, of Eᵢ + Eⱼ, E the embeddings. With targets the loss is the mean
/// of (f − t)² over examples and outputs, t the target of i + j; without, the mean of the cross-entropy of f, one class a
/// sum. Liu et al. 2022 (arXiv 2205.10343), Sec. 3 and 4.
public struct AdditionToyTask: Hashable, Sendable {
  /// α.
  public var alpha: Double
  /// Of both the decoder and the embeddings, which have an optimiser each.
  public var optimiser: OptimiserRule
  /// η of the decoder.
  public var learningRate: Double
  /// λ of the decoder.
  public var weightDecay: Double
  /// What is done around the decoder's rule; nothing is around the embeddings'.
  public var options = OptimiserOptions()
  /// η of the embeddings.
  public var embeddingLearningRate: Double
  /// λ of the embeddings.
  public var embeddingWeightDecay: Double

  public init(
    alpha: Double = 1,
    optimiser: OptimiserRule = .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8),
    learningRate: Double = 1e-3, weightDecay: Double = 0, embeddingLearningRate: Double = 1e-3,
    embeddingWeightDecay: Double = 0
  ) {
    self.alpha = alpha
    self.optimiser = optimiser
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.embeddingLearningRate = embeddingLearningRate
    self.embeddingWeightDecay = embeddingWeightDecay
  }
}

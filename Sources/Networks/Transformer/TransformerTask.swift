/// The numbers that define one run of a transformer beside its shape.
///
/// The loss is the mean over examples of the cross-entropy of α times the logits at the position that is read.
public struct TransformerTask: Hashable, Sendable {
  /// α.
  public var alpha: Double
  /// Examples of a step; all of them, or more, make full batches.
  ///
  /// They are drawn without replacement: every epoch has an order of its own, and its last batch may be smaller.
  public var batchSize: Int
  public var optimiser: OptimiserRule
  /// η.
  public var learningRate: Double
  /// λ.
  public var weightDecay: Double
  /// w: the t-th step has the rate η min((t − 1)/w, 1).
  public var warmUp: Int
  public var options = OptimiserOptions()
  /// The seed of the epochs' orders.
  public var seed: Int

  public init(
    alpha: Double = 1, batchSize: Int = 512,
    optimiser: OptimiserRule = .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8),
    learningRate: Double = 1e-3, weightDecay: Double = 1, warmUp: Int = 0, seed: Int = 0
  ) {
    precondition(batchSize >= 1, "batches of \(batchSize)")
    self.alpha = alpha
    self.batchSize = batchSize
    self.optimiser = optimiser
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.warmUp = warmUp
    self.seed = seed
  }
}

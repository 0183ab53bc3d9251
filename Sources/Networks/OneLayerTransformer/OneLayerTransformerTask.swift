/// The numbers that define one run of the one-layer transformer.
///
/// The loss is the mean over examples of the cross-entropy of z = α (f − f₀) or α f, f the p + 1 logits at the last position
/// and f₀ those of the initial weights. Nanda et al. 2023 (arXiv 2301.05217); α and f₀: Kumar et al. 2024 (arXiv
/// 2310.06110), Fig. 12.
public struct OneLayerTransformerTask: Hashable, Sendable {
  /// α.
  public var alpha: Double
  /// Whether f₀ is subtracted.
  public var isCentred: Bool
  public var optimiser: OptimiserRule
  /// η.
  public var learningRate: Double
  /// λ.
  public var weightDecay: Double
  /// w: the t-th step has the rate η min((t − 1)/w, 1).
  public var warmUp: Int
  public var options = OptimiserOptions()

  public init(
    alpha: Double = 1, isCentred: Bool = false,
    optimiser: OptimiserRule = .adamW(beta1: 0.9, beta2: 0.98, epsilon: 1e-8),
    learningRate: Double = 1e-3, weightDecay: Double = 1, warmUp: Int = 10
  ) {
    self.alpha = alpha
    self.isCentred = isCentred
    self.optimiser = optimiser
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.warmUp = warmUp
  }
}

/// The numbers that define one run of an image classifier.
///
/// f(x) = α s (W h + b) above layers h ← max(s (W h + b), 0), s = 1 but where the parametrisation says otherwise; the loss is
/// the mean of (f − y)² over images and classes, y the label as a vector of zeros and a one. Not centred. A step takes
/// the gradient of one batch, as many images as `batchSize` in the order of the file, again and again from the first.
public struct ImageMLPTask: Hashable, Sendable {
  /// How weights are drawn, and what multiplies a layer.
  public enum Parametrisation: Hashable, Sendable {
    /// PyTorch's linear layers, biases too, times a factor. Liu, Michaud and Tegmark 2023 (arXiv 2210.01117).
    case standard
    /// Without biases; s = 1/√inputs in a hidden layer, 1/N in the last one. Kumar et al. 2024 (arXiv 2310.06110), Fig. 6a.
    case tangentKernel
  }

  /// α, the scale of the output.
  public var alpha: Double
  public var parametrisation: Parametrisation
  public var batchSize: Int
  public var optimiser: OptimiserRule
  /// η.
  public var learningRate: Double
  /// λ.
  public var weightDecay: Double
  public var options = OptimiserOptions()
  /// Whether the test loss of regression with the initial kernel is computed.
  public var hasKernelRegression = false

  public init(
    alpha: Double = 1, parametrisation: Parametrisation = .standard, batchSize: Int = 200,
    optimiser: OptimiserRule = .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8),
    learningRate: Double = 1e-3, weightDecay: Double = 0.01
  ) {
    self.alpha = alpha
    self.parametrisation = parametrisation
    self.batchSize = batchSize
    self.optimiser = optimiser
    self.learningRate = learningRate
    self.weightDecay = weightDecay
  }
}

/// The numbers that define one polynomial-regression run, in the field's notation.
///
/// f(x) = (α/N) Σᵢ φ(wᵢ·x), φ(h) = h + (ε/2) h², y = ½ (β·x)², x ~ N(0, I/D), trained by full-batch
/// gradient descent with η = η₀ N/α² on the mean of (f(x) − f₀(x) − y)². Kumar et al. 2024, eq. 3-7.
public struct PolynomialRegressionTask: Hashable, Sendable {
  /// Where the test loss is taken.
  public enum TestLoss: Hashable, Sendable {
    /// The expectation over all x, in closed form.
    case population
    /// The mean over drawn examples.
    case sample
  }

  /// α, the output's scale.
  public var alpha: Double
  /// ε, the weight of the quadratic part of the activation.
  public var epsilon: Double
  /// η₀; the learning rate is η₀ N/α².
  public var learningRate: Double
  public var testLoss: TestLoss

  public init(
    alpha: Double, epsilon: Double, learningRate: Double = 20, testLoss: TestLoss = .population
  ) {
    self.alpha = alpha
    self.epsilon = epsilon
    self.learningRate = learningRate
    self.testLoss = testLoss
  }

  /// c = 2 η α/(N P) = 2 η₀/(α P), the factor of every neuron's gradient Σ r (1 + ε h) x; N drops out.
  func stepFactor(trainExamples: Int) -> Double {
    2 * learningRate / (alpha * Double(trainExamples))
  }

  /// The expected squared error over x ~ N(0, I/D).
  ///
  /// f − f₀ − y is d·x α + ½ xᵀ S x with S = αε (M − M₀) − ββᵀ and d = w̄ − w̄₀; of such a form the mean square
  /// is ¼ (tr S/D)² + ½ ‖S‖²_F/D² + α² |d|²/D (Isserlis).
  ///
  /// - Parameters:
  ///   - squares: ‖S‖²_F.
  ///   - trace: tr S.
  ///   - drift: |w̄ − w̄₀|².
  ///   - dimension: D.
  /// - Returns: the loss.
  func populationLoss(squares: Double, trace: Double, drift: Double, dimension: Int) -> Double {
    let size = Double(dimension)
    let mean = trace / size
    return mean * mean / 4 + squares / (2 * size * size) + alpha * alpha * drift / size
  }
}

import LinearAlgebra
import OrderedCollections

/// The network linearised at its initial weights and trained by the same rule: how far from lazy the network is.
///
/// f(x) = f₀(x) + ∂f(x)/∂w₀ · (w − w₀). Gradient descent with momentum μ and decay λ stays within
///
///     w = (1 + z) w₀ + Jᵀ s,  r = r₀ + K s + z J w₀
///     q ← μ q + (2/P) r + λ s,  s ← s − η q
///     u ← μ u + λ (1 + z),  z ← z − η u
///
/// with J the gradients at the P train examples, K = J Jᵀ the initial tangent kernel and r the residuals: without decay
/// and momentum r ← r − (2η/P) K r. So a step is one product of K with a vector, whatever the number of weights is.
/// Exact, in double precision. Kumar et al. 2024, Fig. 1, train it beside the network.
struct LinearisedNetwork: Sendable {
  /// η.
  private let rate: Double
  private let decay: Double
  private let momentum: Double
  /// K, `[P × P]`.
  private let kernel: Matrix<Double>
  /// r₀ and J w₀, `[1 × P]`.
  private let initial: (residuals: Matrix<Double>, weightOutputs: Matrix<Double>)
  private let test: LinearisedTest

  /// r of the present state, `[1 × P]`.
  private var residuals: Matrix<Double>
  /// s and q, `[1 × P]`.
  private var coefficients: Matrix<Double>
  private var velocity: Matrix<Double>
  /// z and u.
  private var scale = 0.0
  private var scaleVelocity = 0.0

  /// - Parameters:
  ///   - task: one whose test loss has examples, or a target of second degree.
  ///   - draws: prepared for it.
  init(task: PolynomialRegressionTask, draws: PolynomialRegressionDraws) {
    rate = task.rate(hiddenUnits: draws.hiddenUnits)
    decay = task.weightDecay
    momentum = task.momentum
    let features = draws.initialFeatures(of: draws.examples, task: task)
    let labels = draws.labels(for: task)
    kernel = features.kernel(with: features)
    initial = features.initialOutputs(
      task: task, labels: labels.train, readouts: draws.initialReadouts(task: task))
    test = LinearisedTest(task: task, draws: draws, train: features, labels: labels.test)
    residuals = initial.residuals
    coefficients = Matrix(rows: 1, columns: draws.examples.rows)
    velocity = coefficients
  }

  /// The mean of r².
  var trainLoss: Double {
    residuals.elements.reduce(0) { $0 + $1 * $1 } / Double(residuals.columns)
  }

  var testLoss: Double { test.loss(coefficients: coefficients, scale: scale) }

  /// The test loss of regression with the initial kernel, K s = −r₀ without a ridge.
  ///
  /// It is where gradient descent without decay ends. A kernel of fewer dimensions than there are examples has no
  /// inverse; there it is the pseudo-inverse that gradient descent leads to.
  ///
  /// - Returns: not a number where the kernel is not finite.
  var regressionLoss: Double {
    var negated = initial.residuals
    negated.multiply(by: -1)
    do {
      return test.loss(
        coefficients: try KernelRegression.coefficients(kernel: kernel, rightSides: negated),
        scale: 0)
    } catch {
      return .nan
    }
  }

  mutating func descend() {
    velocity.multiply(by: momentum)
    velocity.add(residuals, times: 2 / Double(residuals.columns))
    if decay > 0 { velocity.add(coefficients, times: decay) }
    coefficients.add(velocity, times: -rate)
    scaleVelocity = momentum * scaleVelocity + decay * (1 + scale)
    scale -= rate * scaleVelocity
    findResiduals()
  }

  private mutating func findResiduals() {
    residuals.set(initial.residuals, times: 1)
    if scale != 0 { residuals.add(initial.weightOutputs, times: scale) }
    residuals.setProduct(ofSymmetric: kernel, coefficients, keep: 1)
  }

  /// Both losses under the names that records give them.
  var observables: OrderedDictionary<String, Double> {
    ["linearised_train_loss": trainLoss, "linearised_test_loss": testLoss]
  }

  func state() -> [Tensor] {
    [
      Tensor(name: "linearised_coefficients", vector: coefficients),
      Tensor(name: "linearised_velocity", vector: velocity),
      Tensor(
        name: "linearised_scales", shape: [2], elements: .float64([scale, scaleVelocity])),
    ]
  }

  mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    let count = coefficients.columns
    let restored: Matrix<Double> = try state.matrix(
      named: "linearised_coefficients", shape: [count])
    let velocity: Matrix<Double> = try state.matrix(named: "linearised_velocity", shape: [count])
    let scales: Matrix<Double> = try state.matrix(named: "linearised_scales", shape: [2])
    (coefficients, self.velocity) = (restored, velocity)
    (scale, scaleVelocity) = (scales[0, 0], scales[0, 1])
    findResiduals()
  }
}

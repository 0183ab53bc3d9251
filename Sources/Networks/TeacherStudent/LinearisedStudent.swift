import LinearAlgebra
import OrderedCollections

/// The student linearised at its initial weights, and trained beside it by the same rule.
///
///     f(x) = α (g₀(x) + ∂g₀(x)/∂θ · (θ − θ₀)),  tₗ = (hₗ₋₁ ΔWₗ + tₗ₋₁ Wₗ + Δbₗ) ∘ (1 − hₗ²)
///
/// g₀ are the initial student's outputs, hₗ its activations, tₗ how they move with ΔW = W(θ) − W(θ₀); W itself is the initial
/// one. What the student does and this does not is what laziness leaves out; Kumar et al. 2024 (arXiv 2310.06110), Fig. 13b.
struct LinearisedStudent<Scalar: BLASScalar>: Sendable {
  private struct ExampleSet {
    let inputs: Matrix<Scalar>
    let targets: Matrix<Scalar>
    /// The initial outputs without their bias.
    let outputs: Matrix<Scalar>
    /// hₗ of the hidden layers; the last matrix becomes f − y.
    var pass: PerceptronPass<Scalar>
    /// tₗ.
    var tangents: [Matrix<Scalar>]
    /// A column, which makes a row of biases one for every example.
    let ones: Matrix<Scalar>

    init(
      _ layers: PerceptronLayers<Scalar>, _ inputs: Matrix<Scalar>, _ targets: Matrix<Scalar>,
      hasSlopes: Bool
    ) {
      (self.inputs, self.targets) = (inputs, targets)
      pass = PerceptronPass(layers, examples: inputs.rows, hasSlopes: hasSlopes)
      tangents = pass.layers
      layers.forward(inputs, into: &pass)
      outputs = pass.layers[layers.count - 1]
      ones = Matrix(
        rows: inputs.rows, columns: 1, elements: Array(repeating: 1.0, count: inputs.rows))
    }

    /// The mean square of f − y, which the last matrix of the pass becomes.
    mutating func loss(
      _ initial: PerceptronLayers<Scalar>, _ change: [Matrix<Scalar>], bias: Matrix<Scalar>,
      alpha: Double
    ) -> Double {
      let last = tangents.count - 1
      for layer in 0...last {
        let below = layer == 0 ? inputs : pass.layers[layer - 1]
        tangents[layer].setProduct(of: below, change[2 * layer])
        if layer > 0 {
          tangents[layer].setProduct(
            of: tangents[layer - 1], initial.matrices[2 * layer], keep: 1)
        }
        guard layer < last else { break }
        tangents[layer].setProduct(of: ones, change[2 * layer + 1], keep: 1)
        tangents[layer].multiplyByTanhSlopes(of: pass.layers[layer])
      }
      tangents[last].add(outputs, times: 1)
      var noneWithin: [Int] = []
      let squares = tangents[last].setOutputResiduals(
        bias: bias, scale: Scalar(alpha), targets: targets, tolerances: [], within: &noneWithin)
      swap(&tangents[last], &pass.layers[last])
      return squares / Double(targets.rows * targets.columns)
    }
  }

  private let initial: PerceptronLayers<Scalar>
  private let alpha: Double
  private var weights: PerceptronLayers<Scalar>
  /// θ − θ₀, in the order of the layers' matrices.
  private var change: [Matrix<Scalar>]
  private var gradients: [Matrix<Scalar>]
  private var optimiser: Optimiser<Scalar>
  private var train: ExampleSet
  private let test: ExampleSet
  private var trainLoss = 0.0

  init(task: TeacherStudentTask, draws: TeacherStudentDraws) {
    let layers = PerceptronLayers<Scalar>(draws.student)
    alpha = task.alpha
    (initial, weights) = (layers, layers)
    change = layers.matrices.map { Matrix(rows: $0.rows, columns: $0.columns) }
    gradients = change
    optimiser = Optimiser(
      task.optimiser, learningRate: task.learningRate, weightDecay: task.weightDecay,
      options: task.options, for: layers.matrices)
    train = ExampleSet(
      layers, Matrix(draws.trainInputs), Matrix(draws.trainTargets), hasSlopes: true)
    test = ExampleSet(
      layers, Matrix(draws.testInputs), Matrix(draws.testTargets), hasSlopes: false)
  }

  /// Prepares the step from the present state, and keeps the train loss.
  mutating func evaluate() {
    for index in change.indices {
      change[index].set(weights.matrices[index], minus: initial.matrices[index], times: 1)
    }
    trainLoss = train.loss(initial, change, bias: weights.outputBias, alpha: alpha)
    let scale = 2 * alpha / Double(train.targets.rows * train.targets.columns)
    initial.propagateBack(
      train.inputs, through: &train.pass, times: Scalar(scale), into: &gradients)
  }

  mutating func descend() { optimiser.step(&weights.matrices, &gradients) }

  /// Both losses of the state that was evaluated last.
  var observables: OrderedDictionary<String, Double> {
    var test = test
    let testLoss = test.loss(initial, change, bias: weights.outputBias, alpha: alpha)
    return ["linearised_train_loss": trainLoss, "linearised_test_loss": testLoss]
  }

  private static var prefix: String { "linearised_" }

  func state() -> [Tensor] {
    let tensors =
      weights.matrices.enumerated().map { Tensor(name: "weights_\($0)", matrix: $1) }
      + optimiser.state()
    return tensors.map { tensor in
      Tensor(name: Self.prefix + tensor.name, shape: tensor.shape, elements: tensor.elements)
    }
  }

  mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    let own = state.tensors.values.filter { $0.name.hasPrefix(Self.prefix) }.map { tensor in
      Tensor(
        name: String(tensor.name.dropFirst(Self.prefix.count)), shape: tensor.shape,
        elements: tensor.elements)
    }
    let file = Safetensors(tensors: own)
    let restored = try weights.restored(from: file)
    try optimiser.restore(file)
    weights = restored
  }
}

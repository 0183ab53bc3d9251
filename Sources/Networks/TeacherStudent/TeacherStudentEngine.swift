public import LinearAlgebra
public import OrderedCollections

/// A student with tanh layers, by full-batch back-propagation.
///
///     δ₃ = (2α/(P K)) (f − y),  δₗ = (δₗ₊₁ Wₗ₊₁ᵀ) ∘ (1 − hₗ²),  ∂L/∂Wₗ = hₗ₋₁ᵀ δₗ,  ∂L/∂bₗ = Σₚ δₗ
///
/// P examples with K outputs each, hₗ the activations of layer l, h₀ the inputs.
public struct TeacherStudentEngine<Scalar: BLASScalar>: TrainingEngine {
  /// Examples with what is computed of them.
  private struct ExampleSet {
    var inputs: Matrix<Scalar>
    var targets: Matrix<Scalar>
    /// Its last matrix becomes the residuals f − y.
    var pass: PerceptronPass<Scalar>
    /// How many examples lie within each tolerance.
    var within: [Int]

    /// The mean square of f − y, which the last activations become.
    mutating func loss(
      _ layers: PerceptronLayers<Scalar>, scale: Double, _ tolerances: [Double]
    ) -> Double {
      layers.forward(inputs, into: &pass)
      let squares = pass.layers[layers.count - 1].setOutputResiduals(
        bias: layers.outputBias, scale: Scalar(scale), targets: targets, tolerances: tolerances,
        within: &within)
      return squares / Double(targets.rows * targets.columns)
    }
  }

  private let task: TeacherStudentTask
  /// The task's own, then those that are recorded besides.
  private let tolerances: [Double]
  private var layers: PerceptronLayers<Scalar>
  private let initialWeights: InitialWeights<Scalar>
  /// In the order of the layers' matrices.
  private var gradients: [Matrix<Scalar>]
  private var optimiser: Optimiser<Scalar>
  private var train: ExampleSet
  private var test: ExampleSet
  /// Nil if not asked for.
  private var twin: LinearisedStudent<Scalar>?
  /// Of regression with the initial kernel; nil if not asked for.
  private let regressionLoss: Double?

  public init(task: TeacherStudentTask, draws: TeacherStudentDraws) {
    self.task = task
    let layers = PerceptronLayers<Scalar>(draws.student)
    let tolerances = [task.tolerance] + TeacherStudentTask.recordedTolerances
    func examples(
      _ inputs: Matrix<Double>, _ targets: Matrix<Double>, hasSlopes: Bool = false
    ) -> ExampleSet {
      ExampleSet(
        inputs: Matrix(inputs), targets: Matrix(targets),
        pass: PerceptronPass(layers, examples: inputs.rows, hasSlopes: hasSlopes),
        within: Array(repeating: 0, count: tolerances.count))
    }
    self.tolerances = tolerances
    self.layers = layers
    initialWeights = InitialWeights(layers.matrices)
    gradients = layers.matrices.map { Matrix(rows: $0.rows, columns: $0.columns) }
    optimiser = Optimiser(
      task.optimiser, learningRate: task.learningRate, weightDecay: task.weightDecay,
      options: task.options, for: layers.matrices)
    train = examples(draws.trainInputs, draws.trainTargets, hasSlopes: true)
    test = examples(draws.testInputs, draws.testTargets)
    twin = task.linearisation == .twin ? LinearisedStudent(task: task, draws: draws) : nil
    regressionLoss = task.linearisation == .none ? nil : draws.regressionLoss(alpha: task.alpha)
  }

  public var accuracies: (train: Double, test: Double)? { (share(train, 0), share(test, 0)) }

  private func share(_ set: ExampleSet, _ tolerance: Int) -> Double {
    Double(set.within[tolerance]) / Double(set.inputs.rows)
  }

  public mutating func evaluate() -> (train: Double, test: Double) {
    let losses = (
      train: train.loss(layers, scale: task.alpha, tolerances),
      test: test.loss(layers, scale: task.alpha, tolerances)
    )
    let scale = 2 * task.alpha / Double(train.targets.rows * train.targets.columns)
    layers.propagateBack(train.inputs, through: &train.pass, times: Scalar(scale), into: &gradients)
    twin?.evaluate()
    return losses
  }

  public mutating func descend() {
    optimiser.step(&layers.matrices, &gradients)
    twin?.descend()
  }

  /// The norm of all weights and biases, how far they are from their initial values, the shares of examples
  /// within each recorded tolerance, and the losses of the linearised twin.
  public func observables() -> OrderedDictionary<String, Double> {
    var observables: OrderedDictionary = [
      "weight_norm": layers.norm,
      "relative_weight_change": initialWeights.relativeChange(of: layers.matrices),
    ]
    for (index, tolerance) in TeacherStudentTask.recordedTolerances.enumerated() {
      observables["train_within_\(tolerance)"] = share(train, index + 1)
      observables["test_within_\(tolerance)"] = share(test, index + 1)
    }
    observables.merge(twin?.observables ?? [:]) { $1 }
    return observables
  }

  /// Kernel-task alignment on up to 1,000 test examples; the kernel is the trace over the outputs.
  public func costlyObservables() -> OrderedDictionary<String, Double> {
    let count = min(test.inputs.rows, KernelAlignment.examplesMax)
    let tangents = PerceptronTangents(
      PerceptronLayers<Double>(layers), alpha: task.alpha,
      inputs: Matrix(test.inputs).firstRows(count))
    let targets = Matrix<Double>(test.targets).firstRows(count)
    var labels = Matrix<Double>(rows: count, columns: count)
    labels.setProduct(of: targets, targets, transposed: .right)
    return KernelAlignment.observables(
      kernel: tangents.traceKernel().elements, task: labels.elements)
  }

  /// The test loss of regression with the initial kernel.
  public func initialObservables() -> OrderedDictionary<String, Double> {
    regressionLoss.map { ["kernel_regression_loss": $0] } ?? [:]
  }

  public func state() -> [Tensor] {
    layers.matrices.enumerated().map { Tensor(name: "weights_\($0)", matrix: $1) }
      + optimiser.state() + (twin?.state() ?? [])
  }

  public mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    let restored = try layers.restored(from: state)
    var restoredTwin = twin
    try restoredTwin?.restore(state)
    try optimiser.restore(state)
    (layers, twin) = (restored, restoredTwin)
  }
}

extension TeacherStudentEngine {
  /// W₁ `[inputs × N]`, b₁ `[1 × N]`, W₂, b₂, W₃, b₃.
  public var weights: [Matrix<Scalar>] {
    get { layers.matrices }
    set { layers = PerceptronLayers(matrices: newValue) }
  }

  /// The gradients of the train loss of the state that was evaluated last and not yet left, in the order of the weights.
  public var gradient: [Matrix<Scalar>] { gradients }
}

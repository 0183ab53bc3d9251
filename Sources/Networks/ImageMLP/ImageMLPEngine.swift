public import LinearAlgebra
public import OrderedCollections

/// An image classifier with rectified layers, by back-propagation of one batch a step.
///
///     δ_L = (2α/(B K)) (f − y),  δₗ = s (δₗ₊₁ Wₗ₊₁ᵀ) ∘ [hₗ > 0],  ∂L/∂Wₗ = s hₗ₋₁ᵀ δₗ,  ∂L/∂bₗ = Σₚ δₗ
///
/// B images of the batch with K classes each, hₗ the activations of layer l, h₀ the images, s the factor of the layer. Pixels that
/// are black in all of the train set take part in no product of a step.
public struct ImageMLPEngine<Scalar: BLASScalar>: TrainingEngine {
  /// Images with what is known of them.
  private struct ImageSet {
    let inputs: Matrix<Scalar>
    /// A one where the label is, `[images × classes]`.
    let targets: Matrix<Scalar>
    /// How many are classified rightly.
    var right = 0

    init(_ images: LabelledImages, classes: Int, order: PixelOrder) {
      inputs = order.columns(of: images.images)
      var targets = Matrix<Scalar>(rows: images.labels.count, columns: classes)
      for (row, label) in images.labels.enumerated() { targets[row, label] = 1 }
      self.targets = targets
    }
  }

  /// How many images are measured at once: enough for large products, few enough for the cache.
  private static var blockRows: Int { 256 }

  private let task: ImageMLPTask
  /// The order of the columns of all images and of the rows of W₁.
  private let order: PixelOrder
  /// s of each layer.
  private let scales: [Double]
  /// The matrices of a layer: its weights, and its biases if it has some.
  private let matricesPerLayer: Int
  private var matrices: [Matrix<Scalar>]
  private let initialWeights: InitialWeights<Scalar>
  /// In the order of the matrices.
  private var gradients: [Matrix<Scalar>]
  private var optimiser: Optimiser<Scalar>
  private var train: ImageSet
  private var test: ImageSet
  /// The biases of layers that have none.
  private let zeros: [Matrix<Scalar>]
  /// A matrix a layer, of a batch or of a block that is measured; the last becomes f − y.
  private var activations: [Matrix<Scalar>]
  /// δₗ of the hidden layers.
  private var slopes: [Matrix<Scalar>]
  private let noTolerances: [Double] = []
  private var noneWithin: [Int] = []
  /// Of regression with the initial kernel; nil if not asked for.
  private var regressionLoss: Double?

  public init(task: ImageMLPTask, draws: ImageMLPDraws) {
    self.task = task
    let order = PixelOrder(draws.train.images)
    self.order = order
    var matrices = draws.weights.map { Matrix<Scalar>($0) }
    matrices[0] = order.rows(of: matrices[0])
    let hasBiases = task.parametrisation == .standard
    matricesPerLayer = hasBiases ? 2 : 1
    let layers = stride(from: 0, to: matrices.count, by: matricesPerLayer).map { matrices[$0] }
    scales = layers.indices.map { layer in
      if hasBiases { return 1 }
      let inputs = Double(layers[layer].rows)
      return layer == layers.count - 1 ? 1 / inputs : 1 / inputs.squareRoot()
    }
    self.matrices = matrices
    initialWeights = InitialWeights(matrices)
    gradients = matrices.map { Matrix(rows: $0.rows, columns: $0.columns) }
    optimiser = Optimiser(
      task.optimiser, learningRate: task.learningRate, weightDecay: task.weightDecay,
      options: task.options, for: matrices)
    train = ImageSet(draws.train, classes: draws.classes, order: order)
    test = ImageSet(draws.test, classes: draws.classes, order: order)
    let rows = max(min(task.batchSize, train.inputs.rows), Self.blockRows)
    zeros = layers.map { Matrix(rows: 1, columns: $0.columns) }
    activations = layers.map { Matrix(rows: rows, columns: $0.columns) }
    slopes = activations.dropLast()
    if task.hasKernelRegression { regressionLoss = initialRegressionLoss() }
  }

  public var accuracies: (train: Double, test: Double)? {
    func share(_ set: ImageSet) -> Double { Double(set.right) / Double(set.targets.rows) }
    return (share(train), share(test))
  }

  public mutating func evaluate() -> (train: Double, test: Double) {
    let ofTrain = measure(train, pixels: order.litCount)
    let ofTest = measure(test, pixels: test.inputs.columns)
    (train.right, test.right) = (ofTrain.right, ofTest.right)
    prepare()
    return (ofTrain.loss, ofTest.loss)
  }

  public mutating func prepare() {
    let size = task.batchSize
    let rows = train.inputs.rows
    let batches = (rows + size - 1) / size
    let start = optimiser.steps % batches * size
    let batch = start..<min(start + size, rows)
    forward(train.inputs, batch, pixels: order.litCount)
    _ = setResiduals(train.targets, batch)
    propagateBack(batch)
  }

  public mutating func descend() { optimiser.step(&matrices, &gradients) }

  /// The mean square of f − y over a whole set whose images are black beyond the first pixels, and how many of them are
  /// classified rightly.
  private mutating func measure(_ set: ImageSet, pixels: Int) -> (loss: Double, right: Int) {
    var (squares, right) = (0.0, 0)
    for start in stride(from: 0, to: set.inputs.rows, by: Self.blockRows) {
      let block = start..<min(start + Self.blockRows, set.inputs.rows)
      forward(set.inputs, block, pixels: pixels)
      squares += setResiduals(set.targets, block)
      right += activations[activations.count - 1].rightRows(targets: set.targets, rows: block)
    }
    return (squares / Double(set.targets.rows * set.targets.columns), right)
  }

  private func bias(_ layer: Int) -> Matrix<Scalar> {
    matricesPerLayer == 2 ? matrices[2 * layer + 1] : zeros[layer]
  }

  /// Passes some images through, which are black beyond the first pixels; the outputs are left without their bias.
  private mutating func forward(_ inputs: Matrix<Scalar>, _ rows: Range<Int>, pixels: Int) {
    for layer in activations.indices {
      let weights = matrices[matricesPerLayer * layer]
      let scale = Scalar(scales[layer])
      if layer == 0 {
        activations[0].setProduct(
          in: activations[0].region.rows(0..<rows.count), of: inputs,
          inputs.region.rows(rows).columns(0..<pixels), weights, weights.region.rows(0..<pixels),
          scale: scale)
      } else {
        activations[layer].setProduct(
          of: activations[layer - 1], weights, rows: 0..<rows.count, scale: scale)
      }
      if layer < activations.count - 1 {
        activations[layer].applyRectifier(bias: bias(layer), rows: rows.count)
      }
    }
  }

  /// Makes residuals of the outputs, and returns the sum of their squares.
  private mutating func setResiduals(_ targets: Matrix<Scalar>, _ rows: Range<Int>) -> Double {
    let last = activations.count - 1
    return activations[last].setOutputResiduals(
      bias: bias(last), scale: Scalar(task.alpha), targets: targets, rows: rows,
      tolerances: noTolerances, within: &noneWithin)
  }

  private mutating func propagateBack(_ batch: Range<Int>) {
    let last = activations.count - 1
    let rows = 0..<batch.count
    for layer in (0...last).reversed() {
      let delta = layer == last ? activations[last] : slopes[layer]
      let factor =
        layer == last ? 2 * task.alpha / Double(batch.count * train.targets.columns) : 1
      let scale = Scalar(factor * scales[layer])
      let place = matricesPerLayer * layer
      if layer == 0 {
        setGradientOfFirst(batch, delta, scale)
      } else {
        gradients[place].setProduct(
          of: activations[layer - 1], delta, transposed: .left, rows: rows, scale: scale)
      }
      if matricesPerLayer == 2 {
        gradients[place + 1].setColumnSums(of: delta, times: Scalar(factor), rows: rows.count)
      }
      guard layer > 0 else { return }
      slopes[layer - 1].setProduct(
        of: delta, matrices[place], transposed: .right, rows: rows, scale: scale)
      slopes[layer - 1].multiplyByRectifierSlopes(of: activations[layer - 1], rows: rows.count)
    }
  }

  private mutating func setGradientOfFirst(
    _ batch: Range<Int>, _ delta: Matrix<Scalar>, _ scale: Scalar
  ) {
    let (lit, all) = (order.litCount, gradients[0].region)
    gradients[0].setProduct(
      in: all.rows(0..<lit), of: train.inputs, train.inputs.region.rows(batch).columns(0..<lit),
      delta, delta.region.rows(0..<batch.count), transposed: .left, scale: scale)
    // An optimiser may have left something there.
    gradients[0].setZero(in: all.rows(lit..<all.rows))
  }

  /// The norm of all weights and biases, and how far they are from their initial values.
  public func observables() -> OrderedDictionary<String, Double> {
    let squares = matrices.reduce(0) { sum, matrix in
      sum + matrix.squaredDistance(to: Matrix(rows: matrix.rows, columns: matrix.columns))
    }
    return [
      "weight_norm": squares.squareRoot(),
      "relative_weight_change": initialWeights.relativeChange(of: matrices),
    ]
  }

  /// Matrices whose first has a row a pixel, in the order of the pixels.
  private func byPixel(_ matrices: [Matrix<Scalar>]) -> [Matrix<Scalar>] {
    [order.rowsByPixel(of: matrices[0])] + matrices.dropFirst()
  }

  private func inOrder(_ matrices: [Matrix<Scalar>]) -> [Matrix<Scalar>] {
    [order.rows(of: matrices[0])] + matrices.dropFirst()
  }

  public func state() -> [Tensor] {
    byPixel(matrices).enumerated().map { Tensor(name: "weights_\($0)", matrix: $1) }
      + optimiser.state(arranged: byPixel)
  }

  public mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    var restored = matrices
    for (index, matrix) in matrices.enumerated() {
      restored[index] = try state.matrix(
        named: "weights_\(index)", shape: [matrix.rows, matrix.columns])
    }
    try optimiser.restore(state, arranged: inOrder)
    matrices = inOrder(restored)
  }
}

/// The tangent kernel of the present weights.
extension ImageMLPEngine {
  private func tangents(_ inputs: Matrix<Scalar>) -> PerceptronTangents {
    let weights = scales.indices.flatMap { layer in
      [Matrix<Double>(matrices[matricesPerLayer * layer]), Matrix<Double>(bias(layer))]
    }
    return PerceptronTangents(
      PerceptronLayers(matrices: weights, activation: .relu), scales: scales,
      hasBiases: matricesPerLayer == 2, alpha: task.alpha, inputs: Matrix(inputs))
  }

  /// Kernel-task alignment on up to 1,000 test images; the kernel is the trace over the classes.
  public func costlyObservables() -> OrderedDictionary<String, Double> {
    let count = min(test.inputs.rows, KernelAlignment.examplesMax)
    let targets = test.targets.firstRows(count)
    var labels = Matrix<Scalar>(rows: count, columns: count)
    labels.setProduct(of: targets, targets, transposed: .right)
    return KernelAlignment.observables(
      kernel: tangents(test.inputs.firstRows(count)).traceKernel().elements,
      task: labels.elements.map { Double($0) })
  }

  /// The test loss of regression with the initial kernel.
  public func initialObservables() -> OrderedDictionary<String, Double> {
    regressionLoss.map { ["kernel_regression_loss": $0] } ?? [:]
  }

  private func initialRegressionLoss() -> Double {
    tangents(train.inputs).regressionLoss(
      targets: Matrix(train.targets), test: tangents(test.inputs),
      testTargets: Matrix(test.targets), form: .mean)
  }
}

extension ImageMLPEngine {
  /// W₁, b₁, W₂, b₂ and so on; without biases W₁, W₂ and so on.
  public var weights: [Matrix<Scalar>] {
    get { byPixel(matrices) }
    set {
      precondition(newValue.map(\.shape) == matrices.map(\.shape), "\(newValue.map(\.shape))")
      matrices = inOrder(newValue)
    }
  }

  /// The gradients of the loss of the batch that was prepared last, in the order of the weights.
  public var gradient: [Matrix<Scalar>] { byPixel(gradients) }
}

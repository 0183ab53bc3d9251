public import LinearAlgebra
public import OrderedCollections

/// Sparse parity by a perceptron, with back-propagation of one mini-batch a step.
///
/// An epoch is all train examples in an order that it draws anew; the last batch of one may be smaller. Losses and accuracies are
/// those of all examples.
public struct SparseParityEngine<Scalar: BLASScalar>: TrainingEngine {
  /// How many examples are measured at once: enough for large products, few enough for the cache.
  static var blockRows: Int { 256 }

  /// Examples with what is known of them.
  private struct ExampleSet {
    let inputs: Matrix<Scalar>
    /// 1 where the product of the secret bits is 1, else 0.
    let labels: [Int32]
    var correct = 0

    init(_ inputs: Matrix<Double>, _ labels: [Int]) {
      self.inputs = Matrix(inputs)
      self.labels = labels.map { $0 > 0 ? 1 : 0 }
    }

    var accuracy: Double { Double(correct) / Double(labels.count) }
  }

  private let task: SparseParityTask
  private let secret: [Int]
  private var layers: PerceptronLayers<Scalar>
  /// In the order of the layers' matrices.
  private var gradients: [Matrix<Scalar>]
  private var optimiser: Optimiser<Scalar>
  private var train: ExampleSet
  private var test: ExampleSet
  private var batches: MiniBatches
  /// The inputs of a batch.
  private var batch: Matrix<Scalar>
  /// What a batch, or a block that is measured, becomes.
  private var pass: PerceptronPass<Scalar>
  /// The labels of a batch or block.
  private var labels: [Int32]

  /// - Parameters:
  ///   - task: the numbers.
  ///   - draws: weights and examples.
  ///   - batchSeed: of the orders of the examples.
  public init(task: SparseParityTask, draws: SparseParityDraws, batchSeed: Int) {
    let layers = PerceptronLayers<Scalar>(draws.network)
    precondition(
      layers.outputBias.columns == task.loss.outputs,
      "\(layers.outputBias.columns) outputs for \(task.loss)")
    self.task = task
    secret = draws.secret
    self.layers = layers
    gradients = layers.matrices.map { Matrix(rows: $0.rows, columns: $0.columns) }
    optimiser = Optimiser(
      task.optimiser, learningRate: task.learningRate, weightDecay: task.weightDecay,
      options: task.options, for: layers.matrices)
    train = ExampleSet(draws.trainInputs, draws.labels(of: draws.trainInputs))
    test = ExampleSet(draws.testInputs, draws.labels(of: draws.testInputs))
    batches = MiniBatches(count: train.labels.count, size: task.batchSize, seed: batchSeed)
    batch = Matrix(rows: batches.size, columns: draws.trainInputs.columns)
    let rows = max(batches.size, Self.blockRows)
    pass = PerceptronPass(layers, examples: rows, hasSlopes: true)
    labels = Array(repeating: 0, count: rows)
  }

  public var accuracies: (train: Double, test: Double)? { (train.accuracy, test.accuracy) }

  public mutating func evaluate() -> (train: Double, test: Double) {
    let (ofTrain, ofTest) = (measure(train), measure(test))
    (train.correct, test.correct) = (ofTrain.correct, ofTest.correct)
    prepare()
    return (ofTrain.loss, ofTest.loss)
  }

  public mutating func prepare() {
    let places = batches.take(step: optimiser.steps)
    for (row, place) in places.enumerated() {
      let example = Int(batches.order[place])
      batch.set(
        in: batch.region.rows(row..<row + 1), train.inputs,
        train.inputs.region.rows(example..<example + 1))
      labels[row] = train.labels[example]
    }
    let rows = 0..<places.count
    layers.forward(batch, rows: rows, into: &pass, outputScale: Scalar(task.alpha))
    var correct = 0
    _ = setSlopes(rows: rows.count, times: task.alpha / Double(rows.count), &correct)
    layers.propagateBack(batch, rows: rows, through: &pass, times: 1, into: &gradients)
    if !task.hasOutputBias { gradients[gradients.count - 1].fillWithZeros() }
  }

  public mutating func descend() { optimiser.step(&layers.matrices, &gradients) }

  /// The mean loss over a whole set, and how many examples are right.
  private mutating func measure(_ set: ExampleSet) -> (loss: Double, correct: Int) {
    var (sum, correct) = (0.0, 0)
    let count = set.labels.count
    for start in stride(from: 0, to: count, by: Self.blockRows) {
      let block = start..<min(start + Self.blockRows, count)
      for (row, place) in block.enumerated() { labels[row] = set.labels[place] }
      layers.forward(set.inputs, rows: block, into: &pass, outputScale: Scalar(task.alpha))
      sum += setSlopes(rows: block.count, times: 1, &correct)
    }
    return (sum / Double(count), correct)
  }

  /// Makes slopes of the outputs in the pass; the sum of the losses.
  private mutating func setSlopes(rows: Int, times factor: Double, _ correct: inout Int) -> Double {
    let last = layers.count - 1
    guard task.loss != .crossEntropy else {
      return pass.layers[last].setCrossEntropySlopes(
        labels: labels, rows: rows, scale: 1, factor: Scalar(factor), correct: &correct)
    }
    return pass.layers[last].setSignSlopes(
      labels: labels, rows: rows, isHinge: task.loss == .hinge, factor: Scalar(factor),
      correct: &correct)
  }

  /// The norm of all weights and biases, and the share of the first layer's squared weights that the secret bits have.
  public func observables() -> OrderedDictionary<String, Double> {
    let first = layers.matrices[0]
    func squares(_ bit: Int) -> Double {
      first.elements(of: first.region.rows(bit..<bit + 1)).reduce(0) {
        $0 + Double($1) * Double($1)
      }
    }
    let all = (0..<first.rows).reduce(0) { $0 + squares($1) }
    return [
      "weight_norm": layers.norm, "secret_share": secret.reduce(0) { $0 + squares($1) } / all,
    ]
  }

  public func state() -> [Tensor] { layers.tensors() + optimiser.state() }

  public mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    var restored = layers
    try restored.restore(state)
    try optimiser.restore(state)
    layers = restored
  }
}

extension SparseParityEngine {
  /// W₁ `[n × N]`, b₁ `[1 × N]`, W₂ and so on.
  public var weights: [Matrix<Scalar>] {
    get { layers.matrices }
    set {
      let shapes = newValue.map(\.shape)
      precondition(shapes == layers.matrices.map(\.shape), "\(shapes)")
      layers.matrices = newValue
    }
  }

  /// The gradients of the loss of the batch that was prepared last, in the order of the weights.
  public var gradient: [Matrix<Scalar>] { gradients }
}

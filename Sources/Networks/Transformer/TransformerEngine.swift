public import LinearAlgebra
public import OrderedCollections

/// A transformer of any depth, by back-propagation of one batch a step.
public struct TransformerEngine<Scalar: BLASScalar>: TrainingEngine {
  private let task: TransformerTask
  private let layout: TransformerLayout<Scalar>
  /// All weights, a matrix of one row; in an array because the optimiser takes several.
  private var flat: [Matrix<Scalar>]
  private var flatGradient: [Matrix<Scalar>]
  private var optimiser: Optimiser<Scalar>
  private let train: TokenPairs
  private let test: TokenPairs
  private let inOrder: [Int32]
  private var batches: MiniBatches
  private var network: TransformerNetwork<Scalar>
  private var correct = (train: 0, test: 0)

  /// - Parameters:
  ///   - task: what is done.
  ///   - draws: weights and examples.
  ///   - isShared: whether what examples have in common is computed once; without it the results are the same, more slowly.
  public init(task: TransformerTask, draws: TransformerDraws, isShared: Bool = true) {
    self.task = task
    let layout = TransformerLayout<Scalar>(draws.shape)
    self.layout = layout
    flat = [layout.parameters.flat(draws.weights)]
    flatGradient = [Matrix(rows: 1, columns: layout.parameters.count)]
    optimiser = Optimiser(
      task.optimiser, learningRate: task.learningRate, weightDecay: task.weightDecay,
      warmUp: task.warmUp, options: task.options, for: flat)
    (train, test) = (draws.split.train, draws.split.test)
    let most = max(train.count, test.count)
    inOrder = (0..<most).map { Int32($0) }
    batches = MiniBatches(count: train.count, size: task.batchSize, seed: task.seed)
    network = TransformerNetwork(
      draws.shape, layout, examples: min(most, TransformerNetwork<Scalar>.blockExamples),
      isShared: isShared)
  }

  public var accuracies: (train: Double, test: Double)? {
    (Double(correct.train) / Double(train.count), Double(correct.test) / Double(test.count))
  }

  public mutating func evaluate() -> (train: Double, test: Double) {
    let ofTest = pass(test, inOrder, 0..<test.count)
    let ofTrain = batches.isWhole ? prepareBatch() : pass(train, inOrder, 0..<train.count)
    if !batches.isWhole { _ = prepareBatch() }
    correct = (ofTrain.correct, ofTest.correct)
    return (ofTrain.loss, ofTest.loss)
  }

  public mutating func prepare() { _ = prepareBatch() }

  public mutating func descend() { optimiser.step(&flat, &flatGradient) }

  private mutating func prepareBatch() -> (loss: Double, correct: Int) {
    flatGradient[0].fillWithZeros()
    let range = batches.take(step: optimiser.steps)
    return pass(train, batches.order, range, preparingStep: true)
  }

  /// The mean cross-entropy over some examples, and how many are right; when preparing a step, the gradient from the same
  /// pass.
  private mutating func pass(
    _ pairs: TokenPairs, _ order: [Int32], _ range: Range<Int>, preparingStep: Bool = false
  ) -> (loss: Double, correct: Int) {
    var (sum, correct) = (0.0, 0)
    var start = range.lowerBound
    while start < range.upperBound {
      let block = start..<min(start + network.rows.capacity, range.upperBound)
      network.forward(pairs, order, block, weights: flat[0])
      sum += network.logits.setCrossEntropySlopes(
        labels: network.rows.labels, rows: block.count, scale: Scalar(task.alpha),
        factor: Scalar(task.alpha / Double(range.count)), correct: &correct)
      if preparingStep { network.propagateBack(weights: flat[0], addingTo: &flatGradient[0]) }
      start = block.upperBound
    }
    return (sum / Double(range.count), correct)
  }

  /// The norm of all weights and biases.
  public func observables() -> OrderedDictionary<String, Double> {
    let zeros = Matrix<Scalar>(rows: 1, columns: flat[0].columns)
    return ["weight_norm": flat[0].squaredDistance(to: zeros).squareRoot()]
  }

  public func state() -> [Tensor] {
    layout.parameters.tensors(of: flat[0]) + optimiser.state(layout.parameters)
  }

  public mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    var restored = flat[0]
    try layout.parameters.read(state, into: &restored)
    try optimiser.restore(state, layout.parameters)
    flat[0] = restored
  }
}

extension TransformerEngine {
  /// The weights by their names; those that are set must be all of them.
  public var weights: [Tensor] {
    get { layout.parameters.tensors(of: flat[0]) }
    set { flat[0] = layout.parameters.flat(newValue) }
  }

  /// The gradient of the batch that was prepared last, by the weights' names.
  public var gradient: [Tensor] { layout.parameters.tensors(of: flatGradient[0]) }

  /// The logits of the present state, before α.
  ///
  /// - Parameter pairs: any examples.
  /// - Returns: a row an example, `[examples × logits]`.
  public mutating func logits(of pairs: TokenPairs) -> Matrix<Scalar> {
    let order = (0..<pairs.count).map { Int32($0) }
    var outputs = Matrix<Scalar>(rows: pairs.count, columns: network.logits.columns)
    for start in stride(from: 0, to: pairs.count, by: network.rows.capacity) {
      let block = start..<min(start + network.rows.capacity, pairs.count)
      network.forward(pairs, order, block, weights: flat[0])
      outputs.set(
        in: outputs.region.rows(block), network.logits,
        network.logits.region.rows(0..<block.count))
    }
    return outputs
  }
}

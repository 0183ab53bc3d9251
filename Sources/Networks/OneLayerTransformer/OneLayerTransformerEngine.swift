public import LinearAlgebra
public import OrderedCollections

/// The one-layer transformer with a full-batch step, by tables of what each token contributes.
///
/// The products that are left for each example are those with W_out W_U, forward and backward, three of 2 n N (p + 1)
/// operations for n examples; all others are over the 2p + 1 rows of tables.
public struct OneLayerTransformerEngine<Scalar: BLASScalar>: TrainingEngine {
  /// How many examples pass through at once: enough for large products, few enough for the second cache.
  static var blockRows: Int { 192 }

  /// Examples with what is known of them.
  private struct ExampleSet {
    let pairs: TokenPairs
    /// f₀, a row an example; nil if the predictor is not centred.
    var initialLogits: Matrix<Scalar>?
    var correct = 0

    var accuracy: Double { Double(correct) / Double(pairs.count) }
  }

  private let task: OneLayerTransformerTask
  private let layout: OneLayerTransformerLayout<Scalar>
  /// All weights, a matrix of one row; in an array because the optimiser takes several.
  private var flat: [Matrix<Scalar>]
  private var flatGradient: [Matrix<Scalar>]
  private var optimiser: Optimiser<Scalar>
  private var train: ExampleSet
  private var test: ExampleSet

  // Workspace, made once: a step allocates nothing.
  private var tables: OneLayerTransformerTables<Scalar>
  private var slopes: OneLayerTransformerTables<Scalar>
  private var attention: PairAttention<Scalar>
  /// A block of rectified units, `[blockRows × N]`, and the slopes by their sums.
  private var hidden: Matrix<Scalar>
  private var hiddenSlopes: Matrix<Scalar>
  /// A block of logits, then of slopes by them, `[blockRows × p + 1]`.
  private var logits: Matrix<Scalar>

  public init(task: OneLayerTransformerTask, draws: OneLayerTransformerDraws) {
    let sizes = draws.sizes
    let layout = OneLayerTransformerLayout<Scalar>(sizes)
    self.task = task
    self.layout = layout
    flat = [layout.parameters.flat(draws.weights)]
    flatGradient = [Matrix(rows: 1, columns: layout.parameters.count)]
    optimiser = Optimiser(
      task.optimiser, learningRate: task.learningRate, weightDecay: task.weightDecay,
      warmUp: task.warmUp, options: task.options, for: flat)
    let rowBytes = sizes.heads * layout.readoutWidth * MemoryLayout<Scalar>.stride
    train = ExampleSet(pairs: draws.split.train.groupedForCache(rowBytes: rowBytes))
    test = ExampleSet(pairs: draws.split.test.groupedForCache(rowBytes: rowBytes))
    tables = OneLayerTransformerTables(sizes, layout: layout)
    slopes = tables
    attention = PairAttention(
      heads: sizes.heads, width: layout.readoutWidth, rectifiedWidth: layout.rectifiedWidth,
      rows: Self.blockRows)
    hidden = Matrix(rows: Self.blockRows, columns: sizes.hiddenUnits)
    hiddenSlopes = hidden
    logits = Matrix(rows: Self.blockRows, columns: sizes.tokens)
    if task.isCentred {
      (train.initialLogits, test.initialLogits) = (outputs(train.pairs), outputs(test.pairs))
    }
  }

  public var accuracies: (train: Double, test: Double)? { (train.accuracy, test.accuracy) }

  public mutating func evaluate() -> (train: Double, test: Double) {
    tables.make(of: flat[0])
    let ofTest = loss(of: test)
    test.correct = ofTest.correct
    return (prepareFromTables(), ofTest.loss)
  }

  public mutating func prepare() {
    tables.make(of: flat[0])
    _ = prepareFromTables()
  }

  public mutating func descend() { optimiser.step(&flat, &flatGradient) }

  /// The train loss alone; prepares the step from this state.
  public mutating func evaluateTrain() -> Double {
    tables.make(of: flat[0])
    return prepareFromTables()
  }

  private mutating func prepareFromTables() -> Double {
    slopes.clear()
    let ofTrain = loss(of: train, preparingStep: true)
    train.correct = ofTrain.correct
    tables.propagateBack(&slopes, weights: flat[0], into: &flatGradient[0])
    return ofTrain.loss
  }

  /// The mean cross-entropy over a set, and how many examples are right; when preparing a step, the slopes by the tables
  /// from the same pass.
  private mutating func loss(
    of set: ExampleSet, preparingStep: Bool = false
  ) -> (loss: Double, correct: Int) {
    let pairs = set.pairs
    var (sum, correct) = (0.0, 0)
    var start = 0
    while start < pairs.count {
      let range = start..<min(start + Self.blockRows, pairs.count)
      forward(pairs, range)
      sum += logits.setCrossEntropySlopes(
        pairs, range, offsets: set.initialLogits, scale: Scalar(task.alpha),
        factor: Scalar(task.alpha / Double(pairs.count)), correct: &correct)
      if preparingStep { propagateBack(pairs, range) }
      start = range.upperBound
    }
    return (sum / Double(pairs.count), correct)
  }

  /// Makes the rectified units and the logits of a block.
  private mutating func forward(_ pairs: TokenPairs, _ range: Range<Int>) {
    attention.mix(
      pairs, range, scores: tables.scores, table: tables.table, constant: tables.constant,
      rectified: &hidden, linear: &logits)
    logits.setBlock(
      rows: range.count, of: hidden, times: tables.forwardFactor, in: tables.folded, adding: true)
  }

  private mutating func propagateBack(_ pairs: TokenPairs, _ range: Range<Int>) {
    slopes.addFoldedSlopes(hidden: hidden, logits: logits, rows: range.count)
    hiddenSlopes.setBlock(
      rows: range.count, of: logits, times: tables.backwardFactor, in: tables.folded,
      whereRectified: hidden)
    slopes.addSlopes(
      attention, pairs, range, of: tables, hidden: hiddenSlopes, logits: logits)
  }

  /// f of examples, of the state that the tables were made of last or are made of now.
  private mutating func outputs(_ pairs: TokenPairs) -> Matrix<Scalar> {
    tables.make(of: flat[0])
    var outputs = Matrix<Scalar>(rows: pairs.count, columns: logits.columns)
    var start = 0
    while start < pairs.count {
      let range = start..<min(start + Self.blockRows, pairs.count)
      forward(pairs, range)
      outputs.set(in: outputs.region.rows(range), logits, logits.region.rows(0..<range.count))
      start = range.upperBound
    }
    return outputs
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

extension OneLayerTransformerEngine {
  /// The weights by their names; those that are set must be all of them.
  public var weights: [Tensor] {
    get { layout.parameters.tensors(of: flat[0]) }
    set { flat[0] = layout.parameters.flat(newValue) }
  }

  /// The gradient of the train loss of the state that was evaluated last and not yet left, by the weights' names.
  public var gradient: [Tensor] { layout.parameters.tensors(of: flatGradient[0]) }

  /// f, the logits of the present state before α and centring.
  ///
  /// - Parameter pairs: any examples.
  /// - Returns: a row an example, `[examples × p + 1]`.
  public mutating func logits(of pairs: TokenPairs) -> Matrix<Scalar> { outputs(pairs) }
}

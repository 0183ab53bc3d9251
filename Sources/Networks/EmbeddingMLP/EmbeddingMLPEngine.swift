public import LinearAlgebra
public import OrderedCollections

/// An MLP on learned embeddings with a full-batch step, its first layer by a table.
///
///     T = E W₀ᵀ,  h₁ = φ(T[a] + T[p + b] + b₀),  hₗ₊₁ = φ(Wₗ hₗ + bₗ),  z = α (W_L h_L + b_L) [− α f₀]
///     δ_L = ∂L/∂f,  δₗ = (δₗ₊₁ Wₗ₊₁) ∘ φ′,  ∂L/∂Wₗ = δₗᵀ hₗ,  ∂L/∂bₗ = Σ δₗ,  ∂L/∂T[t] = Σ δ₀ of the examples with t
///     ∂L/∂W₀ = ∂L/∂Tᵀ E,  ∂L/∂E = ∂L/∂T W₀
///
/// What depends on one token alone is computed once a token, 2p rows instead of one an example, or p where a and b share
/// both embedding and weights; the other layers take blocks of examples.
public struct EmbeddingMLPEngine<Scalar: BLASScalar>: TrainingEngine {
  /// How many examples pass through at once: enough for large products, few enough for the second cache.
  static var blockRows: Int { 192 }

  /// Examples with what is known of them.
  private struct ExampleSet {
    let pairs: TokenPairs
    /// α f₀, a row an example; nil if the predictor is not centred.
    var initialOutputs: Matrix<Scalar>?
    var correct = 0

    var accuracy: Double { Double(correct) / Double(pairs.count) }
  }

  private let task: EmbeddingMLPTask
  private let layout: EmbeddingMLPLayout<Scalar>
  /// All weights, a matrix of one row; in an array because the optimiser takes several.
  private var flat: [Matrix<Scalar>]
  private var flatGradient: [Matrix<Scalar>]
  private var optimiser: Optimiser<Scalar>
  private var train: ExampleSet
  private var test: ExampleSet

  // Workspace, made once: a step allocates nothing.
  /// T, `[tokens × N]`, and its slopes.
  private var table: Matrix<Scalar>
  private var tableSlopes: Matrix<Scalar>
  /// bₗ of the present state, zeros without biases, `[1 × units]`; and sums for their gradients.
  private var biases: [Matrix<Scalar>]
  private var biasSlopes: [Matrix<Scalar>]
  /// Wₗᵀ and Wₗ of the layers above the first, as forward and backward products read them.
  private var forwardFactors: [BlockFactor<Scalar>]
  private var backwardFactors: [BlockFactor<Scalar>]
  /// hₗ, φ′ where it is kept, and δₗ of a block, `[blockRows × N]`.
  private var hidden: [Matrix<Scalar>]
  private var kept: [Matrix<Scalar>]
  private var deltas: [Matrix<Scalar>]
  /// A block of z, then of δ_L but for `slopeFactor`, `[blockRows × K]`.
  private var outputs: Matrix<Scalar>

  public init(task: EmbeddingMLPTask, draws: EmbeddingMLPDraws) {
    let sizes = draws.sizes
    let layout = EmbeddingMLPLayout<Scalar>(sizes)
    self.task = task
    self.layout = layout
    flat = [layout.parameters.flat(draws.weights)]
    flatGradient = [Matrix(rows: 1, columns: layout.parameters.count)]
    optimiser = Optimiser(
      task.optimiser, learningRate: task.learningRate, weightDecay: task.weightDecay,
      warmUp: task.warmUp, options: task.options, for: flat)
    table = Matrix(rows: layout.tableRows, columns: sizes.hiddenUnits)
    tableSlopes = table
    let rowBytes = table.stride * MemoryLayout<Scalar>.stride
    func examples(_ pairs: TokenPairs) -> ExampleSet {
      let grouped = pairs.groupedForCache(rowBytes: rowBytes)
      return ExampleSet(pairs: layout.sharesRows(sizes) ? grouped.sharingTokens : grouped)
    }
    (train, test) = (examples(draws.split.train), examples(draws.split.test))
    biases = sizes.layers.map { Matrix(rows: 1, columns: $0.units) }
    biasSlopes = biases
    forwardFactors = layout.weights.dropFirst().map { BlockFactor($0, transposed: true) }
    backwardFactors = layout.weights.dropFirst().map { BlockFactor($0) }
    hidden = sizes.layers.dropLast().map { Matrix(rows: Self.blockRows, columns: $0.units) }
    deltas = hidden
    kept = task.activation.keepsSlopes ? hidden : hidden.map { _ in Matrix(rows: 0, columns: 0) }
    outputs = Matrix(rows: Self.blockRows, columns: sizes.outputs)
    if task.isCentred {
      (train.initialOutputs, test.initialOutputs) = (
        scaledOutputs(train.pairs), scaledOutputs(test.pairs)
      )
    }
  }

  public var accuracies: (train: Double, test: Double)? { (train.accuracy, test.accuracy) }

  public mutating func evaluate() -> (train: Double, test: Double) {
    makeTable()
    let ofTest = loss(of: test)
    test.correct = ofTest.correct
    return (prepareFromTable(), ofTest.loss)
  }

  public mutating func prepare() { _ = evaluateTrain() }

  /// The train loss alone; prepares the step from this state.
  public mutating func evaluateTrain() -> Double {
    makeTable()
    return prepareFromTable()
  }

  public mutating func descend() { optimiser.step(&flat, &flatGradient) }

  /// The last layer's number.
  private var last: Int { hidden.count }

  /// What the outputs have to be multiplied by, once the loss has made slopes of them.
  private var slopeFactor: Double {
    switch task.loss {
    case .crossEntropy: 1
    case .meanSquare: 2 * task.alpha / Double(train.pairs.count * outputs.columns)
    }
  }

  /// T, the biases and the factors of the present state.
  private mutating func makeTable() {
    for part in layout.parts {
      table.setProduct(
        in: table.region.rows(part.rows), of: flat[0], part.embeddings, flat[0], part.weights,
        transposed: .right)
    }
    for layer in layout.biases.indices {
      biases[layer].set(in: biases[layer].region, flat[0], layout.biases[layer])
    }
    for number in forwardFactors.indices {
      forwardFactors[number].prepare(from: flat[0])
      backwardFactors[number].prepare(from: flat[0])
    }
  }

  /// The train loss and the gradient of the state that the table was made of.
  private mutating func prepareFromTable() -> Double {
    tableSlopes.fillWithZeros()
    let ofTrain = loss(of: train, preparingStep: true)
    train.correct = ofTrain.correct
    propagateTableBack()
    return ofTrain.loss
  }

  /// The mean loss over a set, and how many examples are right; when preparing a step, the slopes from the same pass.
  private mutating func loss(
    of set: ExampleSet, preparingStep: Bool = false
  ) -> (loss: Double, correct: Int) {
    let pairs = set.pairs
    var (sum, correct) = (0.0, 0)
    var start = 0
    while start < pairs.count {
      let range = start..<min(start + Self.blockRows, pairs.count)
      forward(pairs, range)
      if let initial = set.initialOutputs {
        outputs.set(
          in: outputs.region.rows(0..<range.count), initial, initial.region.rows(range), times: -1,
          adding: true)
      }
      switch task.loss {
      case .crossEntropy:
        sum += outputs.setCrossEntropySlopes(
          pairs, range, offsets: nil, scale: 1, factor: Scalar(task.alpha / Double(pairs.count)),
          correct: &correct)
      case .meanSquare:
        sum += outputs.subtractOneHot(pairs, range, correct: &correct) / Double(outputs.columns)
      }
      if preparingStep { propagateBack(pairs, range) }
      start = range.upperBound
    }
    return (sum / Double(pairs.count), correct)
  }

  /// Makes the hidden units and α f of a block.
  private mutating func forward(_ pairs: TokenPairs, _ range: Range<Int>) {
    let rows = range.count
    for layer in hidden.indices {
      if layer == 0, task.activation == .relu {
        hidden[0].setRectifiedPairSums(of: table, bias: biases[0], pairs, range)
        continue
      }
      if layer == 0 {
        hidden[0].setPairSums(of: table, pairs, range)
      } else {
        hidden[layer].setBlock(
          rows: rows, of: hidden[layer - 1], times: forwardFactors[layer - 1], in: flat[0])
      }
      hidden[layer].apply(task.activation, bias: biases[layer], rows: rows, slopes: &kept[layer])
    }
    outputs.setBlock(
      rows: rows, of: hidden[last - 1], times: forwardFactors[last - 1], in: flat[0],
      bias: biases[last], scale: Scalar(task.alpha))
  }

  /// Adds what a block makes to the gradient, and to the table's slopes.
  private mutating func propagateBack(_ pairs: TokenPairs, _ range: Range<Int>) {
    let rows = range.count
    let isFirst = range.lowerBound == 0
    let isRectified = task.activation == .relu
    for layer in (1...last).reversed() {
      let factor = layer == last ? Scalar(slopeFactor) : 1
      let delta = layer == last ? outputs : deltas[layer]
      flatGradient[0].setGradient(
        in: layout.weights[layer], rows: rows, of: delta, hidden[layer - 1], scale: factor,
        adding: !isFirst)
      if !layout.biases.isEmpty {
        biasSlopes[layer].setColumnSums(of: delta, times: factor, rows: rows)
        flatGradient[0].set(
          in: layout.biases[layer], biasSlopes[layer], biasSlopes[layer].region, adding: !isFirst)
      }
      deltas[layer - 1].setBlock(
        rows: rows, of: delta, times: backwardFactors[layer - 1], in: flat[0], scale: factor,
        whereRectified: isRectified ? hidden[layer - 1] : nil)
      guard !isRectified else { continue }
      deltas[layer - 1].multiplyBySlopes(
        of: task.activation, hidden: hidden[layer - 1], slopes: kept[layer - 1], rows: rows)
    }
    tableSlopes.addPairSlopes(pairs, range, slopes: deltas[0])
  }

  /// Takes the slopes of the table back to the embeddings and the first layer.
  private mutating func propagateTableBack() {
    for (number, part) in layout.parts.enumerated() {
      let slopes = tableSlopes.region.rows(part.rows)
      flatGradient[0].setProduct(
        in: part.weights, of: tableSlopes, slopes, flat[0], part.embeddings, transposed: .left)
      // The second part may have the first one's embeddings.
      let isAdded = number > 0 && part.embeddings.offset == layout.parts[0].embeddings.offset
      flatGradient[0].setProduct(
        in: part.embeddings, of: tableSlopes, slopes, flat[0], part.weights,
        keep: isAdded ? 1 : 0)
    }
    guard !layout.biases.isEmpty else { return }
    // Every example is in the table's slopes twice, by a and by b.
    biasSlopes[0].setColumnSums(of: tableSlopes, times: 0.5)
    flatGradient[0].set(in: layout.biases[0], biasSlopes[0], biasSlopes[0].region)
  }

  /// α f of examples, of the present state.
  private mutating func scaledOutputs(_ pairs: TokenPairs) -> Matrix<Scalar> {
    makeTable()
    var all = Matrix<Scalar>(rows: pairs.count, columns: outputs.columns)
    var start = 0
    while start < pairs.count {
      let range = start..<min(start + Self.blockRows, pairs.count)
      forward(pairs, range)
      all.set(in: all.region.rows(range), outputs, outputs.region.rows(0..<range.count))
      start = range.upperBound
    }
    return all
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

extension EmbeddingMLPEngine {
  /// The weights by their names; those that are set must be all of them.
  public var weights: [Tensor] {
    get { layout.parameters.tensors(of: flat[0]) }
    set { flat[0] = layout.parameters.flat(newValue) }
  }

  /// The gradient of the train loss of the state that was evaluated last and not yet left, by the weights' names.
  public var gradient: [Tensor] { layout.parameters.tensors(of: flatGradient[0]) }

  /// α f of the present state, not centred.
  ///
  /// - Parameter pairs: any examples.
  /// - Returns: a row an example, `[examples × K]`.
  public mutating func outputs(of pairs: TokenPairs) -> Matrix<Scalar> {
    scaledOutputs(table.rows * 2 == pairs.tokens ? pairs.sharingTokens : pairs)
  }
}

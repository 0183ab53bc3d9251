public import LinearAlgebra
public import OrderedCollections

/// The addition toy with a full-batch step.
///
///     x = Eᵢ + Eⱼ,  hₗ₊₁ = tanh(hₗ Wₗ + bₗ),  h₀ = x,  f = α (h_L W_L + b_L)
///     ∂L/∂x = δ₁ W₁ᵀ,  ∂L/∂Eᵢ = Σ ∂L/∂x of the examples with i, twice of those with it twice
///
/// An example with targets is right if its own target is the nearest to f of all. That is the largest of f·t_c − ‖t_c‖²/2, and of r·t_c
/// − ‖t − t_c‖²/2 with r = f − t, a product of residuals and what never changes.
public struct AdditionToyEngine<Scalar: BLASScalar>: TrainingEngine {
  /// Examples with what is computed of them.
  private struct ExampleSet {
    let pairs: TokenPairs
    /// The target of each example; no rows without targets.
    let targets: Matrix<Scalar>
    /// −‖t − t_c‖²/2 of each example and sum; no rows without targets.
    let handicaps: Matrix<Scalar>
    /// x.
    var inputs: Matrix<Scalar>
    /// Its last matrix becomes residuals, or the slopes of the cross-entropy.
    var pass: PerceptronPass<Scalar>
    /// r·t_c.
    var scores: Matrix<Scalar>
    var correct = 0
    let noTolerances: [Double] = []
    var noneWithin: [Int] = []

    var accuracy: Double { Double(correct) / Double(pairs.count) }

    /// The loss over the set, whose outputs become residuals or slopes.
    mutating func loss(
      _ embeddings: Matrix<Scalar>, _ decoder: PerceptronLayers<Scalar>, alpha: Double,
      allTargets: Matrix<Scalar>?
    ) -> Double {
      let (count, last) = (pairs.count, decoder.count - 1)
      inputs.setPairSums(of: embeddings, pairs, 0..<count)
      guard let allTargets else {
        decoder.forward(inputs, into: &pass, outputScale: Scalar(alpha))
        correct = 0
        let sum = pass.layers[last].setCrossEntropySlopes(
          pairs, 0..<count, offsets: nil, scale: 1, factor: Scalar(alpha / Double(count)),
          correct: &correct)
        return sum / Double(count)
      }
      decoder.forward(inputs, into: &pass)
      let squares = pass.layers[last].setOutputResiduals(
        bias: decoder.outputBias, scale: Scalar(alpha), targets: targets,
        tolerances: noTolerances, within: &noneWithin)
      scores.setProduct(of: pass.layers[last], allTargets, transposed: .right)
      // The largest handicap is 0, that of an example's own target: so the place of the largest is the label.
      correct = scores.rightRows(targets: handicaps, rows: 0..<count)
      return squares / Double(count * targets.columns)
    }
  }

  private let task: AdditionToyTask
  /// t of each sum; nil where the sums are classes.
  private let targets: Matrix<Scalar>?
  private var decoder: PerceptronLayers<Scalar>
  /// In the order of the decoder's matrices.
  private var gradients: [Matrix<Scalar>]
  private var optimiser: Optimiser<Scalar>
  /// E; in an array because an optimiser takes several.
  private var embeddings: [Matrix<Scalar>]
  private var embeddingGradients: [Matrix<Scalar>]
  private var embeddingOptimiser: Optimiser<Scalar>
  private var train: ExampleSet
  private var test: ExampleSet
  /// ∂L/∂x of the train set.
  private var inputSlopes: Matrix<Scalar>
  private let knownTestShare: Double

  public init(task: AdditionToyTask, draws: AdditionToyDraws) {
    let decoder = PerceptronLayers<Scalar>(draws.decoder)
    self.task = task
    targets = draws.targets.map { Matrix($0) }
    self.decoder = decoder
    gradients = decoder.matrices.map { Matrix(rows: $0.rows, columns: $0.columns) }
    optimiser = Optimiser(
      task.optimiser, learningRate: task.learningRate, weightDecay: task.weightDecay,
      options: task.options, for: decoder.matrices)
    embeddings = [Matrix(draws.embeddings)]
    embeddingGradients = [
      Matrix(rows: draws.embeddings.rows, columns: draws.embeddings.columns)
    ]
    embeddingOptimiser = Optimiser(
      task.optimiser, learningRate: task.embeddingLearningRate,
      weightDecay: task.embeddingWeightDecay, for: embeddings)
    func examples(_ pairs: TokenPairs, hasSlopes: Bool) -> ExampleSet {
      let (own, handicaps) = Self.targets(of: pairs, draws.targets)
      return ExampleSet(
        pairs: pairs, targets: own, handicaps: handicaps,
        inputs: Matrix(rows: pairs.count, columns: draws.embeddings.columns),
        pass: PerceptronPass(decoder, examples: pairs.count, hasSlopes: hasSlopes),
        scores: handicaps)
    }
    train = examples(draws.train, hasSlopes: true)
    test = examples(draws.test, hasSlopes: false)
    inputSlopes = train.inputs
    knownTestShare = draws.knownTestShare
  }

  /// The target of each example, and −‖t − t_c‖²/2 of each example and sum.
  private static func targets(
    of pairs: TokenPairs, _ targets: Matrix<Double>?
  ) -> (own: Matrix<Scalar>, handicaps: Matrix<Scalar>) {
    guard let targets else { return (Matrix(rows: 0, columns: 0), Matrix(rows: 0, columns: 0)) }
    var own = Matrix<Scalar>(rows: pairs.count, columns: targets.columns)
    var handicaps = Matrix<Scalar>(rows: pairs.count, columns: targets.rows)
    for example in 0..<pairs.count {
      let label = pairs[example].label
      for column in 0..<targets.columns {
        own[example, column] = Scalar(targets[label, column])
      }
      for sum in 0..<targets.rows {
        let squares = (0..<targets.columns).reduce(0.0) { total, column in
          let distance = targets[label, column] - targets[sum, column]
          return total + distance * distance
        }
        handicaps[example, sum] = Scalar(-squares / 2)
      }
    }
    return (own, handicaps)
  }

  public var accuracies: (train: Double, test: Double)? { (train.accuracy, test.accuracy) }

  public mutating func evaluate() -> (train: Double, test: Double) {
    let ofTest = test.loss(embeddings[0], decoder, alpha: task.alpha, allTargets: targets)
    return (evaluateTrain(), ofTest)
  }

  public mutating func prepare() { _ = evaluateTrain() }

  /// The train loss alone; prepares the step from this state.
  public mutating func evaluateTrain() -> Double {
    let ofTrain = train.loss(embeddings[0], decoder, alpha: task.alpha, allTargets: targets)
    propagateBack()
    return ofTrain
  }

  private mutating func propagateBack() {
    let scale = targets.map { 2 * task.alpha / Double(train.pairs.count * $0.columns) } ?? 1
    decoder.propagateBack(
      train.inputs, through: &train.pass, times: Scalar(scale), into: &gradients)
    inputSlopes.setProduct(of: train.pass.slopes[0], decoder.matrices[0], transposed: .right)
    embeddingGradients[0].fillWithZeros()
    embeddingGradients[0].addPairSlopes(
      train.pairs, 0..<train.pairs.count, slopes: inputSlopes)
  }

  public mutating func descend() {
    optimiser.step(&decoder.matrices, &gradients)
    embeddingOptimiser.step(&embeddings, &embeddingGradients)
  }

  /// The norm of the decoder's weights and biases, and the RQI of the embeddings.
  public func observables() -> OrderedDictionary<String, Double> {
    ["weight_norm": decoder.norm, "rqi": RepresentationQuality.index(of: embeddings[0])]
  }

  /// The share of test pairs whose sum some train pair has.
  public func initialObservables() -> OrderedDictionary<String, Double> {
    ["known_test_share": knownTestShare]
  }

  /// As a PyTorch module with an `nn.Embedding` and a list `layers` of `nn.Linear` names and shapes them.
  public func state() -> [Tensor] {
    weights + optimiser.state() + embeddingOptimiser.state(named: "embedding_")
  }

  public mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    let matrix = embeddings[0]
    let restoredEmbeddings: Matrix<Scalar> = try state.matrix(
      named: "embedding.weight", shape: [matrix.rows, matrix.columns])
    var restored = decoder
    try restored.restore(state)
    var restoredOptimiser = optimiser
    try restoredOptimiser.restore(state)
    try embeddingOptimiser.restore(state, named: "embedding_")
    (optimiser, decoder, embeddings) = (restoredOptimiser, restored, [restoredEmbeddings])
  }

  private static func tensors(_ embedding: Matrix<Scalar>, _ layers: [Matrix<Scalar>]) -> [Tensor] {
    [Tensor(name: "embedding.weight", matrix: embedding)]
      + PerceptronLayers<Scalar>.tensors(layers)
  }
}

extension AdditionToyEngine {
  /// E `[p × d]`, and for each layer of the decoder W `[units × inputs]` and b `[units]`.
  public var weights: [Tensor] { Self.tensors(embeddings[0], decoder.matrices) }

  /// The gradient of the train loss of the state that was evaluated last and not yet left, by the weights' names.
  public var gradient: [Tensor] { Self.tensors(embeddingGradients[0], gradients) }

  /// E, then W₁ `[d × N]`, b₁ `[1 × N]`, W₂ and so on.
  public var matrices: [Matrix<Scalar>] {
    get { embeddings + decoder.matrices }
    set {
      precondition(newValue.map(\.shape) == matrices.map(\.shape), "\(newValue.map(\.shape))")
      embeddings = [newValue[0]]
      decoder.matrices = Array(newValue.dropFirst())
    }
  }
}

public import LinearAlgebra
public import OrderedCollections

/// Modular addition by two layers without biases and a quadratic activation.
///
///     h = W₁ x,  q = h²,  f = κ W₂ q,  κ = α/(DN),  r = f − y
///     ∂L/∂W₂ = (2κ/(nP)) rᵀ q,  ∂L/∂W₁ᵀ = (4κ/(nP)) xᵀ (h ∘ (r W₂)),  n examples, P = p classes
///
/// x is two ones among zeros, so W₁ x is the sum of two rows of W₁ᵀ, and xᵀ (…) adds a row to two others: the products
/// that are left are those with W₂ and that of r and q, three of 2 n p N operations.
public struct ModularMLPEngine<Scalar: BLASScalar>: TrainingEngine {
  /// How many examples pass through the products at once, so that a block stays in the nearest caches.
  ///
  /// OpenBLAS multiplies matrices without copying them first where the product takes at most 10⁶ multiplications;
  /// for factors as narrow as these the copies would cost as much as the product.
  static func blockRows(modulus: Int, hiddenUnits: Int) -> Int {
    let classes = (modulus + 15) / 16 * 16
    return min(max(1_000_000 / (classes * hiddenUnits) / 8 * 8, 48), 120)
  }

  /// What is trained, or something of the same shape.
  struct Parameters {
    /// W₁ᵀ, `[2p × N]`.
    var embedding: Matrix<Scalar>
    /// W₂, `[p × N]`.
    var readout: Matrix<Scalar>

    init(modulus: Int, hiddenUnits: Int) {
      embedding = Matrix(rows: 2 * modulus, columns: hiddenUnits)
      readout = Matrix(rows: modulus, columns: hiddenUnits)
    }

    mutating func add(_ other: Parameters, times factors: (embedding: Scalar, readout: Scalar)) {
      embedding.add(other.embedding, times: factors.embedding)
      readout.add(other.readout, times: factors.readout)
    }
  }

  private let task: ModularMLPTask
  let train: TokenPairs
  let test: TokenPairs
  private let outputScale: Double

  var weights: Parameters
  private let initialWeights: InitialWeights<Scalar>
  /// The sums xᵀ (h ∘ (r W₂)) and rᵀ q of the state that was evaluated last: gradients but for their factors.
  private var sums: Parameters
  /// v of every weight; nil without momentum.
  private var velocity: Parameters?
  public private(set) var accuracies: (train: Double, test: Double)?

  // Workspace, made once: a step allocates nothing.
  /// A block of q, then of r W₂.
  private var hidden: Matrix<Scalar>
  /// A block of f, then of r.
  private var outputs: Matrix<Scalar>
  /// W₂ᵀ, `[N × p]`: a product by rows is faster than one by columns.
  private var transposedReadout: Matrix<Scalar>

  public init(task: ModularMLPTask, draws: ModularMLPDraws) {
    let (modulus, units) = (draws.modulus, draws.hiddenUnits)
    self.task = task
    train = draws.train
    test = draws.test
    outputScale = task.outputScale(modulus: modulus, hiddenUnits: units)
    sums = Parameters(modulus: modulus, hiddenUnits: units)
    weights = sums
    weights.embedding = Matrix(draws.embedding)
    weights.readout = Matrix(draws.readout)
    initialWeights = InitialWeights([weights.embedding, weights.readout])
    velocity = task.momentum > 0 ? Parameters(modulus: modulus, hiddenUnits: units) : nil
    let rows = Self.blockRows(modulus: modulus, hiddenUnits: units)
    hidden = Matrix(rows: rows, columns: units)
    outputs = Matrix(rows: rows, columns: modulus)
    transposedReadout = Matrix(rows: units, columns: modulus)
  }

  public mutating func evaluate() -> (train: Double, test: Double) {
    transposedReadout.setTransposed(of: weights.readout)
    let test = meanSquare(on: test, preparingStep: false)
    let train = meanSquare(on: train, preparingStep: true)
    accuracies = (train.accuracy, test.accuracy)
    return (train.loss, test.loss)
  }

  /// The train loss alone; prepares the step from this state.
  public mutating func evaluateTrain() -> Double {
    transposedReadout.setTransposed(of: weights.readout)
    return meanSquare(on: train, preparingStep: true).loss
  }

  /// The mean of r² over the examples of a set and all classes, with the share of examples whose largest output is
  /// their label's; when preparing a step, the gradient's sums from the same pass.
  private mutating func meanSquare(
    on pairs: TokenPairs, preparingStep: Bool
  ) -> (loss: Double, accuracy: Double) {
    var squares = 0.0
    var correct = 0
    if preparingStep { sums.embedding.fillWithZeros() }
    var start = 0
    while start < pairs.count {
      let range = start..<min(start + hidden.rows, pairs.count)
      let rows = 0..<range.count
      hidden.setPairSquares(of: weights.embedding, pairs, range)
      outputs.setProduct(
        of: hidden, transposedReadout, rows: rows, paddingToo: true, scale: Scalar(outputScale))
      squares += outputs.subtractOneHot(pairs, range, correct: &correct)
      if preparingStep {
        sums.readout.setProduct(
          of: outputs, hidden, transposed: .left, rows: rows, keep: start == 0 ? 0 : 1)
        hidden.setProduct(of: outputs, weights.readout, rows: rows)
        sums.embedding.addPairGradient(of: weights.embedding, pairs, range, slopes: hidden)
      }
      start = range.upperBound
    }
    let count = Double(pairs.count)
    return (squares / (count * Double(pairs.classes)), Double(correct) / count)
  }

  /// What the sums have to be multiplied by to be the gradient.
  private var gradientFactors: (embedding: Double, readout: Double) {
    let factor = 2 * outputScale / Double(train.count * train.classes)
    return (2 * factor, factor)
  }

  public mutating func descend() {
    let factors = gradientFactors
    let decay = task.weightDecay
    // Plain gradient descent goes from the sums to the weights at once.
    guard decay > 0 || velocity != nil else {
      weights.add(
        sums, times: (Scalar(-task.rate * factors.embedding), Scalar(-task.rate * factors.readout)))
      return
    }
    sums.embedding.multiply(by: Scalar(factors.embedding))
    sums.readout.multiply(by: Scalar(factors.readout))
    if decay > 0 { sums.add(weights, times: (Scalar(decay), Scalar(decay))) }
    if var velocity = velocity.take() {
      // v ← μ v + g, made where g is; what is overwritten next is the old v.
      sums.add(velocity, times: (Scalar(task.momentum), Scalar(task.momentum)))
      swap(&sums, &velocity)
      weights.add(velocity, times: (Scalar(-task.rate), Scalar(-task.rate)))
      self.velocity = velocity
    } else {
      weights.add(sums, times: (Scalar(-task.rate), Scalar(-task.rate)))
    }
  }

  /// The weight norm ‖W₁‖ + ‖W₂‖, as in the paper's second figure, and how far all weights are from their initial values.
  public func observables() -> OrderedDictionary<String, Double> {
    func norm(_ matrix: Matrix<Scalar>) -> Double {
      matrix.squaredDistance(to: Matrix(rows: matrix.rows, columns: matrix.columns)).squareRoot()
    }
    return [
      "weight_norm": norm(weights.embedding) + norm(weights.readout),
      "relative_weight_change":
        initialWeights.relativeChange(of: [weights.embedding, weights.readout]),
    ]
  }

  public func state() -> [Tensor] {
    var tensors = [
      Tensor(name: "embedding", matrix: weights.embedding),
      Tensor(name: "readout", matrix: weights.readout),
    ]
    if let velocity {
      tensors += [
        Tensor(name: "embedding_velocity", matrix: velocity.embedding),
        Tensor(name: "readout_velocity", matrix: velocity.readout),
      ]
    }
    return tensors
  }

  public mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    func matrix(_ name: String, like other: Matrix<Scalar>) throws(SafetensorsError) -> Matrix<
      Scalar
    > {
      try state.matrix(named: name, shape: [other.rows, other.columns])
    }
    var (restored, restoredVelocity) = (weights, velocity)
    restored.embedding = try matrix("embedding", like: weights.embedding)
    restored.readout = try matrix("readout", like: weights.readout)
    if let velocity {
      restoredVelocity?.embedding = try matrix("embedding_velocity", like: velocity.embedding)
      restoredVelocity?.readout = try matrix("readout_velocity", like: velocity.readout)
    }
    (weights, velocity) = (restored, restoredVelocity)
  }
}

extension ModularMLPEngine {
  /// W₁ᵀ, a row a token, `[2p × N]`.
  public var embedding: Matrix<Scalar> {
    get { weights.embedding }
    set { weights.embedding = newValue }
  }

  /// W₂, a row a class, `[p × N]`.
  public var readout: Matrix<Scalar> {
    get { weights.readout }
    set { weights.readout = newValue }
  }

  /// ∂L/∂W₁ᵀ, `[2p × N]`, and ∂L/∂W₂, `[p × N]`, of the state that was evaluated last and not yet left, decay excluded.
  public var gradient: (embedding: Matrix<Scalar>, readout: Matrix<Scalar>) {
    var gradient = sums
    let factors = gradientFactors
    gradient.embedding.multiply(by: Scalar(factors.embedding))
    gradient.readout.multiply(by: Scalar(factors.readout))
    return (gradient.embedding, gradient.readout)
  }
}

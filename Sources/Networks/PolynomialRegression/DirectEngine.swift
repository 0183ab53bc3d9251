public import LinearAlgebra
public import OrderedCollections

/// Polynomial regression through all hidden units, forward and backward: the obvious twin.
///
///     h = X Wᵀ,  f = (α/N) Σₙ h + (ε/2) h²,  r = f − f₀ − y
///     ∂L/∂W = (2α/(NP)) Gᵀ X,  G[p][n] = r_p (1 + ε h[p][n]),  W ← W − η ∂L/∂W
///
/// W is kept transposed, `[D × N]`: the products then run along the rows of all three matrices, and the one that
/// makes the gradient sums over as many examples at once as fit.
public struct DirectEngine<Scalar: BLASScalar>: TrainingEngine {
  /// Most rows of inputs that pass through the products at once; a library's product wants many.
  static var blockRowsMax: Int { 512 }

  private let task: PolynomialRegressionTask
  private var train: ExampleSet<Scalar>
  private var test: ExampleSet<Scalar>?
  private let target: Matrix<Scalar>
  private let initialMean: Matrix<Scalar>
  private let initialMoment: Matrix<Scalar>
  private let ones: Matrix<Scalar>

  /// Wᵀ, `[D × N]`, and ∂L/∂Wᵀ of the state that was evaluated last.
  private var transposedWeights: Matrix<Scalar>
  private var transposedGradient: Matrix<Scalar>

  // Workspace, made once: a step allocates nothing.
  private var hidden: Matrix<Scalar>
  private var residuals: Matrix<Scalar>
  private var mean: Matrix<Scalar>
  private var moment: Matrix<Scalar>

  public init(task: PolynomialRegressionTask, draws: PolynomialRegressionDraws) {
    let (units, dimension) = (draws.hiddenUnits, draws.inputDimension)
    self.task = task
    transposedWeights = Matrix<Scalar>(draws.weights).transposed
    transposedGradient = Matrix(rows: dimension, columns: units)
    let moments = draws.moments()
    initialMean = Matrix(moments.mean)
    initialMoment = Matrix(moments.second)
    target = Matrix(draws.target)
    ones = Matrix(
      rows: 1, columns: units, elements: [Double](repeating: 1, count: units))
    train = ExampleSet(inputs: draws.examples, targets: draws.targets(of: draws.examples))
    test =
      task.testLoss == .sample
      ? draws.testExamples.map { ExampleSet(inputs: $0, targets: draws.targets(of: $0)) } : nil
    let examples = max(train.count, test?.count ?? 0)
    hidden = Matrix(rows: min(examples, Self.blockRowsMax), columns: units)
    residuals = Matrix(rows: 1, columns: examples)
    mean = Matrix(rows: 1, columns: dimension)
    moment = Matrix(rows: dimension, columns: dimension)
    _ = meanSquare(on: train, preparingStep: false)
    train.centre(on: residuals)
    if var test {
      _ = meanSquare(on: test, preparingStep: false)
      test.centre(on: residuals)
      self.test = test
    }
  }

  public mutating func evaluate() -> (train: Double, test: Double) {
    let testLoss = test.map { meanSquare(on: $0, preparingStep: false) } ?? populationLoss()
    return (evaluateTrain(), testLoss)
  }

  /// The train loss alone; prepares the step from this state.
  public mutating func evaluateTrain() -> Double { meanSquare(on: train, preparingStep: true) }

  /// The mean of r² over a set; when preparing a step, the gradient from the same pass.
  private mutating func meanSquare(on set: ExampleSet<Scalar>, preparingStep: Bool) -> Double {
    let share = task.alpha / Double(transposedWeights.columns)
    var squares = 0.0
    set.forEachBlock(of: hidden.rows) { rows in
      hidden.setProduct(of: set.inputs, transposedWeights, rows: rows)
      squares += residuals.setResiduals(
        ofHidden: &hidden, count: rows.count, epsilon: Scalar(task.epsilon),
        scale: Scalar(share), offsets: set.offsets, at: rows.lowerBound,
        makingSlopes: preparingStep)
      guard preparingStep else { return }
      transposedGradient.setProduct(
        of: set.inputs, hidden, transposed: .left, rows: rows,
        scale: Scalar(2 * share / Double(set.count)), keep: rows.lowerBound == 0 ? 0 : 1)
    }
    return squares / Double(set.count)
  }

  /// W, `[N × D]`.
  public var weights: Matrix<Scalar> {
    get { transposedWeights.transposed }
    set { transposedWeights = newValue.transposed }
  }

  /// ∂L/∂W of the state that was evaluated last, `[N × D]`.
  public var weightGradient: Matrix<Scalar> { transposedGradient.transposed }

  public mutating func descend() {
    // η = η₀ N/α².
    let rate = task.learningRate * Double(transposedWeights.columns) / (task.alpha * task.alpha)
    transposedWeights.add(transposedGradient, times: Scalar(-rate))
  }

  private mutating func populationLoss() -> Double {
    let share = Scalar(1 / Double(transposedWeights.columns))
    mean.setProduct(of: ones, transposedWeights, transposed: .right, scale: share)
    moment.setLowerSquare(of: transposedWeights, scale: share)
    let deviation = moment.deviation(
      from: initialMoment, target: target, scale: Scalar(task.alpha * task.epsilon))
    return task.populationLoss(
      squares: deviation.squares, trace: deviation.trace,
      drift: mean.squaredDistance(to: initialMean), dimension: transposedWeights.rows)
  }

  public func observables() -> OrderedDictionary<String, Double> {
    let zeros = Matrix<Scalar>(
      rows: transposedWeights.rows, columns: transposedWeights.columns)
    return ["weight_norm": transposedWeights.squaredDistance(to: zeros).squareRoot()]
  }

  public func state() -> [Tensor] { [Tensor(name: "weights", matrix: weights)] }

  public mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    weights = try state.matrix(
      named: "weights", shape: [transposedWeights.columns, transposedWeights.rows])
  }
}

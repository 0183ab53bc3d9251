public import LinearAlgebra
public import OrderedCollections

/// Polynomial regression through all hidden units, forward and backward: the obvious twin.
///
///     h = X Wᵀ,  f = (α/N) Σₙ h + (ε/2) h²,  r = f − f₀ − y
///     ∂L/∂W = (2α/(NP)) Gᵀ X,  G[p][n] = r_p (1 + ε h[p][n]),  W ← W − η ∂L/∂W
///
/// Examples pass in blocks, so that a block of h is still in the cache when its slope is needed.
public struct DirectEngine<Scalar: BLASScalar>: TrainingEngine {
  /// Rows of inputs that pass through the products at once.
  static var blockRows: Int { 64 }

  private let task: PolynomialRegressionTask
  private var train: ExampleSet<Scalar>
  private var test: ExampleSet<Scalar>?
  private let target: Matrix<Scalar>
  private let initialMean: Matrix<Scalar>
  private let initialMoment: Matrix<Scalar>
  private let ones: Matrix<Scalar>

  /// W, `[N × D]`.
  public var weights: Matrix<Scalar>
  /// ∂L/∂W of the state that was evaluated last, `[N × D]`.
  public private(set) var weightGradient: Matrix<Scalar>

  // Workspace, made once: a step allocates nothing.
  private var hidden: Matrix<Scalar>
  private var sums: Matrix<Scalar>
  private var residuals: Matrix<Scalar>
  private var mean: Matrix<Scalar>
  private var moment: Matrix<Scalar>

  public init(task: PolynomialRegressionTask, draws: PolynomialRegressionDraws) {
    let (units, dimension) = (draws.hiddenUnits, draws.inputDimension)
    self.task = task
    weights = Matrix(draws.weights)
    weightGradient = Matrix(rows: units, columns: dimension)
    let moments = draws.moments()
    initialMean = Matrix(moments.mean)
    initialMoment = Matrix(moments.second)
    target = Matrix(draws.target)
    ones = Matrix(rows: 1, columns: units, elements: [Double](repeating: 1, count: units))
    train = ExampleSet(inputs: draws.examples, targets: draws.targets(of: draws.examples))
    test =
      task.testLoss == .sample
      ? draws.testExamples.map { ExampleSet(inputs: $0, targets: draws.targets(of: $0)) } : nil
    hidden = Matrix(rows: Self.blockRows, columns: units)
    sums = Matrix(rows: 1, columns: Self.blockRows)
    residuals = Matrix(rows: 1, columns: max(train.count, test?.count ?? 0))
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
    return (meanSquare(on: train, preparingStep: true), testLoss)
  }

  /// The mean of r² over a set; when preparing a step, the gradient from the same pass.
  private mutating func meanSquare(on set: ExampleSet<Scalar>, preparingStep: Bool) -> Double {
    let epsilon = Scalar(task.epsilon)
    let share = task.alpha / Double(weights.rows)
    var squares = 0.0
    set.forEachBlock(of: Self.blockRows) { rows in
      hidden.setProduct(of: set.inputs, weights, transposed: .right, rows: rows)
      sums.setActivationSums(of: hidden, count: rows.count, epsilon: epsilon)
      squares += residuals.setResiduals(
        of: sums, scale: Scalar(share), offsets: set.offsets, at: rows.lowerBound,
        count: rows.count)
      guard preparingStep else { return }
      hidden.scaleToSlopes(
        by: residuals, from: rows.lowerBound, count: rows.count, epsilon: epsilon)
      weightGradient.setProduct(
        of: hidden, set.inputs, transposed: .left, rows: 0..<rows.count,
        rightFrom: rows.lowerBound, scale: Scalar(2 * share / Double(set.count)),
        keep: rows.lowerBound == 0 ? 0 : 1)
    }
    return squares / Double(set.count)
  }

  public mutating func descend() {
    // η = η₀ N/α².
    let rate = task.learningRate * Double(weights.rows) / (task.alpha * task.alpha)
    weights.add(weightGradient, times: Scalar(-rate))
  }

  private mutating func populationLoss() -> Double {
    let share = Scalar(1 / Double(weights.rows))
    mean.setProduct(of: ones, weights, scale: share)
    moment.setLowerSquare(of: weights, scale: share)
    let deviation = moment.deviation(
      from: initialMoment, target: target, scale: Scalar(task.alpha * task.epsilon))
    return task.populationLoss(
      squares: deviation.squares, trace: deviation.trace,
      drift: mean.squaredDistance(to: initialMean), dimension: weights.columns)
  }

  public func observables() -> OrderedDictionary<String, Double> {
    let zeros = Matrix<Scalar>(rows: weights.rows, columns: weights.columns)
    return ["weight_norm": weights.squaredDistance(to: zeros).squareRoot()]
  }

  public func state() -> [Tensor] { [Tensor(name: "weights", matrix: weights)] }

  public mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    weights = try state.matrix(named: "weights", shape: [weights.rows, weights.columns])
  }
}

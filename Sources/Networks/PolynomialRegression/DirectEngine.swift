public import LinearAlgebra
public import OrderedCollections

/// Polynomial regression through all hidden units, forward and backward: the obvious twin.
///
///     h = X Wᵀ,  f = (α/N) Σₙ aₙ φ(h),  r = f − f₀ − y
///     ∂L/∂W = (2α/(NP)) Gᵀ X,  G[p][n] = r_p aₙ φ′(h[p][n]),  ∂L/∂aₙ = (2α/(NP)) Σ_p r_p φ(h[p][n])
///     g = ∂L/∂w + λ w,  v ← μ v + g,  w ← w − η v
///
/// W is kept transposed, `[D × N]`: the products then run along the rows of all three matrices, and the one that
/// makes the gradient sums over as many examples at once as fit.
public struct DirectEngine<Scalar: BLASScalar>: TrainingEngine {
  /// Most rows of inputs that pass through the products at once; a library's product wants many.
  static var blockRowsMax: Int { 512 }

  let task: PolynomialRegressionTask
  private(set) var train: ExampleSet<Scalar>
  private(set) var test: ExampleSet<Scalar>?
  /// Nil for targets that are not of second degree, and for given labels.
  private let population: PopulationLoss<Scalar>?
  /// For Hermite targets of higher degree, where there are no test examples.
  private var hermitePopulation: HermitePopulationLoss<Scalar>?
  /// Σ a/N at step 0 where the predictor is centred, else 0.
  private let referenceReadout: Double
  /// α φ(0), the network's constant for a mean readout of 1.
  private let constant: Double

  /// Wᵀ, `[D × N]`.
  var transposedWeights: TrainedMatrix<Scalar>
  /// a, `[1 × N]`; ones that stay where readouts are not trained.
  var readoutWeights: TrainedMatrix<Scalar>
  private let initialWeights: Matrix<Scalar>
  var linearised: LinearisedReference

  // Workspace, made once: a step allocates nothing.
  private var hidden: Matrix<Scalar>
  private var residuals: Matrix<Scalar>
  private var mean: Matrix<Scalar>
  private var moment: Matrix<Scalar>
  /// Wᵀ with its columns times the readouts; one element where those are ones.
  private var weighted: Matrix<Scalar>
  /// The coefficients of φ, `[1 × 5]`.
  private let activation: Matrix<Scalar>

  /// - Precondition: there are test examples where the test loss needs them, and readouts where they are trained.
  public init(task: PolynomialRegressionTask, draws: PolynomialRegressionDraws) {
    let (units, dimension) = (draws.hiddenUnits, draws.inputDimension)
    self.task = task
    linearised = LinearisedReference(task: task, draws: draws)
    let hasMomentum = task.momentum > 0
    initialWeights = Matrix<Scalar>(draws.weights).transposed
    transposedWeights = TrainedMatrix(initialWeights, hasMomentum: hasMomentum)
    let ones = [Double](repeating: 1, count: units)
    let readouts =
      task.trainsReadouts ? draws.readouts : Matrix(rows: 1, columns: units, elements: ones)
    guard let readouts else { preconditionFailure("no readouts to train are drawn") }
    readoutWeights = TrainedMatrix(
      Matrix(readouts), hasMomentum: hasMomentum && task.trainsReadouts)
    let meanReadout = readouts.elements.reduce(0, +) / Double(units)
    referenceReadout = task.isCentred ? meanReadout : 0
    population =
      task.isQuadratic && draws.givenLabels == nil
      ? PopulationLoss(
        task: task, directions: draws.target,
        moments: draws.moments(readouts: task.trainsReadouts ? readouts : nil)) : nil
    activation = Matrix(rows: 1, columns: 5, elements: task.activation)
    constant = task.alpha * task.activation[0]
    let labels = draws.labels(for: task)
    train = ExampleSet(inputs: draws.examples, labels: labels.train)
    test =
      task.testLoss == .sample
      ? draws.testExamples.map { ExampleSet(inputs: $0, labels: labels.test) } : nil
    hermitePopulation =
      test == nil && population == nil ? HermitePopulationLoss(task: task, draws: draws) : nil
    precondition(
      test != nil || population != nil || hermitePopulation != nil,
      "\(task) without test examples")
    let examples = max(train.count, test?.count ?? 0)
    hidden = Matrix(rows: min(examples, Self.blockRowsMax), columns: units)
    residuals = Matrix(rows: 1, columns: examples)
    mean = Matrix(rows: 1, columns: dimension)
    moment = Matrix(rows: dimension, columns: dimension)
    weighted =
      task.trainsReadouts
      ? Matrix(rows: dimension, columns: units) : Matrix(rows: 1, columns: 1)
    guard task.isCentred else { return }
    _ = meanSquare(on: train, preparingStep: false)
    train.centre(on: residuals)
    if var test {
      _ = meanSquare(on: test, preparingStep: false)
      test.centre(on: residuals)
      self.test = test
    }
  }

  public mutating func evaluate() -> (train: Double, test: Double) {
    // The test loss first: the train loss prepares the step.
    let testLoss = testLoss()
    return (evaluateTrain(), testLoss)
  }

  private mutating func testLoss() -> Double {
    if let test { return meanSquare(on: test, preparingStep: false) }
    return populationParts()?.sum
      ?? hermitePopulation?.loss(
        weights: transposedWeights.values, readouts: readoutWeights.values) ?? .nan
  }

  /// The train loss alone; prepares the step from this state.
  public mutating func evaluateTrain() -> Double { meanSquare(on: train, preparingStep: true) }

  /// The mean of r² over a set; when preparing a step, the gradient from the same pass.
  private mutating func meanSquare(on set: ExampleSet<Scalar>, preparingStep: Bool) -> Double {
    let share = task.alpha / Double(transposedWeights.values.columns)
    let factor = Scalar(2 * share / Double(set.count))
    let isPlain = task.target == .quadratic && !task.trainsReadouts
    var squares = 0.0
    if preparingStep, !isPlain { readoutWeights.gradient.fillWithZeros() }
    set.forEachBlock(of: hidden.rows) { rows in
      hidden.setProduct(of: set.inputs, transposedWeights.values, rows: rows)
      if isPlain {
        squares += residuals.setResiduals(
          ofHidden: &hidden, count: rows.count, epsilon: Scalar(task.epsilon),
          scale: Scalar(share), offsets: set.offsets, at: rows.lowerBound,
          makingSlopes: preparingStep)
      } else {
        squares += residuals.setResiduals(
          ofHidden: &hidden, count: rows.count, activation: activation,
          readouts: readoutWeights.values, scale: Scalar(share), offsets: set.offsets,
          at: rows.lowerBound, makingSlopes: preparingStep,
          addingTo: &readoutWeights.gradient)
      }
      guard preparingStep else { return }
      transposedWeights.gradient.setProduct(
        of: set.inputs, hidden, transposed: .left, rows: rows, scale: factor,
        keep: rows.lowerBound == 0 ? 0 : 1)
    }
    if preparingStep, task.trainsReadouts { readoutWeights.gradient.multiply(by: factor) }
    return squares / Double(set.count)
  }

  public mutating func descend() {
    linearised.descend()
    let rate = task.rate(hiddenUnits: transposedWeights.values.columns)
    transposedWeights.descend(rate: rate, decay: task.weightDecay, momentum: task.momentum)
    guard task.trainsReadouts else { return }
    readoutWeights.descend(rate: rate, decay: task.weightDecay, momentum: task.momentum)
  }

  /// The parts of the population's loss; nil where it has no closed form.
  private mutating func populationParts() -> PopulationLoss<Scalar>.Parts? {
    guard let population else { return nil }
    let (weights, readouts) = (transposedWeights.values, readoutWeights.values)
    let share = Scalar(1 / Double(weights.columns))
    mean.setProduct(of: readouts, weights, transposed: .right, scale: share)
    var meanReadout = 1.0
    if task.trainsReadouts {
      weighted.setColumns(of: weights, times: readouts)
      moment.setProduct(of: weighted, weights, transposed: .right, scale: share)
      meanReadout = 0
      for unit in 0..<readouts.columns { meanReadout += Double(readouts[0, unit]) }
      meanReadout /= Double(readouts.columns)
    } else {
      moment.setLowerSquare(of: weights, scale: share)
    }
    return population.parts(
      mean: mean, moment: moment, shift: constant * (meanReadout - referenceReadout))
  }

  /// The norm of all that is trained, how far it is from its initial value in units of that value's norm, the parts of
  /// the population's loss, and the losses of a linearised twin.
  public func observables() -> OrderedDictionary<String, Double> {
    let weights = transposedWeights.values
    let zeros = Matrix<Scalar>(rows: weights.rows, columns: weights.columns)
    var squares = weights.squaredDistance(to: zeros)
    if task.trainsReadouts {
      squares += readoutWeights.values.squaredDistance(
        to: Matrix(rows: 1, columns: weights.columns))
    }
    var observables: OrderedDictionary = [
      "weight_norm": squares.squareRoot(),
      "relative_weight_change":
        (weights.squaredDistance(to: initialWeights) / initialWeights.squaredDistance(to: zeros))
        .squareRoot(),
    ]
    var measured = self
    observables.merge(measured.populationParts()?.observables ?? [:]) { $1 }
    observables.merge(linearised.observables) { $1 }
    return observables
  }
}

import LinearAlgebra

/// The test loss of the linearised network at w = (1 + z) w₀ + Jᵀ s, on examples or over the population.
enum LinearisedTest: Sendable {
  /// The kernel of test with train examples `[T × P]`, and r₀ and J w₀ of the test examples, `[1 × T]`.
  case sample(kernel: Matrix<Double>, residuals: Matrix<Double>, weightOutputs: Matrix<Double>)
  case population(LinearisedPopulation)

  /// - Parameters:
  ///   - task: what is learned.
  ///   - draws: prepared for it.
  ///   - train: the initial features of the train examples.
  ///   - labels: y of the test examples.
  init(
    task: PolynomialRegressionTask, draws: PolynomialRegressionDraws,
    train: TangentFeatures<Double>, labels: [Double]
  ) {
    guard task.testLoss == .sample, let examples = draws.testExamples else {
      self = .population(LinearisedPopulation(task: task, draws: draws, train: train))
      return
    }
    let features = draws.initialFeatures(of: examples, task: task)
    let outputs = features.initialOutputs(
      task: task, labels: labels, readouts: draws.initialReadouts(task: task))
    self = .sample(
      kernel: features.kernel(with: train), residuals: outputs.residuals,
      weightOutputs: outputs.weightOutputs)
  }

  /// - Parameters:
  ///   - coefficients: s, `[1 × P]`.
  ///   - scale: z.
  /// - Returns: the mean squared residual.
  func loss(coefficients: Matrix<Double>, scale: Double) -> Double {
    switch self {
    case .sample(let kernel, var residuals, let weightOutputs):
      residuals.add(weightOutputs, times: scale)
      residuals.setProduct(of: coefficients, kernel, transposed: .right, keep: 1)
      return residuals.elements.reduce(0) { $0 + $1 * $1 } / Double(residuals.columns)
    case .population(let population):
      return population.loss(coefficients: coefficients, scale: scale)
    }
  }
}

/// The expected test loss of the linearised network, whose outputs are of second degree in x like the network's own.
///
/// They are those of a network with w̄ and M of first order in the change: w̄₀ + δw̄ and M₀ + δM.
struct LinearisedPopulation: Sendable {
  private let train: TangentFeatures<Double>
  /// W₀, `[N × D]`, and a₀, `[1 × N]`.
  private let weights: Matrix<Double>
  private let readouts: Matrix<Double>
  private let population: PopulationLoss<Double>
  /// α φ(0), and the mean readout of the reference.
  private let constant: Double
  private let referenceReadout: Double

  init(
    task: PolynomialRegressionTask, draws: PolynomialRegressionDraws,
    train: TangentFeatures<Double>
  ) {
    self.train = train
    weights = draws.weights
    let trained = task.trainsReadouts ? draws.readouts : nil
    readouts = draws.initialReadouts(task: task)
    population = PopulationLoss(
      task: task, directions: draws.target, moments: draws.moments(readouts: trained))
    constant = task.alpha * task.activation[0]
    referenceReadout = task.isCentred ? Self.mean(readouts) : 0
  }

  func loss(coefficients: Matrix<Double>, scale: Double) -> Double {
    let (units, dimension) = (weights.rows, weights.columns)
    let share = 1 / Double(units)
    // δW = (α/N) Gᵀ diag(s) X + z W₀, and δa likewise where readouts are trained.
    var weighted = train.slopes
    for row in 0..<weighted.rows {
      for column in 0..<units { weighted[row, column] *= coefficients[0, row] }
    }
    var change = weights
    change.setProduct(
      of: weighted, train.inputs, transposed: .left, scale: train.share, keep: scale)
    var newReadouts = readouts
    if let values = train.values {
      newReadouts.setProduct(of: coefficients, values, scale: train.share, keep: 1 + scale)
    }
    // w̄ = (1/N) ((a + δa)ᵀ W₀ + aᵀ δW).
    var mean = Matrix<Double>(rows: 1, columns: dimension)
    mean.setProduct(of: newReadouts, weights, scale: share)
    mean.setProduct(of: readouts, change, scale: share, keep: 1)
    // M = (1/N) (W₀ᵀ diag(a + δa) W₀ + C + Cᵀ), C = δWᵀ diag(a) W₀.
    var moment = Matrix<Double>(rows: dimension, columns: dimension)
    moment.setProduct(
      of: Self.rows(of: weights, times: newReadouts), weights, transposed: .left, scale: share)
    let scaledWeights = Self.rows(of: weights, times: readouts)
    moment.setProduct(of: change, scaledWeights, transposed: .left, scale: share, keep: 1)
    moment.setProduct(of: scaledWeights, change, transposed: .left, scale: share, keep: 1)
    let shift = constant * (Self.mean(newReadouts) - referenceReadout)
    return population.parts(mean: mean, moment: moment, shift: shift).sum
  }

  private static func mean(_ vector: Matrix<Double>) -> Double {
    vector.elements.reduce(0, +) / Double(vector.columns)
  }

  private static func rows(
    of matrix: Matrix<Double>, times factors: Matrix<Double>
  ) -> Matrix<Double> {
    var scaled = matrix
    for row in 0..<matrix.rows {
      for column in 0..<matrix.columns { scaled[row, column] *= factors[0, row] }
    }
    return scaled
  }
}

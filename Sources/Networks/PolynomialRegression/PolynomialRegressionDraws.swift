import Foundation
public import LinearAlgebra

/// What a polynomial-regression run draws: its examples, its target and its initial weights.
///
/// Each array has a stream of the generator of its own, and is filled row by row. So all cells of a seed
/// share their draws, and another number of examples changes neither β nor W nor the examples before.
public struct PolynomialRegressionDraws: Sendable {
  /// The sizes of a run.
  public struct Sizes: Hashable, Sendable {
    public var inputDimension: Int
    public var hiddenUnits: Int
    public var trainExamples: Int
    /// Zero when the test loss is the population's.
    public var testExamples: Int
    /// K, the directions that the target depends on.
    public var directions: Int
    /// Whether readouts are drawn; without them they are ones.
    public var hasReadouts: Bool

    public init(
      inputDimension: Int, hiddenUnits: Int, trainExamples: Int, testExamples: Int = 0,
      directions: Int = 1, hasReadouts: Bool = false
    ) {
      self.inputDimension = inputDimension
      self.hiddenUnits = hiddenUnits
      self.trainExamples = trainExamples
      self.testExamples = testExamples
      self.directions = directions
      self.hasReadouts = hasReadouts
    }
  }

  /// The train set's inputs, `[P × D]`.
  public let examples: Matrix<Double>
  /// β, a row a direction, `[K × D]`.
  public let target: Matrix<Double>
  /// W at step 0, `[N × D]`; of standard normal numbers until it is prepared otherwise.
  public private(set) var weights: Matrix<Double>
  /// a at step 0, `[1 × N]`; nil when the readouts are ones.
  public let readouts: Matrix<Double>?
  /// The test set's inputs, `[T × D]`; nil when there are none.
  public let testExamples: Matrix<Double>?
  /// y of the train and of the test examples where they are given; nil where they follow from the target.
  public internal(set) var givenLabels: (train: [Double], test: [Double])?

  public var inputDimension: Int { examples.columns }
  public var hiddenUnits: Int { weights.rows }

  public init(sizes: Sizes, seed: Int) {
    func matrix(
      rows: Int, columns: Int? = nil, stream: UInt64, scale: Double = 1
    ) -> Matrix<Double> {
      var generator = Xoshiro256(seed: UInt64(bitPattern: Int64(seed)), stream: stream)
      let columns = columns ?? sizes.inputDimension
      return Matrix(
        rows: rows, columns: columns,
        elements: NormalDeviates.array(count: rows * columns, scale: scale, using: &generator))
    }
    let inputScale = 1 / Double(sizes.inputDimension).squareRoot()
    examples = matrix(rows: sizes.trainExamples, stream: 1, scale: inputScale)
    target = matrix(rows: sizes.directions, stream: 2)
    weights = matrix(rows: sizes.hiddenUnits, stream: 3)
    testExamples =
      sizes.testExamples == 0
      ? nil : matrix(rows: sizes.testExamples, stream: 4, scale: inputScale)
    readouts =
      sizes.hasReadouts ? matrix(rows: 1, columns: sizes.hiddenUnits, stream: 5) : nil
  }

  /// Takes arrays as they are.
  init(
    examples: Matrix<Double>, target: Matrix<Double>, weights: Matrix<Double>,
    testExamples: Matrix<Double>?, readouts: Matrix<Double>?
  ) {
    self.examples = examples
    self.target = target
    self.weights = weights
    self.testExamples = testExamples
    self.readouts = readouts
  }

  /// y of the train examples and of the test examples.
  func labels(for task: PolynomialRegressionTask) -> (train: [Double], test: [Double]) {
    givenLabels ?? (
      task.targets(of: examples, directions: target),
      testExamples.map { task.targets(of: $0, directions: target) } ?? []
    )
  }

  /// Turns the drawn weights into those that the run starts from: wᵢ ← (1 − t) σ wᵢ ± t √s β/√(αε), + for even i.
  ///
  /// At t = 1 the network is its target. Kumar et al. 2024, Fig. 10, whose code has N = 2, α = s = σ = 1.
  ///
  /// - Parameters:
  ///   - task: gives α, ε, s and σ.
  ///   - interpolation: t, from 0 to 1.
  /// - Precondition: with t above 0 the target is the quadratic one of one direction.
  public mutating func prepareWeights(for task: PolynomialRegressionTask, interpolation: Double) {
    if task.sigma != 1 { weights.multiply(by: task.sigma) }
    guard interpolation > 0 else { return }
    precondition(
      task.target == .quadratic && target.rows == 1, "\(task.target) of \(target.rows) directions")
    weights.multiply(by: 1 - interpolation)
    let reach = interpolation * (task.labelScale / (task.alpha * task.epsilon)).squareRoot()
    for unit in 0..<weights.rows {
      for column in 0..<weights.columns {
        weights[unit, column] += (unit.isMultiple(of: 2) ? reach : -reach) * target[0, column]
      }
    }
  }

  /// The rank of the initial weights, in float32's precision.
  ///
  /// - Returns: at most the dimension of the inputs.
  /// - Throws: `LinearAlgebraError` where a weight is not finite.
  public func weightRank() throws(LinearAlgebraError) -> Int {
    let values = try SymmetricEigensystem(of: moments().second).values
    return values.count { $0 > 1e-7 * (values.first ?? 0) }
  }

  /// The first and second moments of W over the hidden units: w̄ = Wᵀa/N `[1 × D]` and M = Wᵀ diag(a) W/N `[D × D]`.
  ///
  /// - Parameter readouts: a, `[1 × N]`; ones if nil.
  /// - Returns: both, M symmetric to the bit.
  func moments(
    readouts: Matrix<Double>? = nil
  ) -> (mean: Matrix<Double>, second: Matrix<Double>) {
    let share = 1 / Double(hiddenUnits)
    let ones = Matrix<Double>(
      rows: 1, columns: hiddenUnits, elements: [Double](repeating: 1, count: hiddenUnits))
    var mean = Matrix<Double>(rows: 1, columns: inputDimension)
    mean.setProduct(of: readouts ?? ones, weights, scale: share)
    var second = Matrix<Double>(rows: inputDimension, columns: inputDimension)
    var weighted = weights
    if let readouts {
      for unit in 0..<hiddenUnits {
        for column in 0..<inputDimension { weighted[unit, column] *= readouts[0, unit] }
      }
    }
    second.setProduct(of: weights, weighted, transposed: .left, scale: share)
    // The product is symmetric but for the order of its sums; the engines keep symmetry to the bit.
    for row in 0..<inputDimension {
      for column in 0..<row { second[column, row] = second[row, column] }
    }
    return (mean, second)
  }
}

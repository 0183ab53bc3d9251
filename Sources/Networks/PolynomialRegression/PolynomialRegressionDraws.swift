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

    /// The memory that a run of these sizes takes at its peak, in bytes.
    ///
    /// The largest of what is held at once: while the draws are made, each as a list and then as a matrix;
    /// while the engine copies them, each through a list again; when the engine is complete, with the draws
    /// still there; and without them, while the direct engine's weights are saved as a matrix, a list and
    /// bytes, or the kernel is measured. Padding and vectors are left out.
    ///
    /// - Parameters:
    ///   - isDirect: whether the engine goes through all hidden units.
    ///   - hasMomentum: whether there are velocities.
    ///   - scalarBytes: the size of the engine's numbers.
    /// - Returns: an estimate that is neither far below nor far above.
    public func bytes(
      isDirect: Bool, hasMomentum: Bool = false, scalarBytes: Int
    ) -> Int {
      let train = trainExamples * inputDimension
      let test = testExamples * inputDimension
      let weights = hiddenUnits * inputDimension
      let square = inputDimension * inputDimension
      // In the order of making: x, w, test_x.
      let drawing = 8 * max(2 * train, train + 2 * weights, train + weights + 2 * test)
      // The draws, and M in double precision.
      let held = 8 * (train + weights + test + square)
      // Wᵀ with its initial value, its gradient, its velocity and itself times the readouts, or nothing; and M.
      let copies = 3 + (hasMomentum ? 1 : 0) + (hasReadouts ? 1 : 0)
      let state = scalarBytes * ((isDirect ? copies * weights : 0) + square)
      let copyingWeights = isDirect ? (8 + scalarBytes) * weights : 0
      let copyingInputs =
        state + max((8 + scalarBytes) * train, scalarBytes * train + (8 + scalarBytes) * test)
      // The direct engine's hidden layer and moment, or the kernels' panels and six matrices of the step.
      let workspace =
        isDirect
        ? min(max(trainExamples, testExamples), 512) * hiddenUnits + square : train + 6 * square
      let complete = state + scalarBytes * (train + test + workspace)
      let saving = complete + (isDirect ? (hasMomentum ? 6 : 3) * scalarBytes * weights : 0)
      return max(
        drawing, held + max(copyingWeights, copyingInputs, complete), saving,
        complete + measuringBytes(isDirect: isDirect, scalarBytes: scalarBytes))
    }

    /// While an eigenvector of the initial kernel on all examples is found: the kernel and its two factors as matrices
    /// and as lists, later the eigenvectors with LAPACK's workspace; and the hidden layer three times.
    public var bytesForKernel: Int {
      let points = trainExamples + testExamples
      return 8 * (6 * points * points + points * (3 * hiddenUnits + 2 * inputDimension))
    }

    /// While the kernel is measured: two or three matrices of pairs of examples, and X M, or the hidden layer as a
    /// matrix, in lists of both precisions, as a layer, and as one times the readouts.
    private func measuringBytes(isDirect: Bool, scalarBytes: Int) -> Int {
      let probe = min(testExamples > 0 ? testExamples : trainExamples, KernelAlignment.examplesMax)
      let pairs = (hasReadouts ? 3 : 2) * probe * probe
      let layer = probe * (isDirect ? hiddenUnits : inputDimension)
      return isDirect
        ? scalarBytes * (pairs + 4 * layer) + 8 * layer : scalarBytes * (pairs + layer)
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

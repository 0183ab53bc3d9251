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

    public init(
      inputDimension: Int, hiddenUnits: Int, trainExamples: Int, testExamples: Int = 0
    ) {
      self.inputDimension = inputDimension
      self.hiddenUnits = hiddenUnits
      self.trainExamples = trainExamples
      self.testExamples = testExamples
    }

    /// The memory that a run of these sizes takes at its peak, in bytes.
    ///
    /// The largest of what is held at once: while the draws are made, each as a list and then as a matrix;
    /// while the engine copies them, each through a list again; when the engine is complete, with the draws
    /// still there; and without them, while the direct engine's weights are saved as a matrix, a list and
    /// bytes. Padding and vectors are left out.
    ///
    /// - Parameters:
    ///   - isDirect: whether the engine goes through all hidden units.
    ///   - scalarBytes: the size of the engine's numbers.
    /// - Returns: an estimate that is neither far below nor far above.
    public func bytes(isDirect: Bool, scalarBytes: Int) -> Int {
      let train = trainExamples * inputDimension
      let test = testExamples * inputDimension
      let weights = hiddenUnits * inputDimension
      let square = inputDimension * inputDimension
      // In the order of making: x, w, test_x.
      let drawing = 8 * max(2 * train, train + 2 * weights, train + weights + 2 * test)
      // The draws, and M in double precision.
      let held = 8 * (train + weights + test + square)
      // Wᵀ with its gradient, or nothing; and M.
      let state = scalarBytes * ((isDirect ? 2 * weights : 0) + square)
      let copyingWeights = isDirect ? (8 + scalarBytes) * weights : 0
      let copyingInputs =
        state + max((8 + scalarBytes) * train, scalarBytes * train + (8 + scalarBytes) * test)
      // The direct engine's hidden layer and moment, or the kernels' panels and six matrices of the step.
      let workspace =
        isDirect
        ? min(max(trainExamples, testExamples), 512) * hiddenUnits + square : train + 6 * square
      let complete = state + scalarBytes * (train + test + workspace)
      let saving = complete + (isDirect ? 3 * scalarBytes * weights : 0)
      return max(drawing, held + max(copyingWeights, copyingInputs, complete), saving)
    }
  }

  /// The train set's inputs, `[P × D]`.
  public let examples: Matrix<Double>
  /// β, `[1 × D]`.
  public let target: Matrix<Double>
  /// W at step 0, `[N × D]`.
  public let weights: Matrix<Double>
  /// The test set's inputs, `[T × D]`; nil when there are none.
  public let testExamples: Matrix<Double>?

  public var inputDimension: Int { examples.columns }
  public var hiddenUnits: Int { weights.rows }

  public init(sizes: Sizes, seed: Int) {
    func matrix(rows: Int, stream: UInt64, scale: Double = 1) -> Matrix<Double> {
      var generator = Xoshiro256(seed: UInt64(bitPattern: Int64(seed)), stream: stream)
      return Matrix(
        rows: rows, columns: sizes.inputDimension,
        elements: NormalDeviates.array(
          count: rows * sizes.inputDimension, scale: scale, using: &generator))
    }
    let inputScale = 1 / Double(sizes.inputDimension).squareRoot()
    examples = matrix(rows: sizes.trainExamples, stream: 1, scale: inputScale)
    target = matrix(rows: 1, stream: 2)
    weights = matrix(rows: sizes.hiddenUnits, stream: 3)
    testExamples =
      sizes.testExamples == 0
      ? nil : matrix(rows: sizes.testExamples, stream: 4, scale: inputScale)
  }

  /// Takes the draws from a file's tensors x `[P × D]`, beta `[D]`, w `[N × D]` and test_x `[T × D]`.
  ///
  /// - Parameters:
  ///   - file: the tensors.
  ///   - sizes: what the run's parameters say.
  /// - Throws: `SafetensorsError` when a tensor is missing, its shape is not what the sizes say, or a
  ///   value of it is not finite.
  public init(file: Safetensors, sizes: Sizes) throws(SafetensorsError) {
    func matrix(
      _ name: String, rows: (count: Int, parameter: String)
    ) throws(SafetensorsError) -> Matrix<Double> {
      let tensor = try file.tensor(named: name)
      guard tensor.shape.count == 2 else {
        throw SafetensorsError("\(name) is \(tensor.shapeText), a matrix is needed")
      }
      guard tensor.shape[1] == sizes.inputDimension else {
        throw SafetensorsError(
          "\(name) is \(tensor.shapeText), input_dimension is \(sizes.inputDimension)")
      }
      guard tensor.shape[0] == rows.count else {
        throw SafetensorsError(
          "\(name) is \(tensor.shapeText), \(rows.parameter) is \(rows.count)")
      }
      return try tensor.checkedToBeFinite().matrix()
    }
    examples = try matrix("x", rows: (sizes.trainExamples, "train_examples"))
    weights = try matrix("w", rows: (sizes.hiddenUnits, "hidden_units"))
    let beta = try file.tensor(named: "beta")
    guard beta.shape == [sizes.inputDimension] else {
      throw SafetensorsError(
        "beta is \(beta.shapeText), input_dimension is \(sizes.inputDimension)")
    }
    target = try beta.checkedToBeFinite().matrix()
    testExamples =
      sizes.testExamples == 0
      ? nil : try matrix("test_x", rows: (sizes.testExamples, "test_examples"))
  }

  /// y = ½ (β·x)² of every row of inputs.
  func targets(of inputs: Matrix<Double>) -> [Double] {
    var projections = Matrix<Double>(rows: inputs.rows, columns: 1)
    projections.setProduct(of: inputs, target, transposed: .right)
    return projections.elements.map { $0 * $0 / 2 }
  }

  /// The first and second moments of W over the hidden units: w̄ `[1 × D]` and M = WᵀW/N `[D × D]`.
  func moments() -> (mean: Matrix<Double>, second: Matrix<Double>) {
    let share = 1 / Double(hiddenUnits)
    let ones = Matrix<Double>(
      rows: 1, columns: hiddenUnits, elements: [Double](repeating: 1, count: hiddenUnits))
    var mean = Matrix<Double>(rows: 1, columns: inputDimension)
    mean.setProduct(of: ones, weights, scale: share)
    var second = Matrix<Double>(rows: inputDimension, columns: inputDimension)
    second.setProduct(of: weights, weights, transposed: .left, scale: share)
    // The product is symmetric but for the order of its sums; the engines keep symmetry to the bit.
    for row in 0..<inputDimension {
      for column in 0..<row { second[column, row] = second[row, column] }
    }
    return (mean, second)
  }
}

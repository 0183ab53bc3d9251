import LinearAlgebra

extension PolynomialRegressionDraws {
  /// Takes the draws from a file's tensors x `[P × D]`, beta `[D]` or `[K × D]`, w `[N × D]`, and where they are needed
  /// test_x `[T × D]` and a `[N]`.
  ///
  /// - Parameters:
  ///   - file: the tensors.
  ///   - sizes: what the run's parameters say.
  ///   - inputScale: the factor of x and test_x.
  /// - Throws: `SafetensorsError` when a tensor is missing, its shape is not what the sizes say, or a
  ///   value of it is not finite.
  public init(
    file: Safetensors, sizes: Sizes, inputScale: Double = 1
  ) throws(SafetensorsError) {
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
    func inputs(
      _ name: String, rows: (count: Int, parameter: String)
    ) throws(SafetensorsError) -> Matrix<Double> {
      var inputs = try matrix(name, rows: rows)
      if inputScale != 1 { inputs.multiply(by: inputScale) }
      return inputs
    }
    let examples = try inputs("x", rows: (sizes.trainExamples, "train_examples"))
    let weights = try matrix("w", rows: (sizes.hiddenUnits, "hidden_units"))
    let beta = try file.tensor(named: "beta")
    let target: Matrix<Double>
    if beta.shape.count == 2, sizes.directions > 1 {
      target = try matrix("beta", rows: (sizes.directions, "directions"))
    } else {
      target = try Self.vector(beta, count: sizes.inputDimension, parameter: "input_dimension")
      guard sizes.directions == 1 else {
        throw SafetensorsError("beta is \(beta.shapeText), directions is \(sizes.directions)")
      }
    }
    let readouts =
      sizes.hasReadouts
      ? try Self.vector(
        try file.tensor(named: "a"), count: sizes.hiddenUnits, parameter: "hidden_units") : nil
    let testExamples =
      sizes.testExamples == 0
      ? nil : try inputs("test_x", rows: (sizes.testExamples, "test_examples"))
    self.init(
      examples: examples, target: target, weights: weights, testExamples: testExamples,
      readouts: readouts)
  }

  private static func vector(
    _ tensor: Tensor, count: Int, parameter: String
  ) throws(SafetensorsError) -> Matrix<Double> {
    guard tensor.shape == [count] else {
      throw SafetensorsError("\(tensor.name) is \(tensor.shapeText), \(parameter) is \(count)")
    }
    return try tensor.checkedToBeFinite().matrix()
  }
}

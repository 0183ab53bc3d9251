import LinearAlgebra

/// Inputs with what the outputs at them are compared to.
struct ExampleSet<Scalar: BLASScalar>: Sendable {
  /// `[count × D]`.
  let inputs: Matrix<Scalar>
  /// What residuals are taken against, `[1 × count]`: f₀(x) + y(x); until `centre(on:)`, y(x).
  private(set) var offsets: Matrix<Scalar>

  /// y, `[count]`.
  let labels: [Double]

  var count: Int { inputs.rows }

  /// - Parameters:
  ///   - inputs: `[count × D]`.
  ///   - labels: y of every row.
  ///   - constant: what residuals leave out of f.
  init(inputs: Matrix<Double>, labels: [Double], constant: Double = 0) {
    self.inputs = Matrix(inputs)
    self.labels = labels
    offsets = Matrix(rows: 1, columns: inputs.rows, elements: labels.map { $0 - constant })
  }

  /// The first examples, as many as a kernel is measured on.
  var kernelInputs: Matrix<Scalar> {
    guard count > KernelAlignment.examplesMax else { return inputs }
    let elements = inputs.elements.prefix(KernelAlignment.examplesMax * inputs.columns)
    return Matrix(
      rows: KernelAlignment.examplesMax, columns: inputs.columns, elements: Array(elements))
  }

  var kernelLabels: [Double] { Array(labels.prefix(KernelAlignment.examplesMax)) }

  /// Centres the predictor: from now on residuals are f − f₀ − y.
  ///
  /// - Parameter residuals: those of the initial state against y alone, f₀ − y, `[1 × at least count]`.
  mutating func centre(on residuals: Matrix<Scalar>) {
    for place in 0..<count {
      // f₀ + y from f₀ − y, both exact to a rounding of their own.
      offsets[0, place] = residuals[0, place] + 2 * offsets[0, place]
    }
  }

  /// The blocks of rows that pass through the products together.
  func forEachBlock(of rows: Int, _ body: (Range<Int>) -> Void) {
    var start = 0
    while start < count {
      let end = min(start + rows, count)
      body(start..<end)
      start = end
    }
  }
}

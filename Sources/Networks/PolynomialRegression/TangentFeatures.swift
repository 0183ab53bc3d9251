public import LinearAlgebra

/// What the gradients of the network at some examples are made of.
///
///     ∂f(x_p)/∂w_n = (α/N) G[p][n] x_p,  G[p][n] = aₙ φ′(w_n·x_p);  ∂f(x_p)/∂aₙ = (α/N) φ(w_n·x_p)
///
/// The tangent kernel of two examples is the product of their gradients,
/// K(x, x′) = (α/N)² (x·x′ Σₙ G G′ + Σₙ φ(hₙ) φ(h′ₙ)), the second sum only where readouts are trained.
struct TangentFeatures<Scalar: BLASScalar>: Sendable {
  /// X, `[P × D]`.
  let inputs: Matrix<Scalar>
  /// H = X Wᵀ, `[P × N]`.
  let hidden: Matrix<Scalar>
  /// G, `[P × N]`.
  let slopes: Matrix<Scalar>
  /// φ(H), `[P × N]`; nil where readouts are not trained.
  let values: Matrix<Scalar>?
  /// α/N.
  let share: Double

  /// - Parameters:
  ///   - task: α, φ, and whether readouts are trained.
  ///   - inputs: X, `[P × D]`.
  ///   - transposedWeights: Wᵀ, `[D × N]`.
  ///   - readouts: a, `[1 × N]`.
  init(
    task: PolynomialRegressionTask, inputs: Matrix<Scalar>, transposedWeights: Matrix<Scalar>,
    readouts: Matrix<Scalar>
  ) {
    let units = transposedWeights.columns
    var hidden = Matrix<Scalar>(rows: inputs.rows, columns: units)
    hidden.setProduct(of: inputs, transposedWeights)
    func layer(_ coefficients: [Double]) -> Matrix<Scalar> {
      let reversed = Array(coefficients.reversed())
      return Matrix<Scalar>(
        rows: inputs.rows, columns: units,
        elements: hidden.elements.map { h in reversed.reduce(0) { $0 * Double(h) + $1 } })
    }
    let derivative = layer(
      task.activation.enumerated().dropFirst().map { Double($0.offset) * $0.element })
    var slopes = derivative
    slopes.setColumns(of: derivative, times: readouts)
    self.inputs = inputs
    self.hidden = hidden
    self.slopes = slopes
    values = task.trainsReadouts ? layer(task.activation) : nil
    share = task.alpha / Double(units)
  }

  /// x·x′ of every example here with every one there, `[P × Q]`.
  func gram(with other: TangentFeatures) -> Matrix<Scalar> { Self.product(inputs, other.inputs) }

  /// Σₙ G G′, `[P × Q]`.
  func factor(with other: TangentFeatures) -> Matrix<Scalar> { Self.product(slopes, other.slopes) }

  /// Σₙ φ(hₙ) φ(h′ₙ), `[P × Q]`; nil where readouts are not trained.
  func addend(with other: TangentFeatures) -> Matrix<Scalar>? {
    guard let values, let others = other.values else { return nil }
    return Self.product(values, others)
  }

  /// K, `[P × Q]`.
  func kernel(with other: TangentFeatures) -> Matrix<Scalar> {
    let (gram, factor, addend) = (gram(with: other), factor(with: other), addend(with: other))
    let scale = Scalar(share * share)
    var elements = zip(gram.elements, factor.elements).map { scale * $0 * $1 }
    if let addend { elements = zip(elements, addend.elements).map { $0 + scale * $1 } }
    return Matrix(rows: gram.rows, columns: gram.columns, elements: elements)
  }

  /// The residuals of these weights against labels, and the products of their gradients with them.
  ///
  /// - Parameters:
  ///   - task: whether the predictor is centred.
  ///   - labels: y, P of them.
  ///   - readouts: a, `[1 × N]`.
  /// - Returns: r₀ and J w, `[1 × P]` each.
  func initialOutputs(
    task: PolynomialRegressionTask, labels: [Double], readouts: Matrix<Scalar>
  ) -> (residuals: Matrix<Scalar>, weightOutputs: Matrix<Scalar>) {
    let reversed = Array(task.activation.reversed())
    var residuals: [Double] = []
    var weightOutputs: [Double] = []
    for (row, label) in labels.enumerated() {
      var (output, product) = (0.0, 0.0)
      for unit in 0..<hidden.columns {
        let h = Double(hidden[row, unit])
        output += Double(readouts[0, unit]) * reversed.reduce(0) { $0 * h + $1 }
        product += Double(slopes[row, unit]) * h
      }
      residuals.append((task.isCentred ? 0 : share * output) - label)
      weightOutputs.append(share * (product + (task.trainsReadouts ? output : 0)))
    }
    return (
      Matrix(rows: 1, columns: labels.count, elements: residuals),
      Matrix(rows: 1, columns: labels.count, elements: weightOutputs)
    )
  }

  private static func product(
    _ left: Matrix<Scalar>, _ right: Matrix<Scalar>
  ) -> Matrix<Scalar> {
    var product = Matrix<Scalar>(rows: left.rows, columns: right.rows)
    product.setProduct(of: left, right, transposed: .right)
    return product
  }
}

extension PolynomialRegressionDraws {
  /// The features of the initial weights at some inputs, `[P × D]`, in double precision.
  func initialFeatures(
    of inputs: Matrix<Double>, task: PolynomialRegressionTask
  ) -> TangentFeatures<Double> {
    TangentFeatures(
      task: task, inputs: inputs, transposedWeights: weights.transposed,
      readouts: initialReadouts(task: task))
  }

  /// a at step 0, `[1 × N]`: ones unless they are trained.
  func initialReadouts(task: PolynomialRegressionTask) -> Matrix<Double> {
    let ones = [Double](repeating: 1, count: hiddenUnits)
    return (task.trainsReadouts ? readouts : nil)
      ?? Matrix(rows: 1, columns: hiddenUnits, elements: ones)
  }

  /// The tangent kernel of the initial weights on the train examples and, after them, the test examples.
  ///
  /// - Parameter task: α, φ, and whether readouts are trained.
  /// - Returns: `[(P + T) × (P + T)]`, symmetric to the bit.
  public func initialKernel(task: PolynomialRegressionTask) -> Matrix<Double> {
    let points = examples.elements + (testExamples?.elements ?? [])
    let features = initialFeatures(
      of: Matrix(rows: points.count / inputDimension, columns: inputDimension, elements: points),
      task: task)
    var kernel = features.kernel(with: features)
    for row in 0..<kernel.rows {
      for column in 0..<row { kernel[column, row] = kernel[row, column] }
    }
    return kernel
  }
}

public import LinearAlgebra
public import OrderedCollections

extension DirectEngine {
  /// Kernel-task alignment on the test examples, or on the train examples where there are none.
  ///
  /// The tangent kernel is (α/N)² (x·x′ Σₙ aₙ² φ′(hₙ) φ′(h′ₙ) + Σₙ φ(hₙ) φ(h′ₙ)), the second part only where
  /// readouts are trained; alignment does not see the factor.
  public func costlyObservables() -> OrderedDictionary<String, Double> {
    let set = test ?? train
    let inputs = set.kernelInputs
    let (count, units) = (inputs.rows, transposedWeights.values.columns)
    func square(of matrix: Matrix<Scalar>) -> Matrix<Scalar> {
      var product = Matrix<Scalar>(rows: count, columns: count)
      product.setProduct(of: matrix, matrix, transposed: .right)
      return product
    }
    var hidden = Matrix<Scalar>(rows: count, columns: units)
    hidden.setProduct(of: inputs, transposedWeights.values)
    let coefficients = task.activation
    let slopes = coefficients.enumerated().dropFirst().map { Double($0.offset) * $0.element }
    func layer(_ coefficients: [Double], times factors: Matrix<Scalar>?) -> Matrix<Scalar> {
      let reversed = Array(coefficients.reversed())
      let values = hidden.elements.map { h in reversed.reduce(0) { $0 * Double(h) + $1 } }
      let layer = Matrix<Scalar>(rows: count, columns: units, elements: values)
      guard let factors else { return layer }
      var scaled = layer
      scaled.setColumns(of: layer, times: factors)
      return scaled
    }
    return KernelAlignment.observables(
      gram: square(of: inputs), factor: square(of: layer(slopes, times: readoutWeights.values)),
      addend: task.trainsReadouts ? square(of: layer(coefficients, times: nil)) : nil,
      labels: set.kernelLabels)
  }
}

extension DirectEngine {
  /// W, `[N × D]`.
  public var weights: Matrix<Scalar> {
    get { transposedWeights.values.transposed }
    set { transposedWeights.values = newValue.transposed }
  }

  /// a, `[1 × N]`.
  public var readouts: Matrix<Scalar> {
    get { readoutWeights.values }
    set { readoutWeights.values = newValue }
  }

  /// ∂L/∂W of the state that was evaluated last and not yet left, `[N × D]`, decay excluded.
  public var weightGradient: Matrix<Scalar> { transposedWeights.gradient.transposed }

  /// ∂L/∂a of the state that was evaluated last and not yet left, `[1 × N]`, decay excluded; only where they are trained.
  public var readoutGradient: Matrix<Scalar> { readoutWeights.gradient }
}

public import LinearAlgebra
public import OrderedCollections

extension DirectEngine {
  /// Kernel-task alignment on the test examples, or on the train examples where there are none.
  ///
  /// It does not see the factor (α/N)² of the tangent kernel.
  public func costlyObservables() -> OrderedDictionary<String, Double> {
    let set = test ?? train
    let features = TangentFeatures(
      task: task, inputs: set.kernelInputs, transposedWeights: transposedWeights.values,
      readouts: readoutWeights.values)
    return KernelAlignment.observables(
      gram: features.gram(with: features), factor: features.factor(with: features),
      addend: features.addend(with: features), labels: set.kernelLabels)
  }

  /// The test loss of regression with the initial kernel, if it was asked for.
  public func initialObservables() -> OrderedDictionary<String, Double> {
    linearised.initialObservables
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

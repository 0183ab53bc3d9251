public import LinearAlgebra

/// The weights of a perceptron with tanh layers, biases and linear outputs, and the way through it.
///
/// Layer l maps a row h to tanh(h Wₗ + bₗ), the last one to h Wₗ + bₗ.
public struct PerceptronLayers<Scalar: BLASScalar>: Sendable {
  /// W₁ `[inputs × units]`, b₁ `[1 × units]`, W₂, b₂ and so on.
  public var matrices: [Matrix<Scalar>]

  /// - Precondition: every layer has as many inputs as the one before has units.
  public init(matrices: [Matrix<Scalar>]) {
    precondition(matrices.count >= 2 && matrices.count % 2 == 0, "\(matrices.count) matrices")
    for layer in 0..<matrices.count / 2 {
      let (weights, bias) = (matrices[2 * layer], matrices[2 * layer + 1])
      precondition(
        bias.rows == 1 && bias.columns == weights.columns,
        "the bias \(bias.shape) of \(weights.shape)")
      precondition(
        layer == 0 || matrices[2 * layer - 2].columns == weights.rows,
        "\(weights.shape) after \(matrices[layer == 0 ? 0 : 2 * layer - 2].shape)")
    }
    self.matrices = matrices
  }

  /// The same weights in another precision.
  public init(_ other: PerceptronLayers<some BLASScalar>) {
    self.init(matrices: other.matrices.map { Matrix($0) })
  }

  /// How many layers there are, the outputs counted.
  var count: Int { matrices.count / 2 }
  /// The bias of the outputs, `[1 × outputs]`.
  var outputBias: Matrix<Scalar> { matrices[matrices.count - 1] }

  /// Matrices for what `forward` computes of so many examples.
  func workspace(examples: Int) -> [Matrix<Scalar>] {
    (0..<count).map { Matrix(rows: examples, columns: matrices[2 * $0].columns) }
  }

  /// Passes examples through.
  ///
  /// - Parameters:
  ///   - inputs: a row an example.
  ///   - activations: a matrix a layer, as `workspace` makes them; the last becomes the outputs without their bias.
  func forward(_ inputs: Matrix<Scalar>, into activations: inout [Matrix<Scalar>]) {
    for layer in 0..<count {
      let below = layer == 0 ? inputs : activations[layer - 1]
      activations[layer].setProduct(of: below, matrices[2 * layer])
      if layer < count - 1 { activations[layer].applyTanh(bias: matrices[2 * layer + 1]) }
    }
  }

  /// The gradients of a loss, δₗ = (δₗ₊₁ Wₗ₊₁ᵀ) ∘ (1 − hₗ²), ∂L/∂Wₗ = hₗ₋₁ᵀ δₗ, ∂L/∂bₗ = Σₚ δₗ.
  ///
  /// - Parameters:
  ///   - inputs: h₀, a row an example.
  ///   - activations: hₗ of the hidden layers; what comes after them is not read.
  ///   - residuals: f − y, in place of δ of the last layer.
  ///   - scale: what makes δ of them.
  ///   - gradients: in the order of the matrices.
  ///   - slopes: δₗ of the hidden layers.
  func propagateBack(
    _ inputs: Matrix<Scalar>, _ activations: [Matrix<Scalar>], residuals: Matrix<Scalar>,
    scale: Scalar, into gradients: inout [Matrix<Scalar>], slopes: inout [Matrix<Scalar>]
  ) {
    let last = count - 1
    for layer in (0...last).reversed() {
      let factor = layer == last ? scale : 1
      let delta = layer == last ? residuals : slopes[layer]
      let below = layer == 0 ? inputs : activations[layer - 1]
      gradients[2 * layer].setProduct(of: below, delta, transposed: .left, scale: factor)
      gradients[2 * layer + 1].setColumnSums(of: delta, times: factor)
      guard layer > 0 else { return }
      slopes[layer - 1].setProduct(
        of: delta, matrices[2 * layer], transposed: .right, scale: factor)
      slopes[layer - 1].multiplyByTanhSlopes(of: below)
    }
  }

  /// The same layers with the weights of a state.
  ///
  /// - Parameter state: has them as `weights_0`, `weights_1` and so on.
  /// - Returns: layers of the same sizes.
  /// - Throws: `SafetensorsError` if one is missing or of another shape.
  func restored(from state: Safetensors) throws(SafetensorsError) -> Self {
    var restored = self
    for (index, matrix) in matrices.enumerated() {
      restored.matrices[index] = try state.matrix(
        named: "weights_\(index)", shape: [matrix.rows, matrix.columns])
    }
    return restored
  }

  /// The outputs of examples.
  ///
  /// - Parameter inputs: a row an example.
  /// - Returns: a row an example.
  public func outputs(of inputs: Matrix<Scalar>) -> Matrix<Scalar> {
    var activations = workspace(examples: inputs.rows)
    forward(inputs, into: &activations)
    var outputs = activations[count - 1]
    let bias = outputBias
    for row in 0..<outputs.rows {
      for column in 0..<outputs.columns { outputs[row, column] += bias[0, column] }
    }
    return outputs
  }
}

import LinearAlgebra

/// Layers in files, as a PyTorch module with a list `layers` of `nn.Linear` names and shapes them.
extension PerceptronLayers {
  /// W of each layer, `[units × inputs]`, and b, `[units]`.
  func tensors() -> [Tensor] { Self.tensors(matrices) }

  /// The same for matrices of these layers' shapes, such as their gradients.
  static func tensors(_ matrices: [Matrix<Scalar>]) -> [Tensor] {
    matrices.enumerated().map { index, matrix in
      index % 2 == 1
        ? Tensor(name: name(index), vector: matrix)
        : Tensor(name: name(index), matrix: matrix.transposed)
    }
  }

  /// Takes up what `tensors()` gave, to the bit.
  ///
  /// - Throws: `SafetensorsError` if something is missing, or of another shape or precision; then nothing has changed.
  mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    var restored = matrices
    for (index, matrix) in matrices.enumerated() {
      let isBias = index % 2 == 1
      let tensor: Matrix<Scalar> = try state.matrix(
        named: Self.name(index), shape: isBias ? [matrix.columns] : [matrix.columns, matrix.rows])
      restored[index] = isBias ? tensor : tensor.transposed
    }
    matrices = restored
  }

  /// The same layers with the weights of a state.
  ///
  /// - Parameter state: has them as `weights_0`, `weights_1` and so on, as they lie here.
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

  /// The names and shapes of layers' tensors.
  ///
  /// - Parameter widths: the inputs, the units of each hidden layer, the outputs.
  /// - Returns: a weight and a bias a layer.
  static func parameters(widths: [Int]) -> [(name: String, shape: [Int])] {
    zip(widths, widths.dropFirst()).enumerated().flatMap { layer, sizes in
      [(name(2 * layer), [sizes.1, sizes.0]), (name(2 * layer + 1), [sizes.1])]
    }
  }

  private static func name(_ index: Int) -> String {
    "layers.\(index / 2).\(index % 2 == 1 ? "bias" : "weight")"
  }
}

extension PerceptronLayers where Scalar == Double {
  /// Takes layers from tensors.
  ///
  /// - Parameters:
  ///   - tensors: those of `parameters(widths:)`, in their order and shapes.
  ///   - activation: of the hidden layers.
  /// - Throws: `SafetensorsError` if one is neither a vector nor a matrix.
  init(_ tensors: [Tensor], activation: Activation = .tanh) throws(SafetensorsError) {
    var matrices: [Matrix<Double>] = []
    for (index, tensor) in tensors.enumerated() {
      let matrix: Matrix<Double> = try tensor.matrix()
      matrices.append(index % 2 == 1 ? matrix : matrix.transposed)
    }
    self.init(matrices: matrices, activation: activation)
  }
}

public import LinearAlgebra

/// The weights of a perceptron with biases and linear outputs, and the way through it.
///
/// Layer l maps a row h to φ(h Wₗ + bₗ), the last one to h Wₗ + bₗ.
public struct PerceptronLayers<Scalar: BLASScalar>: Sendable {
  /// W₁ `[inputs × units]`, b₁ `[1 × units]`, W₂, b₂ and so on.
  public var matrices: [Matrix<Scalar>]
  /// φ.
  public let activation: Activation

  /// - Precondition: every layer has as many inputs as the one before has units.
  public init(matrices: [Matrix<Scalar>], activation: Activation = .tanh) {
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
    self.activation = activation
  }

  /// The same weights in another precision.
  public init(_ other: PerceptronLayers<some BLASScalar>) {
    self.init(matrices: other.matrices.map { Matrix($0) }, activation: other.activation)
  }

  /// How many layers there are, the outputs counted.
  var count: Int { matrices.count / 2 }
  /// The bias of the outputs, `[1 × outputs]`.
  var outputBias: Matrix<Scalar> { matrices[matrices.count - 1] }
  /// The norm of all weights and biases.
  var norm: Double {
    matrices.reduce(0) { sum, matrix in
      sum + matrix.squaredDistance(to: Matrix(rows: matrix.rows, columns: matrix.columns))
    }.squareRoot()
  }

  /// Passes examples through.
  ///
  /// - Parameters:
  ///   - inputs: a row an example.
  ///   - range: the rows that take part, all of them if nil; of the pass the first ones are written, as many.
  ///   - pass: becomes what the layers make of them; its last matrix becomes the outputs without their bias.
  ///   - outputScale: α, of outputs that are to have their bias: then the last matrix becomes α (h W + b).
  func forward(
    _ inputs: Matrix<Scalar>, rows range: Range<Int>? = nil,
    into pass: inout PerceptronPass<Scalar>,
    outputScale: Scalar? = nil
  ) {
    let taken = range ?? 0..<inputs.rows
    let rows = 0..<taken.count
    for layer in 0..<count {
      var (scale, keep): (Scalar, Scalar) = (1, 0)
      if layer == count - 1, let outputScale {
        pass.layers[layer].fill(outputBias, rows: rows.count)
        (scale, keep) = (outputScale, outputScale)
      }
      pass.layers[layer].setProduct(
        of: layer == 0 ? inputs : pass.layers[layer - 1], matrices[2 * layer],
        rows: layer == 0 ? taken : rows, scale: scale, keep: keep)
      guard layer < count - 1 else { return }
      pass.layers[layer].apply(
        activation, bias: matrices[2 * layer + 1], rows: rows.count, slopes: &pass.kept[layer])
    }
  }

  /// Passes slopes back: δₗ = (δₗ₊₁ Wₗ₊₁ᵀ) ∘ φ′, ∂L/∂Wₗ = hₗ₋₁ᵀ δₗ, ∂L/∂bₗ = Σₚ δₗ.
  ///
  /// - Parameters:
  ///   - inputs: as `forward` was given them last.
  ///   - range: likewise.
  ///   - pass: made by `forward` with room for slopes, its last matrix by now the slopes by the outputs but for `scale`.
  ///   - scale: what these have to be multiplied by.
  ///   - gradients: become those of the matrices.
  func propagateBack(
    _ inputs: Matrix<Scalar>, rows range: Range<Int>? = nil,
    through pass: inout PerceptronPass<Scalar>, times scale: Scalar,
    into gradients: inout [Matrix<Scalar>]
  ) {
    let taken = range ?? 0..<inputs.rows
    let rows = 0..<taken.count
    for layer in (0..<count).reversed() {
      let factor = layer == count - 1 ? scale : 1
      let delta = layer == count - 1 ? pass.layers[layer] : pass.slopes[layer]
      gradients[2 * layer].setProduct(
        of: layer == 0 ? inputs : pass.layers[layer - 1], delta, transposed: .left,
        rows: layer == 0 ? taken : rows, scale: factor)
      gradients[2 * layer + 1].setColumnSums(of: delta, times: factor, rows: rows.count)
      guard layer > 0 else { return }
      pass.slopes[layer - 1].setProduct(
        of: delta, matrices[2 * layer], transposed: .right, rows: rows, scale: factor)
      pass.slopes[layer - 1].multiplyBySlopes(
        of: activation, hidden: pass.layers[layer - 1], slopes: pass.kept[layer - 1],
        rows: rows.count)
    }
  }

  /// The outputs of examples.
  ///
  /// - Parameter inputs: a row an example.
  /// - Returns: a row an example.
  public func outputs(of inputs: Matrix<Scalar>) -> Matrix<Scalar> {
    var pass = PerceptronPass(self, examples: inputs.rows)
    forward(inputs, into: &pass)
    var outputs = pass.layers[count - 1]
    let bias = outputBias
    for row in 0..<outputs.rows {
      for column in 0..<outputs.columns { outputs[row, column] += bias[0, column] }
    }
    return outputs
  }
}

extension PerceptronLayers where Scalar == Double {
  /// Weights and biases uniform between ∓scale/√inputs: with a scale of 1 as PyTorch's linear layers begin.
  ///
  /// - Parameters:
  ///   - widths: the inputs, the units of each hidden layer, the outputs.
  ///   - scale: the factor of everything drawn.
  ///   - activation: of the hidden layers.
  ///   - generator: gives the numbers, layer by layer, the weights before the biases.
  /// - Returns: as many layers as there are widths but the first.
  static func standard(
    widths: [Int], scale: Double, activation: Activation = .tanh, using generator: inout Xoshiro256
  ) -> PerceptronLayers {
    var matrices: [Matrix<Double>] = []
    for (inputs, units) in zip(widths, widths.dropFirst()) {
      let bound = scale / Double(inputs).squareRoot()
      for rows in [inputs, 1] {
        matrices.append(.uniform(rows: rows, columns: units, bound: bound, using: &generator))
      }
    }
    return PerceptronLayers(matrices: matrices, activation: activation)
  }
}

/// What examples become on their way through a perceptron and back; made once, so that a step allocates nothing.
struct PerceptronPass<Scalar: BLASScalar>: Sendable {
  /// hₗ, a matrix a layer, `[examples × units]`; the last is the outputs, or what has been made of them.
  var layers: [Matrix<Scalar>]
  /// φ′ of each hidden layer, where the activation keeps slopes; else empty matrices.
  var kept: [Matrix<Scalar>]
  /// δₗ of each hidden layer; empty where nothing goes back.
  var slopes: [Matrix<Scalar>]

  /// - Parameters:
  ///   - network: the layers that examples will pass.
  ///   - examples: how many at most.
  ///   - hasSlopes: whether slopes will be passed back.
  init(_ network: PerceptronLayers<Scalar>, examples: Int, hasSlopes: Bool = false) {
    layers = (0..<network.count).map {
      Matrix(rows: examples, columns: network.matrices[2 * $0].columns)
    }
    let hidden = Array(layers.dropLast())
    kept =
      network.activation.keepsSlopes
      ? hidden : hidden.map { _ in Matrix(rows: 0, columns: 0) }
    slopes = hasSlopes ? hidden : []
  }
}

import LinearAlgebra

/// Where the parameters of a transformer lie in one flat matrix, by the names of PyTorch's modules.
///
/// A linear map without biases has a place for them all the same, which has no name, is zero and stays zero.
struct TransformerLayout<Scalar: BLASScalar>: Sendable {
  /// y = W x + b.
  struct Linear: Hashable, Sendable {
    /// W, `[outputs × inputs]`.
    let weight: MatrixRegion
    /// b, `[1 × outputs]`.
    let bias: MatrixRegion
  }

  /// γ and β of a LayerNorm, `[1 × d]` each.
  struct Norm: Hashable, Sendable {
    let gain: MatrixRegion
    let shift: MatrixRegion
  }

  struct Layer: Hashable, Sendable {
    /// Queries, keys and values, one below the other, `[3d × d]`.
    let projections: Linear
    /// `[d × d]`.
    let output: Linear
    /// `[N × d]`.
    let first: Linear
    /// `[d × N]`.
    let second: Linear
    let attentionNorm: Norm?
    let feedForwardNorm: Norm?
  }

  private(set) var parameters = ParameterLayout()
  /// `[tokens × d]`.
  let embedding: MatrixRegion
  /// `[positions × d]`; nil where they are not learned.
  let positions: MatrixRegion?
  let layers: [Layer]
  /// The one before the logits.
  let norm: Norm?
  /// `[logits × d]`.
  let head: Linear
  /// Zeros, `[1 × d]`.
  let noBias: MatrixRegion
  let hasBiases: Bool

  init(_ shape: TransformerShape) {
    let (d, units) = (shape.width, shape.feedForward)
    var layout = ParameterLayout()
    func matrix(_ name: String, _ rows: Int, _ columns: Int) -> MatrixRegion {
      let region = layout.reserve(
        rows: rows, columns: columns, stride: Matrix<Scalar>.lineStride(columns))
      layout.name(name, region)
      return region
    }
    func vector(_ name: String?, _ columns: Int) -> MatrixRegion {
      let region = layout.reserve(
        rows: 1, columns: columns, stride: Matrix<Scalar>.lineStride(columns))
      if let name { layout.name(name, region, isVector: true) }
      return region
    }
    func linear(_ name: String, _ outputs: Int, _ inputs: Int, joint: String = ".") -> Linear {
      Linear(
        weight: matrix("\(name)\(joint)weight", outputs, inputs),
        bias: vector(shape.hasBiases ? "\(name)\(joint)bias" : nil, outputs))
    }
    func norm(_ name: String) -> Norm {
      Norm(gain: vector("\(name).weight", d), shift: vector("\(name).bias", d))
    }
    embedding = matrix("embedding.weight", shape.tokens, d)
    positions =
      shape.positions == .learned ? matrix("positions.weight", shape.positionCount, d) : nil
    layers = (0..<shape.layers).map { layer in
      let prefix = "layers.\(layer)."
      return Layer(
        projections: linear(prefix + "self_attn.in_proj", 3 * d, d, joint: "_"),
        output: linear(prefix + "self_attn.out_proj", d, d),
        first: linear(prefix + "linear1", units, d), second: linear(prefix + "linear2", d, units),
        attentionNorm: shape.norm == .none ? nil : norm(prefix + "norm1"),
        feedForwardNorm: shape.norm == .none ? nil : norm(prefix + "norm2"))
    }
    self.norm = shape.norm == .pre ? norm("norm") : nil
    head = linear("head", shape.logits, d)
    noBias = vector(nil, d)
    hasBiases = shape.hasBiases
    parameters = layout
  }
}

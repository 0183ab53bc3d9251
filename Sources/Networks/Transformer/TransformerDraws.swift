import LinearAlgebra

/// What the initial weights are drawn from.
public struct TransformerInitialisation: Hashable, Sendable {
  /// How far the weights of queries, keys and values reach.
  public enum AttentionBound: Hashable, Sendable {
    /// √(6/(4d)), Xavier's of the three together: `torch.nn.MultiheadAttention`.
    case xavier
    /// 1/√d: `torch.nn.Linear`.
    case linear
  }

  public var attention: AttentionBound
  /// The standard deviation of learned positions.
  public var positionDeviation: Double

  public init(attention: AttentionBound = .xavier, positionDeviation: Double = 1) {
    self.attention = attention
    self.positionDeviation = positionDeviation
  }

  public static let `default` = TransformerInitialisation()
}

extension TransformerShape {
  enum Distribution: Hashable, Sendable {
    case normal(deviation: Double)
    case uniform(bound: Double)
    case constant(Double)
  }

  /// Every parameter's name and shape, as PyTorch's modules have them.
  public var parameters: [(name: String, shape: [Int])] {
    parameters(.default).map { ($0.name, $0.shape) }
  }

  /// The parameters by the names and in the shapes that PyTorch's modules give them, and what each begins with.
  ///
  /// Embeddings ~ N(0, 1) (`torch.nn.Embedding`); the matrices and biases of linear maps are uniform between ∓1/√inputs
  /// (`torch.nn.Linear`), the biases of attention 0 (`torch.nn.MultiheadAttention`).
  func parameters(
    _ initialisation: TransformerInitialisation
  ) -> [(name: String, shape: [Int], distribution: Distribution)] {
    typealias Parameter = (name: String, shape: [Int], distribution: Distribution)
    func linear(
      _ name: String, _ outputs: Int, _ inputs: Int, bias: Distribution? = nil,
      weight: Distribution? = nil, joint: String = "."
    ) -> [Parameter] {
      let usual = Distribution.uniform(bound: 1 / Double(inputs).squareRoot())
      let matrix: Parameter = ("\(name)\(joint)weight", [outputs, inputs], weight ?? usual)
      return hasBiases ? [matrix, ("\(name)\(joint)bias", [outputs], bias ?? usual)] : [matrix]
    }
    func layerNorm(_ name: String) -> [Parameter] {
      [("\(name).weight", [width], .constant(1)), ("\(name).bias", [width], .constant(0))]
    }
    let bound =
      initialisation.attention == .xavier
      ? (6 / Double(4 * width)).squareRoot() : 1 / Double(width).squareRoot()
    var list: [Parameter] = [("embedding.weight", [tokens, width], .normal(deviation: 1))]
    if positions == .learned {
      list.append(
        (
          "positions.weight", [positionCount, width],
          .normal(deviation: initialisation.positionDeviation)
        ))
    }
    for layer in 0..<layers {
      let prefix = "layers.\(layer)."
      list += linear(
        prefix + "self_attn.in_proj", 3 * width, width, bias: .constant(0),
        weight: .uniform(bound: bound), joint: "_")
      list += linear(prefix + "self_attn.out_proj", width, width, bias: .constant(0))
      list += linear(prefix + "linear1", feedForward, width)
      list += linear(prefix + "linear2", width, feedForward)
      if norm != .none { list += layerNorm(prefix + "norm1") + layerNorm(prefix + "norm2") }
    }
    if norm == .pre { list += layerNorm("norm") }
    return list + linear("head", logits, width)
  }
}

/// What a run of a transformer draws: its initial weights, and which pairs it trains on.
public struct TransformerDraws: Sendable {
  public let shape: TransformerShape
  /// The initial weights by their names, in float64.
  public let weights: [Tensor]
  public let split: PairSplit

  /// - Parameters:
  ///   - shape: that of the network.
  ///   - initialisation: what weights are drawn from.
  ///   - seed: the seed of the weights.
  ///   - split: what is learned and what is tested.
  public init(
    _ shape: TransformerShape, _ initialisation: TransformerInitialisation = .default, seed: Int,
    split: PairSplit
  ) {
    let weights = shape.parameters(initialisation).enumerated().map { number, parameter in
      // A stream for each; the first ones of a seed are those of splits and of other networks.
      var generator = Xoshiro256(
        seed: UInt64(bitPattern: Int64(seed)), stream: UInt64(64 + number))
      let count = parameter.shape.reduce(1, *)
      let elements: [Double] =
        switch parameter.distribution {
        case .normal(let deviation):
          NormalDeviates.array(count: count, scale: deviation, using: &generator)
        case .uniform(let bound):
          Matrix.uniform(rows: 1, columns: count, bound: bound, using: &generator).elements
        case .constant(let value): [Double](repeating: value, count: count)
        }
      return Tensor(name: parameter.name, shape: parameter.shape, elements: .float64(elements))
    }
    self.init(shape, weights: weights, split: split)
  }

  /// Takes weights and split as they are.
  ///
  /// - Parameters:
  ///   - shape: that of the network.
  ///   - weights: its parameters by their names.
  ///   - split: what is learned and what is tested.
  /// - Precondition: every parameter is there in its shape, and the split has p elements.
  public init(_ shape: TransformerShape, weights: [Tensor], split: PairSplit) {
    for parameter in shape.parameters {
      precondition(
        weights.contains { $0.name == parameter.name && $0.shape == parameter.shape },
        "\(parameter.name) \(parameter.shape) is not among the weights")
    }
    precondition(
      split.train.classes == shape.modulus && split.test.classes == shape.modulus,
      "\(split.train.classes) elements, not \(shape.modulus)")
    self.shape = shape
    self.weights = weights
    self.split = split
  }
}

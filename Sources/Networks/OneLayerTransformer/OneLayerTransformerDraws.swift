import LinearAlgebra

/// What a run of the one-layer transformer draws: its initial weights, and which pairs it trains on.
///
/// Every matrix of weights has a stream of the generator to itself, and the split has a seed of its own.
public struct OneLayerTransformerDraws: Sendable {
  /// The shape of the network.
  public struct Sizes: Hashable, Sendable {
    /// p, how many elements there are; the token = comes after them.
    public var modulus: Int
    /// d.
    public var width: Int
    /// H, a divisor of d.
    public var heads: Int
    /// N, the rectified units.
    public var hiddenUnits: Int

    public init(modulus: Int = 113, width: Int = 128, heads: Int = 4, hiddenUnits: Int = 512) {
      precondition(width.isMultiple(of: heads), "\(heads) heads of a width of \(width)")
      self.modulus = modulus
      self.width = width
      self.heads = heads
      self.hiddenUnits = hiddenUnits
    }

    /// Tokens, and logits: the p elements and =.
    public var tokens: Int { modulus + 1 }

    /// The standard deviation of each parameter's initial weights; 0 for those that start at 0.
    var deviations: [(name: String, shape: [Int], deviation: Double)] {
      let inner = 1 / Double(width).squareRoot()
      let square = [width, width]
      return [
        ("W_E", [tokens, width], inner), ("W_pos", [3, width], inner), ("W_Q", square, inner),
        ("W_K", square, inner), ("W_V", square, inner), ("W_O", square, inner),
        ("W_in", [width, hiddenUnits], inner), ("b_in", [hiddenUnits], 0),
        // Not 1/√N: the authors' code has the width here.
        ("W_out", [hiddenUnits, width], inner), ("b_out", [width], 0),
        ("W_U", [width, tokens], 1 / Double(tokens).squareRoot()),
      ]
    }

    /// Every parameter's name and shape.
    public var parameters: [(name: String, shape: [Int])] { deviations.map { ($0.name, $0.shape) } }

    /// The memory that a run takes at its peak, in bytes.
    ///
    /// Weights as drawn, as trained, their gradient and two moments, and a checkpoint; the tables of all tokens with
    /// their slopes, twice where a state is kept to go back to; a block of examples; the examples; initial logits.
    ///
    /// - Parameters:
    ///   - pairs: how many examples there are.
    ///   - isCentred: whether the initial logits are kept.
    ///   - copies: how often the options of the optimiser take the memory of the weights.
    ///   - scalarBytes: the size of the engine's numbers.
    /// - Returns: an estimate that is neither far below nor far above.
    public func bytes(
      pairs: Int, isCentred: Bool, copies: Int = 0, scalarBytes: Int
    ) -> Int {
      let weights = deviations.reduce(0) { $0 + $1.shape.reduce(1, *) }
      let columns = (hiddenUnits + 15) / 16 * 16 + (tokens + 15) / 16 * 16
      let tables = 2 * ((2 * modulus + 1) * heads * columns + 2 * width * columns)
      let folded = 2 * (hiddenUnits + 1) * tokens
      let block = OneLayerTransformerEngine<Float>.blockRows * (2 * hiddenUnits + tokens)
      let engine = 2 * (4 * weights + tables + folded + block)
      let logits = isCentred ? pairs * tokens : 0
      return 8 * weights + scalarBytes * (engine + logits + (6 + copies) * weights) + 64 * pairs
    }
  }

  public let sizes: Sizes
  /// The initial weights by their names, in float64.
  public let weights: [Tensor]
  public let split: PairSplit

  /// - Parameters:
  ///   - sizes: the shape of the network.
  ///   - seed: the seed of the weights.
  ///   - split: what is learned and what is tested.
  public init(sizes: Sizes, seed: Int, split: PairSplit) {
    let weights = sizes.deviations.enumerated().map { number, parameter in
      // The first streams of a seed are those of splits and of other networks.
      var generator = Xoshiro256(
        seed: UInt64(bitPattern: Int64(seed)), stream: UInt64(16 + number))
      let count = parameter.shape.reduce(1, *)
      let elements =
        parameter.deviation == 0
        ? [Double](repeating: 0, count: count)
        : NormalDeviates.array(count: count, scale: parameter.deviation, using: &generator)
      return Tensor(name: parameter.name, shape: parameter.shape, elements: .float64(elements))
    }
    self.init(sizes: sizes, weights: weights, split: split)
  }

  /// Takes weights and split as they are.
  ///
  /// - Parameters:
  ///   - sizes: the shape of the network.
  ///   - weights: its parameters by their names.
  ///   - split: what is learned and what is tested.
  /// - Precondition: every parameter is there in its shape, and the split has p elements.
  public init(sizes: Sizes, weights: [Tensor], split: PairSplit) {
    for parameter in sizes.deviations {
      precondition(
        weights.contains { $0.name == parameter.name && $0.shape == parameter.shape },
        "\(parameter.name) \(parameter.shape) is not among the weights")
    }
    precondition(
      split.train.classes == sizes.modulus && split.test.classes == sizes.modulus,
      "\(split.train.classes) elements, not \(sizes.modulus)")
    self.sizes = sizes
    self.weights = weights
    self.split = split
  }
}

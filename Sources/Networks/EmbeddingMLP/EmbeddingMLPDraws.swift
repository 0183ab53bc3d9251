import LinearAlgebra

/// What a run of an MLP on learned embeddings draws: its initial weights, and which pairs it trains on.
///
/// Every parameter has a stream of the generator to itself, and the split has a seed of its own.
public struct EmbeddingMLPDraws: Sendable {
  public let sizes: EmbeddingMLPSizes
  /// The initial weights by their names, in float64.
  public let weights: [Tensor]
  public let split: PairSplit

  /// - Parameters:
  ///   - sizes: the shape of the network.
  ///   - initialisation: how the weights are distributed.
  ///   - weightScale: what all of them are multiplied by.
  ///   - seed: the seed of the weights.
  ///   - split: what is learned and what is tested.
  public init(
    sizes: EmbeddingMLPSizes, initialisation: EmbeddingMLPSizes.Initialisation = .normal,
    weightScale: Double = 1, seed: Int, split: PairSplit
  ) {
    /// A matrix's inputs are its columns; a bias has those of the matrix before it.
    var inputs = 1
    let weights = sizes.parameters.enumerated().map { number, parameter in
      // The first streams of a seed are those of splits and of other networks.
      var generator = Xoshiro256(
        seed: UInt64(bitPattern: Int64(seed)), stream: UInt64(16 + number))
      let count = parameter.shape.reduce(1, *)
      let isBias = parameter.shape.count == 1
      let isEmbedding = number < sizes.embeddings.count
      if !isBias { inputs = parameter.shape[1] }
      let elements: [Double]
      switch initialisation {
      case .normal where isBias: elements = Array(repeating: 0, count: count)
      case .standard where !isEmbedding:
        elements =
          Matrix<Double>.uniform(
            rows: 1, columns: count, bound: weightScale / Double(inputs).squareRoot(),
            using: &generator
          ).elements
      default:
        let deviation = initialisation == .standard ? 1 : 1 / Double(inputs).squareRoot()
        elements = NormalDeviates.array(
          count: count, scale: weightScale * deviation, using: &generator)
      }
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
  /// - Precondition: every parameter is there in its shape, and the split's numbers and labels are within the shape's.
  public init(sizes: EmbeddingMLPSizes, weights: [Tensor], split: PairSplit) {
    for parameter in sizes.parameters {
      precondition(
        weights.contains { $0.name == parameter.name && $0.shape == parameter.shape },
        "\(parameter.name) \(parameter.shape) is not among the weights")
    }
    for set in [split.train, split.test] {
      precondition(
        set.tokens == 2 * sizes.modulus && set.classes == sizes.outputs,
        "\(set.tokens) tokens and \(set.classes) classes for \(sizes)")
    }
    self.sizes = sizes
    self.weights = weights
    self.split = split
  }
}

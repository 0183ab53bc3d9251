/// The shape of an MLP on learned embeddings.
public struct EmbeddingMLPSizes: Hashable, Sendable {
  /// How the embeddings of a and b become the input of the first layer.
  public enum Combination: Hashable, Sendable {
    /// Side by side: 2d inputs.
    case concatenated
    /// Their sum: d inputs.
    case summed
  }

  /// How initial weights are distributed; all are multiplied by the weight scale.
  public enum Initialisation: Hashable, Sendable {
    /// Embeddings of N(0, 1/d), weights of N(0, 1/inputs), biases 0.
    case normal
    /// PyTorch's layers: embeddings of N(0, 1), weights and biases uniform between ∓1/√inputs.
    case standard
  }

  /// p, how many elements a and b each are of.
  public var modulus: Int
  /// K.
  public var outputs: Int
  /// d, the width of an embedding.
  public var width: Int
  public var combination: Combination
  /// Whether a and b have one table of embeddings.
  public var sharesEmbedding: Bool
  public var hiddenLayers: Int
  /// N, the units of each hidden layer.
  public var hiddenUnits: Int
  public var hasBiases: Bool

  /// - Parameters:
  ///   - modulus: p.
  ///   - outputs: K; p if nil.
  ///   - width: d.
  ///   - combination: of both embeddings.
  ///   - sharesEmbedding: whether a and b have one table.
  ///   - hiddenLayers: at least one.
  ///   - hiddenUnits: N.
  ///   - hasBiases: whether every layer has them.
  public init(
    modulus: Int = 113, outputs: Int? = nil, width: Int = 128,
    combination: Combination = .concatenated, sharesEmbedding: Bool = true, hiddenLayers: Int = 1,
    hiddenUnits: Int = 512, hasBiases: Bool = true
  ) {
    precondition(hiddenLayers >= 1, "\(hiddenLayers) hidden layers")
    self.modulus = modulus
    self.outputs = outputs ?? modulus
    self.width = width
    self.combination = combination
    self.sharesEmbedding = sharesEmbedding
    self.hiddenLayers = hiddenLayers
    self.hiddenUnits = hiddenUnits
    self.hasBiases = hasBiases
  }

  /// The names of the tables of embeddings.
  var embeddings: [String] {
    sharesEmbedding ? ["embedding.weight"] : ["embedding_a.weight", "embedding_b.weight"]
  }

  /// The inputs and units of every layer, the outputs' the last.
  var layers: [(inputs: Int, units: Int)] {
    let inputs = combination == .summed ? width : 2 * width
    let widths = [inputs] + Array(repeating: hiddenUnits, count: hiddenLayers) + [outputs]
    return zip(widths, widths.dropFirst()).map { ($0, $1) }
  }

  /// Every parameter's name and shape, as in a PyTorch module with an `nn.Embedding` and a list `layers` of `nn.Linear`.
  public var parameters: [(name: String, shape: [Int])] {
    embeddings.map { ($0, [modulus, width]) }
      + layers.enumerated().flatMap { number, layer in
        let weight = ("layers.\(number).weight", [layer.units, layer.inputs])
        return hasBiases ? [weight, ("layers.\(number).bias", [layer.units])] : [weight]
      }
  }

  /// The memory that a run takes at its peak, in bytes.
  ///
  /// Weights as drawn, as trained, their gradient and two moments, as products read them forward and backward, and a
  /// checkpoint; the first layer's table with its slopes; twice that where a state is kept to go back to; a block of
  /// examples; the examples; initial outputs.
  ///
  /// - Parameters:
  ///   - pairs: how many examples there are.
  ///   - isCentred: whether the initial outputs are kept.
  ///   - copies: how often the options of the optimiser take the memory of the weights.
  ///   - scalarBytes: the size of the engine's numbers.
  /// - Returns: an estimate that is neither far below nor far above.
  public func bytes(
    pairs: Int, isCentred: Bool, copies: Int = 0, scalarBytes: Int
  ) -> Int {
    let weights = parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
    let tables = 4 * modulus * hiddenUnits
    let block =
      EmbeddingMLPEngine<Float>.blockRows * (3 * hiddenLayers * hiddenUnits + outputs)
    let engine = 2 * (6 * weights + tables + block)
    let initial = isCentred ? pairs * outputs : 0
    return 8 * weights + scalarBytes * (engine + initial + (6 + copies) * weights) + 64 * pairs
  }
}

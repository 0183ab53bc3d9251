public import LinearAlgebra

/// The shape of a transformer that reads a pair of elements as a short sequence.
public struct TransformerShape: Hashable, Sendable {
  /// Where LayerNorm stands.
  public enum Norm: Hashable, Sendable {
    /// y = LN(x + attention(x)), LN(y + feed-forward(y)): Vaswani et al. 2017.
    case post
    /// y = x + attention(LN(x)), y + feed-forward(LN(y)), and a last one before the logits.
    case pre
    case none
  }

  public enum Positions: Hashable, Sendable {
    case learned
    /// sin(j/10000^(2i/d)) and cos of the same, side by side: Vaswani et al. 2017, section 3.5.
    case sinusoidal
  }

  /// What stands at a position.
  enum Slot: Hashable, Sendable {
    case first
    case second
    /// The token p + k.
    case fixed(Int)
  }

  /// The tokens of an example.
  public enum Sequence: Hashable, Sendable {
    /// a b, read at a.
    case pair
    /// a b =, read at =.
    case equation
    /// ⟨eos⟩ a ∘ b =, read at =.
    case statement

    var slots: [Slot] {
      switch self {
      case .pair: [.first, .second]
      case .equation: [.first, .second, .fixed(0)]
      case .statement: [.fixed(2), .first, .fixed(1), .second, .fixed(0)]
      }
    }

    // Not by way of `slots`, which would allocate in every step.

    /// How many tokens an example has.
    var count: Int {
      switch self {
      case .pair: 2
      case .equation: 3
      case .statement: 5
      }
    }

    /// The position whose output the logits are made of.
    var readPosition: Int { self == .pair ? 0 : count - 1 }

    /// How many tokens there are beside the p elements.
    var fixedTokens: Int { count - 2 }
  }

  /// p, how many elements there are.
  public var modulus: Int
  public var layers: Int
  /// d.
  public var width: Int
  /// H, a divisor of d.
  public var heads: Int
  /// N, the hidden units of each layer's feed-forward network.
  public var feedForward: Int
  /// φ of these units.
  public var activation: Activation
  public var norm: Norm
  public var positions: Positions
  /// Whether a position sees itself and those before it alone.
  public var isCausal: Bool
  /// Whether linear maps have biases; LayerNorm always has them.
  public var hasBiases: Bool
  public var sequence: Sequence
  /// Whether there is a logit for every token, or for the p elements alone.
  public var hasTokenLogits: Bool

  public init(
    modulus: Int = 97, layers: Int = 2, width: Int = 128, heads: Int = 4, feedForward: Int = 512,
    activation: Activation = .relu, norm: Norm = .post, positions: Positions = .learned,
    isCausal: Bool = false, hasBiases: Bool = true, sequence: Sequence = .equation,
    hasTokenLogits: Bool = false
  ) {
    precondition(layers >= 1, "\(layers) layers")
    precondition(
      heads >= 1 && width.isMultiple(of: heads), "\(heads) heads of a width of \(width)")
    precondition(!(isCausal && sequence == .pair), "read at a, a causal network does not see b")
    self.modulus = modulus
    self.layers = layers
    self.width = width
    self.heads = heads
    self.feedForward = feedForward
    self.activation = activation
    self.norm = norm
    self.positions = positions
    self.isCausal = isCausal
    self.hasBiases = hasBiases
    self.sequence = sequence
    self.hasTokenLogits = hasTokenLogits
  }

  /// The p elements and the fixed tokens of the sequence.
  public var tokens: Int { modulus + sequence.fixedTokens }
  public var logits: Int { hasTokenLogits ? tokens : modulus }
  var positionCount: Int { sequence.count }

  /// Whether the last layer does without keys and values: where its inputs are many, which those of the first layer are
  /// not, and its heads are few, each of which has a query as wide as a row.
  var isReadFolded: Bool { layers > 1 && heads * heads <= width }

  /// How many positions the one at `position` sees, from the first on.
  func keys(at position: Int) -> Int { isCausal ? position + 1 : positionCount }

  /// The memory that a run takes at its peak, in bytes.
  ///
  /// Weights as drawn, as trained, their gradient and two moments, and a checkpoint; what a block of examples makes and its
  /// slopes, twice where a state is kept to go back to; the examples.
  ///
  /// - Parameters:
  ///   - pairs: how many examples there are.
  ///   - copies: how often the optimiser's options take the memory of the weights.
  ///   - scalarBytes: the size of the engine's numbers.
  /// - Returns: an estimate that is neither far below nor far above.
  public func bytes(pairs: Int, copies: Int = 0, scalarBytes: Int) -> Int {
    let weights = parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
    let rows = min(TransformerNetwork<Float>.blockExamples, pairs) * positionCount
    let hidden = activation.keepsSlopes ? 2 * feedForward : feedForward
    let layer = rows * (3 * width + 6 * width + hidden + heads * positionCount)
    let slopes = rows * (7 * width + feedForward) + (isReadFolded ? 4 * rows * heads * width : 0)
    let engine = 2 * (4 * weights + layers * layer + slopes)
    return 8 * weights + scalarBytes * (engine + (6 + copies) * weights) + 64 * pairs
  }
}

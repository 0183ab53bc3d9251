public import LinearAlgebra

/// What a run of the modular-addition network draws: its initial weights, and which pairs it trains on.
///
/// The two matrices and the split have a stream of the generator each. Weights are drawn unit by unit, and all p²
/// pairs are put in a random order of which the first are the train set: another width or train fraction
/// keeps what both have in common.
public struct ModularMLPDraws: Sendable {
  /// The sizes of a run.
  public struct Sizes: Hashable, Sendable {
    /// p.
    public var modulus: Int
    /// N.
    public var hiddenUnits: Int
    /// How many of the p² pairs are trained on; the others are the test set.
    public var trainExamples: Int

    public init(modulus: Int, hiddenUnits: Int, trainExamples: Int) {
      self.modulus = modulus
      self.hiddenUnits = hiddenUnits
      self.trainExamples = trainExamples
    }

    /// The sizes for a share of all pairs: ⌊share · p²⌋ of them, at least one and not all.
    public init(modulus: Int, hiddenUnits: Int, trainFraction: Double) {
      let pairs = modulus * modulus
      // A decimal share such as 0.29 of 100 is a hair below 29 in binary.
      let examples = Int((trainFraction * Double(pairs) + 1e-6).rounded(.down))
      self.init(
        modulus: modulus, hiddenUnits: hiddenUnits,
        trainExamples: max(1, min(examples, pairs - 1)))
    }

    /// The memory that a run of these sizes takes at its peak, in bytes.
    ///
    /// While the draws are made, a matrix lies there as a list, as a matrix and transposed; later the draws beside the
    /// engine's weights, gradients, velocities and blocks; and in the end these beside the tensors of a
    /// checkpoint and its bytes. Padding is left out.
    ///
    /// - Parameters:
    ///   - hasMomentum: whether there are velocities.
    ///   - scalarBytes: the size of the engine's numbers.
    /// - Returns: an estimate that is neither far below nor far above.
    public func bytes(hasMomentum: Bool, scalarBytes: Int) -> Int {
      let weights = 3 * modulus * hiddenUnits
      let pairs = modulus * modulus
      let drawing = 8 * (weights + 2 * weights)
      let lists = pairs * 3 * (MemoryLayout<Int>.stride + MemoryLayout<Int32>.stride)
      let rows = ModularMLPEngine<Double>.blockRows(modulus: modulus, hiddenUnits: hiddenUnits)
      let workspace = rows * (modulus + hiddenUnits) + modulus * hiddenUnits
      let engine = scalarBytes * ((hasMomentum ? 3 : 2) * weights + workspace)
      let saving = scalarBytes * 3 * (hasMomentum ? 2 : 1) * weights
      return lists + max(drawing, 8 * weights + engine, engine + saving)
    }
  }

  /// W₁ᵀ at step 0, a row a token, `[2p × N]`.
  public let embedding: Matrix<Double>
  /// W₂ at step 0, a row a class, `[p × N]`.
  public let readout: Matrix<Double>
  public let train: TokenPairs
  public let test: TokenPairs

  public var modulus: Int { readout.rows }
  public var hiddenUnits: Int { readout.columns }

  /// - Parameters:
  ///   - sizes: p, N and the size of the train set.
  ///   - sigma: the standard deviation of all weights.
  ///   - seed: the run's seed.
  public init(sizes: Sizes, sigma: Double = 1, seed: Int) {
    func generator(_ stream: UInt64) -> Xoshiro256 {
      Xoshiro256(seed: UInt64(bitPattern: Int64(seed)), stream: stream)
    }
    func matrix(rows: Int, stream: UInt64) -> Matrix<Double> {
      var generator = generator(stream)
      return Matrix<Double>(
        rows: sizes.hiddenUnits, columns: rows,
        elements: NormalDeviates.array(
          count: rows * sizes.hiddenUnits, scale: sigma, using: &generator)
      ).transposed
    }
    var order = generator(3)
    // Sorted by a random number each: the same order in every version of Swift, which `shuffled` does not promise.
    let shuffled = (0..<sizes.modulus * sizes.modulus).map { (key: order.next(), pair: $0) }
      .sorted { ($0.key, $0.pair) < ($1.key, $1.pair) }.map(\.pair)
    self.init(
      embedding: matrix(rows: 2 * sizes.modulus, stream: 1),
      readout: matrix(rows: sizes.modulus, stream: 2),
      trainPairs: Array(shuffled.prefix(sizes.trainExamples)))
  }

  /// Takes weights and split as they are.
  ///
  /// - Parameters:
  ///   - embedding: W₁ᵀ, `[2p × N]`.
  ///   - readout: W₂, `[p × N]`.
  ///   - trainPairs: the pairs (a, b) to train on, each as the number a p + b; the others are the test set.
  /// - Precondition: the shapes fit, and the pairs are different numbers below p².
  public init(embedding: Matrix<Double>, readout: Matrix<Double>, trainPairs: [Int]) {
    let modulus = readout.rows
    precondition(
      embedding.rows == 2 * modulus && embedding.columns == readout.columns,
      "\(embedding.shape) and \(readout.shape)")
    var isTrained = [Bool](repeating: false, count: modulus * modulus)
    for pair in trainPairs {
      precondition(!isTrained[pair], "the pair \(pair) of modulus \(modulus) is there twice")
      isTrained[pair] = true
    }
    /// In the order of a, then b: neighbours share the row of a.
    func pairs(trained: Bool) -> TokenPairs {
      let kept = isTrained.indices.filter { isTrained[$0] == trained }
      let examples = kept.map { pair in
        let (a, b) = pair.quotientAndRemainder(dividingBy: modulus)
        return (a: a, b: b, label: (a + b) % modulus)
      }
      return TokenPairs(examples, below: modulus)
    }
    self.embedding = embedding
    self.readout = readout
    train = pairs(trained: true)
    test = pairs(trained: false)
    precondition(train.count > 0 && test.count > 0, "\(train.count) and \(test.count) pairs")
  }
}

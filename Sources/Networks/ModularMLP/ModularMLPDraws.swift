public import Experiments
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

    /// The sizes for a share of all pairs: ⌊share · pairs⌋ of them, at least one and not all.
    public init(
      modulus: Int, hiddenUnits: Int, trainFraction: Double, operation: BinaryOperation = .addition
    ) {
      self.init(
        modulus: modulus, hiddenUnits: hiddenUnits,
        trainExamples: PairSplit.trainExamples(trainFraction, of: operation, modulus: modulus))
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
      let engine = scalarBytes * ((hasMomentum ? 4 : 3) * weights + workspace)
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
  ///   - operation: what is learned of the pairs.
  ///   - sigma: the standard deviation of all weights.
  ///   - seed: the run's seed.
  public init(
    sizes: Sizes, operation: BinaryOperation = .addition, sigma: Double = 1, seed: Int
  ) {
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
    self.init(
      embedding: matrix(rows: 2 * sizes.modulus, stream: 1),
      readout: matrix(rows: sizes.modulus, stream: 2),
      split: PairSplit(
        operation, modulus: sizes.modulus, trainExamples: sizes.trainExamples, seed: seed))
  }

  /// Takes weights and split as they are.
  ///
  /// - Parameters:
  ///   - embedding: W₁ᵀ, `[2p × N]`.
  ///   - readout: W₂, `[p × N]`.
  ///   - trainPairs: the pairs (a, b) to train on, each as the number a p + b; the others are the test set.
  /// - Precondition: the shapes fit, and the pairs are different numbers below p².
  public init(embedding: Matrix<Double>, readout: Matrix<Double>, trainPairs: [Int]) {
    self.init(
      embedding: embedding, readout: readout,
      split: PairSplit(.addition, modulus: readout.rows, trainPairs: trainPairs))
  }

  private init(embedding: Matrix<Double>, readout: Matrix<Double>, split: PairSplit) {
    precondition(
      embedding.rows == 2 * readout.rows && embedding.columns == readout.columns,
      "\(embedding.shape) and \(readout.shape)")
    self.embedding = embedding
    self.readout = readout
    train = split.train
    test = split.test
  }
}

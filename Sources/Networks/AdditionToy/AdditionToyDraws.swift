public import LinearAlgebra

/// What a run of the addition toy draws: its embeddings and its decoder, which pairs it trains on, and the targets of the sums.
///
/// Embeddings and decoder have a stream each of the run's seed, pairs and targets of the split's: another seed keeps the task.
public struct AdditionToyDraws: Sendable {
  /// The sizes of a run.
  public struct Sizes: Hashable, Sendable {
    /// p: the numbers are 0 to p − 1.
    public var numbers: Int
    /// d, the width of an embedding.
    public var width: Int
    public var hiddenLayers: Int
    /// N, the units of each hidden layer.
    public var hiddenUnits: Int
    /// K, the dimension of the targets; nil for none: one output a sum.
    public var targetDimension: Int?
    /// How many of the p (p + 1)/2 pairs are trained on; the others are the test set.
    public var trainExamples: Int

    public init(
      numbers: Int = 10, width: Int = 1, hiddenLayers: Int = 2, hiddenUnits: Int = 200,
      targetDimension: Int? = 30, trainExamples: Int = 45
    ) {
      precondition(hiddenLayers >= 1 && numbers >= 2, "\(hiddenLayers) layers, \(numbers) numbers")
      self.numbers = numbers
      self.width = width
      self.hiddenLayers = hiddenLayers
      self.hiddenUnits = hiddenUnits
      self.targetDimension = targetDimension
      self.trainExamples = trainExamples
    }

    /// p (p + 1)/2: a + b and b + a are one example.
    public var pairs: Int { numbers * (numbers + 1) / 2 }
    /// 2p − 1.
    public var sums: Int { 2 * numbers - 1 }
    var outputs: Int { targetDimension ?? sums }
    /// The decoder's inputs, the units of its hidden layers, its outputs.
    var widths: [Int] {
      [width] + Array(repeating: hiddenUnits, count: hiddenLayers) + [outputs]
    }

    /// ⌊share · pairs⌋, at least one and not all.
    public func trainExamples(_ share: Double) -> Int {
      // A decimal share such as 0.29 of 100 is a hair below 29 in binary.
      max(1, min(Int((share * Double(pairs) + 1e-6).rounded(.down)), pairs - 1))
    }

    /// The memory that a run of these sizes takes at its peak, in bytes.
    ///
    /// What is drawn; weights, gradients and two moments; what the layers make of all examples, with slopes; at the end a
    /// checkpoint's tensors and bytes.
    ///
    /// - Parameters:
    ///   - copies: how often the options of the optimiser take the memory of the weights.
    ///   - scalarBytes: the size of the engine's numbers.
    /// - Returns: an estimate that is neither far below nor far above.
    public func bytes(copies: Int = 0, scalarBytes: Int) -> Int {
      let layers = zip(widths, widths.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
      let weights = layers + numbers * width
      let passes = pairs * (2 * hiddenLayers * hiddenUnits + 2 * outputs + 2 * sums)
      return 8 * (weights + sums * outputs)
        + scalarBytes * ((10 + copies) * weights + passes) + 64 * pairs
    }
  }

  /// E at step 0, `[p × d]`.
  public let embeddings: Matrix<Double>
  /// The decoder at step 0.
  public let decoder: PerceptronLayers<Double>
  /// t of each sum from 0 on, `[2p − 1 × K]`; nil where the sums are classes.
  public let targets: Matrix<Double>?
  /// Pairs i ≤ j with their sum as the label; both numbers share their tokens.
  public let train: TokenPairs
  public let test: TokenPairs
  /// The train pairs by their places among all.
  let trainPlaces: [Int]

  /// - Parameters:
  ///   - sizes: the shapes.
  ///   - embeddingScale: the initial embeddings are uniform between ∓ half of it.
  ///   - weightScale: what the decoder's initial weights and biases are multiplied by.
  ///   - seed: of embeddings and decoder.
  ///   - splitSeed: of pairs and targets.
  public init(
    sizes: Sizes, embeddingScale: Double = 1, weightScale: Double = 1, seed: Int, splitSeed: Int
  ) {
    func generator(_ seed: Int, _ stream: UInt64) -> Xoshiro256 {
      Xoshiro256(seed: UInt64(bitPattern: Int64(seed)), stream: stream)
    }
    var (ofEmbeddings, ofDecoder) = (generator(seed, 1), generator(seed, 2))
    var (ofSplit, ofTargets) = (generator(splitSeed, 3), generator(splitSeed, 5))
    let embeddings = Matrix<Double>.uniform(
      rows: sizes.numbers, columns: sizes.width, bound: embeddingScale / 2, using: &ofEmbeddings)
    let targets = sizes.targetDimension.map { dimension in
      Matrix<Double>(
        rows: sizes.sums, columns: dimension,
        elements: NormalDeviates.array(count: sizes.sums * dimension, using: &ofTargets))
    }
    // Sorted by a random number each: the same order in every version of Swift, which `shuffled` does not promise.
    let order = (0..<sizes.pairs).map { (key: ofSplit.next(), place: $0) }
      .sorted { ($0.key, $0.place) < ($1.key, $1.place) }.map(\.place)
    self.init(
      embeddings: embeddings,
      decoder: .standard(widths: sizes.widths, scale: weightScale, using: &ofDecoder),
      targets: targets, trainPlaces: Array(order.prefix(sizes.trainExamples)))
  }

  /// Takes weights, targets and split as they are.
  ///
  /// - Parameters:
  ///   - embeddings: E, `[p × d]`.
  ///   - decoder: its weights.
  ///   - targets: t of each sum, `[2p − 1 × K]`; nil where the sums are classes.
  ///   - trainPlaces: the pairs to train on, by their places in (0, 0), (0, 1) … (0, p − 1), (1, 1) and so on; the others
  ///     are the test set.
  /// - Precondition: the shapes fit, and the places are different ones and not all.
  public init(
    embeddings: Matrix<Double>, decoder: PerceptronLayers<Double>, targets: Matrix<Double>?,
    trainPlaces: [Int]
  ) {
    let numbers = embeddings.rows
    let outputs = decoder.outputBias.columns
    precondition(
      decoder.matrices[0].rows == embeddings.columns
        && outputs == targets?.columns ?? (2 * numbers - 1)
        && targets?.rows ?? (2 * numbers - 1) == 2 * numbers - 1,
      "\(embeddings.shape), \(outputs) outputs, targets \(targets?.shape ?? "none")")
    let chosen = Set(trainPlaces)
    let places = 0..<numbers * (numbers + 1) / 2
    precondition(
      chosen.count == trainPlaces.count && chosen.allSatisfy(places.contains)
        && !chosen.isEmpty && chosen.count < places.count,
      "\(trainPlaces.count) places, \(chosen.count) different ones, of \(places.count)")
    let table = (0..<numbers).flatMap { a in
      (a..<numbers).map { b in (a: a, b: b, label: a + b) }
    }
    func pairs(_ isTaken: (Int) -> Bool) -> TokenPairs {
      TokenPairs(
        places.filter(isTaken).map { table[$0] }, below: numbers, classes: 2 * numbers - 1
      ).sharingTokens
    }
    self.embeddings = embeddings
    self.decoder = decoder
    self.targets = targets
    self.trainPlaces = trainPlaces
    train = pairs(chosen.contains)
    test = pairs { !chosen.contains($0) }
  }

  /// The share of test pairs whose sum some train pair has.
  ///
  /// No network knows another one's target: but for luck, test accuracy stays below.
  public var knownTestShare: Double {
    let known = Set((0..<train.count).map { train[$0].label })
    let count = (0..<test.count).count { known.contains(test[$0].label) }
    return Double(count) / Double(test.count)
  }
}

public import Experiments
public import LinearAlgebra

/// The table of an operation, split into what is learned and what is tested.
///
/// All p² pairs are put in a random order; of those that have a result the first are the train set: another train
/// fraction, or another operation, keeps what both have in common.
public struct PairSplit: Hashable, Sendable {
  public let train: TokenPairs
  public let test: TokenPairs

  /// How many examples a share of an operation's table is.
  ///
  /// - Parameters:
  ///   - share: the train fraction.
  ///   - operation: what is learned.
  ///   - modulus: p; 120 for permutations.
  /// - Returns: ⌊share · pairs⌋, at least one and not all.
  public static func trainExamples(
    _ share: Double, of operation: BinaryOperation = .addition, modulus: Int
  ) -> Int {
    let pairs = Self.pairs(operation, modulus: modulus)
    // A decimal share such as 0.29 of 100 is a hair below 29 in binary.
    let examples = Int((share * Double(pairs) + 1e-6).rounded(.down))
    return max(1, min(examples, pairs - 1))
  }

  /// How many pairs have a result.
  public static func pairs(_ operation: BinaryOperation, modulus: Int) -> Int {
    modulus * (operation == .division ? modulus - 1 : modulus)
  }

  /// Draws a split.
  ///
  /// - Parameters:
  ///   - operation: what is learned.
  ///   - modulus: p; 120 for permutations.
  ///   - trainExamples: how many pairs are trained on; the others are the test set.
  ///   - seed: the split's seed.
  public init(_ operation: BinaryOperation, modulus: Int, trainExamples: Int, seed: Int) {
    var order = Xoshiro256(seed: UInt64(bitPattern: Int64(seed)), stream: 3)
    let table = operation.table(modulus: modulus)
    // Sorted by a random number each: the same order in every version of Swift, which `shuffled` does not promise.
    let shuffled = table.indices.map { (key: order.next(), pair: $0) }
      .sorted { ($0.key, $0.pair) < ($1.key, $1.pair) }.map(\.pair)
    self.init(
      table, modulus: modulus,
      trainPairs: shuffled.lazy.filter { table[$0] != nil }.prefix(trainExamples))
  }

  /// Takes a split as it is.
  ///
  /// - Parameters:
  ///   - operation: what is learned.
  ///   - modulus: p; 120 for permutations.
  ///   - trainPairs: the pairs (a, b) to train on, each as the number a p + b; the others are the test set.
  /// - Precondition: the pairs are different numbers below p² that have results, and not all.
  public init(_ operation: BinaryOperation, modulus: Int, trainPairs: [Int]) {
    self.init(operation.table(modulus: modulus), modulus: modulus, trainPairs: trainPairs)
  }

  private init(_ table: [Int?], modulus: Int, trainPairs: some Sequence<Int>) {
    var places: [Membership] = Array(repeating: .test, count: table.count)
    for pair in trainPairs {
      precondition(places[pair] == .test, "the pair \(pair) of modulus \(modulus) is there twice")
      precondition(table[pair] != nil, "the pair \(pair) of modulus \(modulus) has no result")
      places[pair] = .train
    }
    self.init(table, modulus: modulus, places)
  }

  /// Which set a pair is in.
  enum Membership: String {
    case train
    case test
    case neither
  }

  init(_ table: [Int?], modulus: Int, _ places: [Membership]) {
    /// In the order of a, then b: neighbours share the row of a.
    func pairs(_ set: Membership) -> TokenPairs {
      var examples: [(a: Int, b: Int, label: Int)] = []
      for (pair, result) in table.enumerated() {
        guard let result, places[pair] == set else { continue }
        let (a, b) = pair.quotientAndRemainder(dividingBy: modulus)
        examples.append((a, b, result))
      }
      return TokenPairs(examples, below: modulus)
    }
    train = pairs(.train)
    test = pairs(.test)
    precondition(train.count > 0 && test.count > 0, "\(train.count) and \(test.count) pairs")
  }

  /// The same split, some labels of its train set being wrong.
  ///
  /// All train pairs are put in a random order of which the first get another label, drawn uniformly: more noise keeps what
  /// less has made.
  ///
  /// - Parameters:
  ///   - share: of the train set, rounded down.
  ///   - seed: the split's seed.
  /// - Returns: a split with the same pairs.
  public func withLabelNoise(_ share: Double, seed: Int) -> PairSplit {
    let count = Int((share * Double(train.count) + 1e-6).rounded(.down))
    let classes = train.classes
    guard count > 0, classes > 1 else { return self }
    var generator = Xoshiro256(seed: UInt64(bitPattern: Int64(seed)), stream: 4)
    var labels = (0..<train.count).map { train[$0].label }
    let draws = labels.indices.map { place in
      (key: generator.next(), shift: generator.next() % UInt64(classes - 1), place: place)
    }
    for draw in draws.sorted(by: { ($0.key, $0.place) < ($1.key, $1.place) }).prefix(count) {
      // A shift by 1 to classes − 1 never comes back to the label itself.
      labels[draw.place] = (labels[draw.place] + 1 + Int(draw.shift)) % classes
    }
    return PairSplit(train: train.relabelled(labels), test: test)
  }

  private init(train: TokenPairs, test: TokenPairs) {
    self.train = train
    self.test = test
  }
}

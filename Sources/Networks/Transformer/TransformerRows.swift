import LinearAlgebra

/// Which rows a block of examples needs, so that what several examples have in common is computed once.
///
/// There are two levels. An input is a token at a position: at most 2p and the fixed ones, however many examples there are. A
/// context is what leaves a layer at a position, and depends on all that the position sees: under a causal mask what stands
/// before b is the same for all examples with the same a. At both levels rows are in the order of positions.
struct TransformerRows: Sendable {
  /// What a row is the same for.
  fileprivate enum Dependence {
    case nothing
    case first
    case second
    case example
  }

  struct Level: Sendable {
    /// The row of position j of example e, at j · capacity + e.
    fileprivate(set) var places: [Int32]
    /// An example that a row belongs to.
    fileprivate(set) var examples: [Int32]
    /// Where the rows of each position begin, and where the last ones end.
    fileprivate(set) var starts: [Int]

    fileprivate init(positions: Int, capacity: Int) {
      places = Array(repeating: 0, count: positions * capacity)
      examples = places
      starts = Array(repeating: 0, count: positions + 1)
    }

    var count: Int { starts[starts.count - 1] }

    func rows(at position: Int) -> Range<Int> { starts[position]..<starts[position + 1] }

    /// Numbers the rows of a position, after those of the positions before it.
    ///
    /// - Parameters:
    ///   - position: the position.
    ///   - dependence: what its rows are the same for.
    ///   - first: the first element of each example.
    ///   - second: the second one.
    ///   - count: how many examples there are.
    ///   - known: workspace, a place an element.
    fileprivate mutating func number(
      _ position: Int, _ dependence: Dependence, first: [Int32], second: [Int32], count: Int,
      known: inout [Int32]
    ) {
      let offset = position * first.count
      let start = starts[position]
      var end = start
      switch dependence {
      case .nothing:
        examples[end] = 0
        end += 1
        for example in 0..<count { places[offset + example] = Int32(start) }
      case .example:
        for example in 0..<count {
          examples[end] = Int32(example)
          places[offset + example] = Int32(end)
          end += 1
        }
      case .first, .second:
        for element in known.indices { known[element] = -1 }
        for example in 0..<count {
          let element = Int(dependence == .first ? first[example] : second[example])
          if known[element] < 0 {
            known[element] = Int32(end)
            examples[end] = Int32(example)
            end += 1
          }
          places[offset + example] = known[element]
        }
      }
      starts[position + 1] = end
    }
  }

  let shape: TransformerShape
  /// How many examples a block has at most.
  let capacity: Int
  private let slots: [TransformerShape.Slot]
  private let inputDependences: [Dependence]
  private let contextDependences: [Dependence]
  private(set) var inputs: Level
  private(set) var contexts: Level
  /// The token of each input.
  private(set) var tokens: [Int32]
  /// The position of each input.
  private(set) var inputPositions: [Int32]
  /// The input at the position of each context.
  private(set) var inputsOfContexts: [Int32]
  /// Each number at its own place.
  let identity: [Int32]
  private(set) var labels: [Int32]
  /// How many examples the present block has.
  private(set) var count = 0
  private var first: [Int32]
  private var second: [Int32]
  /// The row of each element at the present position, or -1.
  private var known: [Int32]

  /// - Parameters:
  ///   - shape: that of the network.
  ///   - capacity: how many examples a block has at most.
  ///   - isShared: whether equal rows are computed once; without it the results are the same, more slowly.
  init(_ shape: TransformerShape, capacity: Int, isShared: Bool) {
    self.shape = shape
    self.capacity = capacity
    slots = shape.sequence.slots
    let own: [Dependence] = shape.sequence.slots.map { slot in
      guard isShared else { return .example }
      return switch slot {
      case .first: .first
      case .second: .second
      case .fixed: .nothing
      }
    }
    inputDependences = own
    contextDependences = own.indices.map { position in
      let seen = own.prefix(shape.keys(at: position))
      if seen.allSatisfy({ $0 == .nothing }) { return .nothing }
      if seen.allSatisfy({ $0 == .nothing || $0 == .first }) { return .first }
      return .example
    }
    let level = Level(positions: own.count, capacity: capacity)
    (inputs, contexts) = (level, level)
    tokens = level.examples
    inputPositions = level.examples
    inputsOfContexts = level.examples
    identity = level.examples.indices.map { Int32($0) }
    labels = Array(repeating: 0, count: capacity)
    (first, second) = (labels, labels)
    known = Array(repeating: -1, count: shape.modulus)
  }

  /// Takes a block of examples.
  ///
  /// - Parameters:
  ///   - pairs: the examples.
  ///   - order: the numbers of examples.
  ///   - range: which of these numbers are the block's.
  mutating func take(_ pairs: TokenPairs, _ order: [Int32], _ range: Range<Int>) {
    precondition(range.count <= capacity, "\(range.count) examples in blocks of \(capacity)")
    count = range.count
    for example in 0..<count {
      let (a, b, label) = pairs[Int(order[range.lowerBound + example])]
      first[example] = Int32(a)
      second[example] = Int32(b)
      labels[example] = Int32(label)
    }
    for position in slots.indices {
      inputs.number(
        position, inputDependences[position], first: first, second: second, count: count,
        known: &known)
      contexts.number(
        position, contextDependences[position], first: first, second: second, count: count,
        known: &known)
      for row in inputs.rows(at: position) {
        let example = Int(inputs.examples[row])
        inputPositions[row] = Int32(position)
        tokens[row] =
          switch slots[position] {
          case .first: first[example]
          case .second: second[example]
          case .fixed(let number): Int32(shape.modulus + number)
          }
      }
      for row in contexts.rows(at: position) {
        inputsOfContexts[row] = inputs.places[position * capacity + Int(contexts.examples[row])]
      }
    }
  }
}

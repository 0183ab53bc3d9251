/// Examples that are pairs of tokens with a label each: what a pair of one-hot vectors says, as numbers.
///
/// Tokens are the places of ones in the concatenated pair, so those of the second number follow those of the
/// first: (a, b) of numbers below p is the tokens a and p + b. Where both numbers share their tokens, it is a and b.
public struct TokenPairs: Hashable, Sendable {
  let first: [Int32]
  let second: [Int32]
  let labels: [Int32]
  /// p, what all numbers are below.
  private let numbers: Int
  /// How many rows a table of tokens has: 2p, or p if they are shared.
  public let tokens: Int
  /// How many values a label takes.
  public let classes: Int

  public var count: Int { labels.count }

  /// Takes the examples in their order; a product's rounding depends on it, its value does not.
  ///
  /// - Parameters:
  ///   - pairs: the numbers a and b of each example, from 0 up to `numbers`, and its label.
  ///   - numbers: p.
  ///   - classes: what all labels are below; p if nil.
  /// - Precondition: numbers and labels lie in their ranges.
  public init(
    _ pairs: [(a: Int, b: Int, label: Int)], below numbers: Int, classes: Int? = nil
  ) {
    let (range, labels) = (0..<numbers, 0..<(classes ?? numbers))
    precondition(
      pairs.allSatisfy {
        range.contains($0.a) && range.contains($0.b) && labels.contains($0.label)
      },
      "a number outside \(range), or a label outside \(labels)")
    self.init(
      first: pairs.map { Int32($0.a) }, second: pairs.map { Int32(numbers + $0.b) },
      labels: pairs.map { Int32($0.label) }, numbers: numbers, tokens: 2 * numbers,
      classes: labels.count)
  }

  private init(
    first: [Int32], second: [Int32], labels: [Int32], numbers: Int, tokens: Int, classes: Int
  ) {
    self.first = first
    self.second = second
    self.labels = labels
    self.numbers = numbers
    self.tokens = tokens
    self.classes = classes
  }

  /// The same examples, the tokens of the second number being those of the first.
  public var sharingTokens: TokenPairs {
    let shift = Int32(tokens - numbers)
    return TokenPairs(
      first: first, second: second.map { $0 - shift }, labels: labels, numbers: numbers,
      tokens: numbers, classes: classes)
  }

  /// The same pairs with other labels.
  ///
  /// - Parameter labels: one for each example, below the number of classes.
  /// - Returns: as many examples in the same order.
  public func relabelled(_ labels: [Int]) -> TokenPairs {
    precondition(
      labels.count == count && labels.allSatisfy { (0..<classes).contains($0) },
      "\(labels.count) labels for \(count) examples of \(classes) classes")
    return TokenPairs(
      first: first, second: second, labels: labels.map { Int32($0) }, numbers: numbers,
      tokens: tokens, classes: classes)
  }

  /// The same examples in another order: by groups of neighbouring second numbers, then by the first.
  ///
  /// So the rows of a table that are in use at a time, one of a first token and those of a group, stay in a cache.
  ///
  /// - Parameter size: how many second numbers a group has.
  /// - Returns: the examples, those of a group in the order of a, then b.
  public func grouped(by size: Int) -> TokenPairs {
    let order = (0..<count).sorted { left, right in
      let (one, other) = (self[left], self[right])
      return (one.b / size, one.a, one.b) < (other.b / size, other.a, other.b)
    }
    return TokenPairs(
      first: order.map { first[$0] }, second: order.map { second[$0] },
      labels: order.map { labels[$0] }, numbers: numbers, tokens: tokens, classes: classes)
  }

  /// The same examples in an order in which the rows of a table and of its slopes that are in use at a time fill about a
  /// third of a second cache of a megabyte.
  ///
  /// - Parameter rowBytes: the size of a row of the table.
  /// - Returns: the examples, grouped.
  public func groupedForCache(rowBytes: Int) -> TokenPairs {
    grouped(by: max(350_000 / (2 * rowBytes), 1))
  }

  /// The number a p + b of each example's pair.
  public var pairNumbers: [Int] { (0..<count).map { self[$0].a * numbers + self[$0].b } }

  /// The numbers a and b and the label of an example.
  public subscript(place: Int) -> (a: Int, b: Int, label: Int) {
    (Int(first[place]), Int(second[place]) - (tokens - numbers), Int(labels[place]))
  }
}

extension Matrix {
  /// self[e] = (table[first] + table[second])² of the e-th example of a range, element by element.
  ///
  /// - Parameters:
  ///   - table: a row a token, `[tokens × N]`.
  ///   - pairs: the examples.
  ///   - range: those that take part; as many rows of this matrix, `[at least range.count × N]`, are written.
  public mutating func setPairSquares(of table: Matrix, _ pairs: TokenPairs, _ range: Range<Int>) {
    checkRows(table, pairs, range)
    let stride = stride
    table.withPointer { from in
      pairs.withPointers(range) { first, second, _ in
        withMutablePointer { squares in
          Scalar.pairSquares(
            from, first: first, second: second, rows: range.count, stride: stride, into: squares)
        }
      }
    }
  }

  /// self[e] = table[first] + table[second] of the e-th example of a range: the table times a pair of one-hot vectors.
  ///
  /// - Parameters:
  ///   - table: a row a token, `[tokens × N]`.
  ///   - pairs: the examples.
  ///   - range: those that take part; as many rows of this matrix, `[at least range.count × N]`, are written.
  public mutating func setPairSums(of table: Matrix, _ pairs: TokenPairs, _ range: Range<Int>) {
    checkRows(table, pairs, range)
    let stride = stride
    table.withPointer { from in
      pairs.withPointers(range) { first, second, _ in
        withMutablePointer { sums in
          Scalar.pairSums(
            from, first: first, second: second, rows: range.count, stride: stride, into: sums)
        }
      }
    }
  }

  /// self[e] = max(table[first] + table[second] + bias, 0); what is not a number stays so.
  ///
  /// - Parameters:
  ///   - table: a row a token, `[tokens × N]`.
  ///   - bias: `[1 × N]`.
  ///   - pairs: the examples.
  ///   - range: those that take part; as many rows of this matrix, `[at least range.count × N]`, are written.
  public mutating func setRectifiedPairSums(
    of table: Matrix, bias: Matrix, _ pairs: TokenPairs, _ range: Range<Int>
  ) {
    checkRows(table, pairs, range)
    checkVector(bias)
    let stride = stride
    table.withPointer { from in
      bias.withPointer { b in
        pairs.withPointers(range) { first, second, _ in
          withMutablePointer { sums in
            Scalar.rectifiedPairSums(
              from, bias: b, first: first, second: second, rows: range.count, stride: stride,
              into: sums)
          }
        }
      }
    }
  }

  /// self[t] += the sum of slopes[e] over the examples of a range that have token t, twice if both tokens are t: a pair of
  /// one-hot vectors transposed, times slopes.
  ///
  /// - Parameters:
  ///   - pairs: the examples; this matrix has a row a token, `[tokens × N]`.
  ///   - range: those that take part.
  ///   - slopes: `[at least range.count × N]`, its first row that of the range's first example.
  public mutating func addPairSlopes(_ pairs: TokenPairs, _ range: Range<Int>, slopes: Matrix) {
    slopes.checkRows(self, pairs, range)
    let stride = stride
    pairs.withPointers(range) { first, second, _ in
      slopes.withPointer { s in
        withMutablePointer { gradient in
          Scalar.addPairSlopes(
            first, second: second, rows: range.count, stride: stride, slopes: s, to: gradient)
        }
      }
    }
  }

  /// self[t] += the sum of (table[first] + table[second]) · slopes[e] over the examples of a range that have token t.
  ///
  /// - Parameters:
  ///   - table: a row a token, `[tokens × N]`, like this matrix.
  ///   - pairs: the examples.
  ///   - range: those that take part.
  ///   - slopes: `[at least range.count × N]`, its first row that of the range's first example.
  public mutating func addPairGradient(
    of table: Matrix, _ pairs: TokenPairs, _ range: Range<Int>, slopes: Matrix
  ) {
    slopes.checkRows(table, pairs, range)
    precondition(
      rows == table.rows && columns == table.columns, "\(shape) for a gradient of \(table.shape)")
    let stride = stride
    table.withPointer { from in
      pairs.withPointers(range) { first, second, _ in
        slopes.withPointer { s in
          withMutablePointer { gradient in
            Scalar.addPairGradient(
              from, first: first, second: second, rows: range.count, stride: stride, slopes: s,
              to: gradient)
          }
        }
      }
    }
  }

  /// self[e] −= the one-hot vector of the e-th label of a range.
  ///
  /// - Parameters:
  ///   - pairs: the examples.
  ///   - range: those that take part; as many rows of this matrix, `[at least range.count × classes]`, are changed.
  ///   - correct: grows by the number of examples whose label had the largest output, above all others.
  /// - Returns: the sum of the squares of these rows, afterwards.
  public mutating func subtractOneHot(
    _ pairs: TokenPairs, _ range: Range<Int>, correct: inout Int
  ) -> Double {
    precondition(
      columns == pairs.classes && range.count <= rows,
      "\(range.count) examples of \(pairs.classes) classes in \(shape)")
    let (columns, stride) = (columns, stride)
    return pairs.withPointers(range) { _, _, labels in
      withMutablePointer { outputs in
        Scalar.oneHotResiduals(
          outputs, labels: labels, rows: range.count, columns: columns, stride: stride,
          correct: &correct)
      }
    }
  }

  private func checkRows(_ table: Matrix, _ pairs: TokenPairs, _ range: Range<Int>) {
    precondition(
      table.rows == pairs.tokens && range.count <= rows && columns == table.columns,
      "\(range.count) pairs of \(pairs.tokens) tokens of \(table.shape) in \(shape)")
  }
}

extension TokenPairs {
  /// Calls `body` with the addresses of a range's first tokens, second tokens and labels.
  func withPointers<Result>(
    _ range: Range<Int>,
    _ body: (UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafePointer<Int32>) -> Result
  ) -> Result {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count && !range.isEmpty,
      "examples \(range) of \(count)")
    return first.withUnsafeBufferPointer { a in
      second.withUnsafeBufferPointer { b in
        labels.withUnsafeBufferPointer { y in
          guard let a = a.baseAddress, let b = b.baseAddress, let y = y.baseAddress else {
            preconditionFailure("examples \(range) of none")
          }
          return body(a + range.lowerBound, b + range.lowerBound, y + range.lowerBound)
        }
      }
    }
  }
}

/// Attention whose queries, keys and values are rows of one matrix that examples may share, forward and backward.
///
/// A row of projections is a query, a key and a value of `width` scalars each, a head after the other. What example e has at
/// position j is in the row places[j · capacity + e].
public struct RowAttention<Scalar: BLASScalar>: Sendable {
  public let width: Int
  public let heads: Int
  /// How many positions an example has at most.
  public let positions: Int
  /// The softmax's weights of every query, heads times keys.
  private var weights: Matrix<Scalar>

  /// - Parameters:
  ///   - width: the columns of queries, of keys and of values, a multiple of the heads.
  ///   - heads: how many heads.
  ///   - positions: of an example, at most eight.
  ///   - rows: how many queries there are at most.
  public init(width: Int, heads: Int, positions: Int, rows: Int) {
    precondition(
      width.isMultiple(of: heads) && (1...8).contains(positions),
      "\(heads) heads of a width of \(width), \(positions) positions")
    self.width = width
    self.heads = heads
    self.positions = positions
    weights = Matrix(rows: 1, columns: rows * heads * positions)
  }

  /// Queries at one position of some examples, and what they see.
  public struct Queries: Sendable {
    /// Whose row is where; see the type.
    public var places: [Int32]
    public var capacity: Int
    /// The position of the queries.
    public var position: Int
    /// How many positions they see, from the first on.
    public var keys: Int
    /// The example of each query, at the number of its row.
    public var examples: [Int32]
    /// The rows of results, by their numbers.
    public var rows: Range<Int>
    /// The number of the first row of the matrices of results.
    public var start: Int

    public init(
      places: [Int32], capacity: Int, position: Int, keys: Int, examples: [Int32],
      rows: Range<Int>, start: Int
    ) {
      self.places = places
      self.capacity = capacity
      self.position = position
      self.keys = keys
      self.examples = examples
      self.rows = rows
      self.start = start
    }
  }

  /// results[n] = Σⱼ wⱼ vⱼ, w = softmax over the keys of q · k/√(width/heads), head by head.
  ///
  /// - Parameters:
  ///   - results: `[any × width]`.
  ///   - queries: which of its rows are made.
  ///   - projections: `[any × 3 width]`.
  public mutating func mix(
    into results: inout Matrix<Scalar>, _ queries: Queries, projections: Matrix<Scalar>
  ) {
    check(queries, results, projections)
    let (shape, first) = (shape(queries), queries.rows.lowerBound - queries.start)
    let stride = results.stride
    queries.withPointers { places, examples in
      projections.withPointer { p in
        weights.withMutablePointer { w in
          results.withMutablePointer { z in
            Scalar.rowAttention(
              p, stride: projections.stride, shape, places: places, examples: examples,
              rows: queries.rows.count, weights: w + first * shape.heads * positions,
              into: z + first * stride, stride: stride)
          }
        }
      }
    }
  }

  /// Takes slopes by the results of the same queries back to the projections.
  ///
  /// - Parameters:
  ///   - slopes: the loss's slopes by the results, `[any × width]`.
  ///   - queries: as for `mix`.
  ///   - projections: as for `mix`.
  ///   - projectionSlopes: like the projections; is added to.
  public func propagateBack(
    _ slopes: Matrix<Scalar>, _ queries: Queries, projections: Matrix<Scalar>,
    addingTo projectionSlopes: inout Matrix<Scalar>
  ) {
    check(queries, slopes, projections)
    precondition(
      projectionSlopes.rows == projections.rows && projectionSlopes.stride == projections.stride,
      "\(projectionSlopes.shape) for \(projections.shape)")
    let (shape, first) = (shape(queries), queries.rows.lowerBound - queries.start)
    queries.withPointers { places, examples in
      projections.withPointer { p in
        weights.withPointer { w in
          slopes.withPointer { g in
            projectionSlopes.withMutablePointer { d in
              Scalar.rowAttentionSlopes(
                p, stride: projections.stride, shape, places: places, examples: examples,
                rows: queries.rows.count, weights: w + first * shape.heads * positions,
                slopes: g + first * slopes.stride, stride: slopes.stride, addingTo: d)
            }
          }
        }
      }
    }
  }

  private func shape(_ queries: Queries) -> RowAttentionShape {
    RowAttentionShape(
      width: width, heads: heads, capacity: queries.capacity, position: queries.position,
      keys: queries.keys)
  }

  private func check(
    _ queries: Queries, _ results: Matrix<Scalar>, _ projections: Matrix<Scalar>
  ) {
    let rows = queries.rows
    precondition(
      queries.keys <= positions && queries.position < positions
        && queries.places.count >= positions * queries.capacity
        && rows.upperBound <= queries.examples.count && rows.lowerBound >= queries.start
        && rows.upperBound - queries.start <= results.rows && results.columns == width
        && projections.columns == 3 * width
        && (rows.upperBound - queries.start) * heads * positions <= weights.columns,
      "the rows \(rows) from \(queries.start) of \(results.shape), \(projections.shape)")
  }
}

extension RowAttention.Queries {
  /// Calls `body` with the addresses of the places and of the first row's example.
  ///
  /// A function of the queries and not of what has the weights: that would be copied before it is changed.
  fileprivate func withPointers(
    _ body: (UnsafePointer<Int32>, UnsafePointer<Int32>) -> Void
  ) {
    places.withUnsafeBufferPointer { places in
      examples.withUnsafeBufferPointer { examples in
        guard let places = places.baseAddress, let examples = examples.baseAddress else { return }
        body(places, examples + rows.lowerBound)
      }
    }
  }
}

extension Matrix {
  /// Makes of the logits of a block the slopes of their cross-entropy, times a factor.
  ///
  /// As the function of pairs does, with the labels given one by one.
  ///
  /// - Parameters:
  ///   - labels: one for each of the first rows, all below the columns.
  ///   - count: how many rows.
  ///   - scale: the factor of the logits.
  ///   - factor: the factor of the slopes.
  ///   - correct: grows by the number of rows whose label has the largest logit, above all others.
  /// - Returns: the sum of the cross-entropies.
  public mutating func setCrossEntropySlopes(
    labels: [Int32], rows count: Int, scale: Scalar, factor: Scalar, correct: inout Int
  ) -> Double {
    let (columns, stride) = (columns, stride)
    precondition(
      count <= rows && count <= labels.count
        && labels.prefix(count).allSatisfy { $0 >= 0 && $0 < columns },
      "\(count) of \(labels.count) labels for \(shape)")
    return labels.withUnsafeBufferPointer { labels in
      guard let labels = labels.baseAddress else { return 0 }
      return withMutablePointer {
        Scalar.crossEntropy(
          $0, offsets: nil, labels: labels, rows: count, columns: columns, stride: stride,
          scale: scale, factor: factor, correct: &correct)
      }
    }
  }
}

/// Attention over rows in which examples may have a share, forward and backward.
///
/// What example e has at position j is in the row places[j · capacity + e]. The weights are the softmax over the positions
/// that are seen of q · k/√(width/heads), head by head.
public struct RowAttention<Scalar: BLASScalar>: Sendable {
  /// How many positions an example has at most.
  public let positions: Int
  /// Without what the matrices settle.
  private let shape: RowAttentionShape
  private let scale: Scalar
  /// The softmax's weights of every query, heads times keys.
  private var weights: Matrix<Scalar>

  /// Rows are projections, `[any × 3 width]`: a query, a key and a value, each a head after the other.
  ///
  /// - Parameters:
  ///   - width: the columns of queries, of keys and of values, a multiple of the heads.
  ///   - heads: how many heads.
  ///   - positions: of an example, at most eight.
  ///   - rows: how many queries there are at most.
  public init(width: Int, heads: Int, positions: Int, rows: Int) {
    self.init(
      RowAttentionShape(
        heads: heads, size: width / heads, step: width / heads, key: width, value: 2 * width),
      width: width, positions: positions, rows: rows)
  }

  /// Rows are keys and values of every head as they are, `[any × width]`; queries are given besides, `[any × heads · width]`.
  ///
  /// - Parameters:
  ///   - width: of a row.
  ///   - heads: how many heads; a divisor of the width, from which the scale of the softmax follows.
  ///   - positions: of an example, at most eight.
  ///   - queryRows: how many queries there are at most.
  public init(width: Int, heads: Int, positions: Int, queryRows: Int) {
    self.init(
      RowAttentionShape(heads: heads, size: width, step: 0, key: 0, value: 0), width: width,
      positions: positions, rows: queryRows)
  }

  private init(_ shape: RowAttentionShape, width: Int, positions: Int, rows: Int) {
    precondition(
      width.isMultiple(of: shape.heads) && (1...8).contains(positions),
      "\(shape.heads) heads of a width of \(width), \(positions) positions")
    self.shape = shape
    self.positions = positions
    scale = 1 / Scalar(width / shape.heads).squareRoot()
    weights = Matrix(rows: 1, columns: rows * shape.heads * positions)
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

    /// The first row of the matrices of results that is made.
    fileprivate var first: Int { rows.lowerBound - start }
  }

  /// results[n] = Σⱼ wⱼ vⱼ of projections.
  ///
  /// - Parameters:
  ///   - results: `[any × width]`.
  ///   - queries: which of its rows are made.
  ///   - projections: `[any × 3 width]`.
  public mutating func mix(
    into results: inout Matrix<Scalar>, _ queries: Queries, projections: Matrix<Scalar>
  ) {
    let shape = shape(queries, results, projections, nil)
    let (scale, first) = (scale, queries.first)
    let weightStart = first * shape.heads * positions
    queries.withPointers { places, examples in
      projections.withPointer { p in
        weights.withMutablePointer { w in
          results.withMutablePointer { z in
            Scalar.rowAttention(
              p, p, shape, scale: scale, places: places, examples: examples,
              rows: queries.rows.count, weights: w + weightStart,
              into: z + first * shape.resultStride)
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
    let shape = shape(queries, slopes, projections, nil)
    precondition(
      projectionSlopes.rows == projections.rows && projectionSlopes.stride == projections.stride,
      "\(projectionSlopes.shape) for \(projections.shape)")
    queries.withPointers { places, examples in
      projections.withPointer { p in
        weights.withPointer { w in
          slopes.withPointer { g in
            projectionSlopes.withMutablePointer { d in
              Scalar.rowAttentionSlopes(
                p, p, shape, scale: scale, places: places, examples: examples,
                rows: queries.rows.count, weights: w + queries.first * shape.heads * positions,
                slopes: g + queries.first * shape.resultStride, addingTo: d, d)
            }
          }
        }
      }
    }
  }

  /// results[n] = Σⱼ wⱼ xⱼ for every head, where the rows x are the keys, too.
  ///
  /// - Parameters:
  ///   - results: `[any × heads · width]`.
  ///   - queries: which of its rows are made, all from the first on.
  ///   - folded: a query for each row of results, `[any × heads · width]`.
  ///   - rows: x, `[any × width]`.
  public mutating func mix(
    into results: inout Matrix<Scalar>, _ queries: Queries, folded: Matrix<Scalar>,
    rows: Matrix<Scalar>
  ) {
    let shape = shape(queries, results, rows, folded)
    let scale = scale
    queries.withPointers { places, examples in
      folded.withPointer { q in
        rows.withPointer { x in
          weights.withMutablePointer { w in
            results.withMutablePointer { z in
              Scalar.rowAttention(
                q, x, shape, scale: scale, places: places, examples: examples,
                rows: queries.rows.count, weights: w, into: z)
            }
          }
        }
      }
    }
  }

  /// Takes slopes by the results of the same queries back to queries and rows.
  ///
  /// - Parameters:
  ///   - slopes: the loss's slopes by the results, `[any × heads · width]`.
  ///   - queries: as for `mix`.
  ///   - folded: as for `mix`.
  ///   - rows: as for `mix`.
  ///   - foldedSlopes: like the folded queries; is added to.
  ///   - rowSlopes: like the rows; is added to.
  public func propagateBack(
    _ slopes: Matrix<Scalar>, _ queries: Queries, folded: Matrix<Scalar>, rows: Matrix<Scalar>,
    addingTo foldedSlopes: inout Matrix<Scalar>, _ rowSlopes: inout Matrix<Scalar>
  ) {
    let shape = shape(queries, slopes, rows, folded)
    precondition(
      foldedSlopes.rows == folded.rows && foldedSlopes.stride == folded.stride
        && rowSlopes.rows >= rows.rows && rowSlopes.stride == rows.stride,
      "\(foldedSlopes.shape) for \(folded.shape), \(rowSlopes.shape) for \(rows.shape)")
    queries.withPointers { places, examples in
      folded.withPointer { q in
        rows.withPointer { x in
          weights.withPointer { w in
            slopes.withPointer { g in
              foldedSlopes.withMutablePointer { dq in
                rowSlopes.withMutablePointer { dx in
                  Scalar.rowAttentionSlopes(
                    q, x, shape, scale: scale, places: places, examples: examples,
                    rows: queries.rows.count, weights: w, slopes: g, addingTo: dq, dx)
                }
              }
            }
          }
        }
      }
    }
  }

  /// What the kernels are told, once everything fits.
  private func shape(
    _ queries: Queries, _ results: Matrix<Scalar>, _ matrix: Matrix<Scalar>,
    _ folded: Matrix<Scalar>?
  ) -> RowAttentionShape {
    var shape = shape
    shape.stride = matrix.stride
    shape.queryStride = folded?.stride ?? matrix.stride
    shape.position = folded == nil ? queries.position : -1
    shape.resultStride = results.stride
    shape.capacity = queries.capacity
    shape.keys = queries.keys
    let (columns, end) = (shape.heads * shape.size, queries.rows.upperBound - queries.start)
    precondition(
      queries.keys <= positions && queries.position < positions
        && queries.places.count >= positions * queries.capacity
        && queries.rows.upperBound <= queries.examples.count && queries.first >= 0
        && end <= results.rows && results.columns == columns
        && matrix.columns == shape.value + (folded == nil ? columns : shape.size)
        && end * shape.heads * positions <= weights.columns,
      "the rows \(queries.rows) from \(queries.start) of \(results.shape), \(matrix.shape)")
    if let folded {
      precondition(
        queries.first == 0 && folded.columns == columns && folded.rows >= end,
        "\(end) queries of \(folded.shape)")
    }
    return shape
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

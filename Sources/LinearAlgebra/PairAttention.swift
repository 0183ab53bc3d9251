/// Attention over pairs of tokens and a third token that is always the same, head by head, for a block of examples.
///
/// What a token contributes is a row of a table: `heads` times `width` scalars, of which the first `rectifiedWidth` belong
/// to rectified units. The third token's contribution is taken off the other two and is part of a constant, since the weights
/// of a head sum to one; its score is taken off the other scores.
public struct PairAttention<Scalar: BLASScalar>: Sendable {
  public let heads: Int
  /// Scalars of a head in a row of a table; whole cache lines, like `rectifiedWidth`.
  public let width: Int
  public let rectifiedWidth: Int
  /// The weights of the examples of the present block, `[rows × 2 heads]` without padding.
  private var weights: Matrix<Scalar>
  private var workspace: Matrix<Scalar>
  private let rows: Int

  /// - Parameters:
  ///   - heads: how many heads.
  ///   - width: of a head in a row of a table.
  ///   - rectifiedWidth: the part of it that belongs to rectified units.
  ///   - rows: how many examples a block has at most.
  public init(heads: Int, width: Int, rectifiedWidth: Int, rows: Int) {
    precondition(
      Matrix<Scalar>.lineStride(width) == width && rectifiedWidth <= width
        && Matrix<Scalar>.lineStride(rectifiedWidth) == rectifiedWidth,
      "widths of \(rectifiedWidth) and \(width)")
    self.heads = heads
    self.width = width
    self.rectifiedWidth = rectifiedWidth
    self.rows = rows
    weights = Matrix(rows: 1, columns: 2 * heads * rows)
    workspace = Matrix(rows: 1, columns: heads * rows)
  }

  /// Passes a block of examples through.
  ///
  /// - Parameters:
  ///   - pairs: the examples.
  ///   - range: those of the block.
  ///   - scores: a row a token, `[at least tokens × heads]`.
  ///   - table: a row a token, `[at least tokens × heads · width]`.
  ///   - constant: `[1 × width]`.
  ///   - rectified: becomes the rectified part, a row an example.
  ///   - linear: becomes the other part, a row an example.
  public mutating func mix(
    _ pairs: TokenPairs, _ range: Range<Int>, scores: Matrix<Scalar>, table: Matrix<Scalar>,
    constant: Matrix<Scalar>, rectified: inout Matrix<Scalar>, linear: inout Matrix<Scalar>
  ) {
    check(pairs, range, scores, table, constant)
    check(rectified, linear)
    let (heads, width, rectifiedWidth) = (heads, width, rectifiedWidth)
    pairs.withPointers(range) { first, second, _ in
      weights.withMutablePointer { w in
        workspace.withMutablePointer { rest in
          scores.withPointer { s in
            Scalar.pairSoftmax(
              s, stride: scores.stride, first: first, second: second, rows: range.count,
              heads: heads, into: w, workspace: rest)
          }
        }
        table.withPointer { t in
          constant.withPointer { c in
            rectified.withMutablePointer { high in
              linear.withMutablePointer { low in
                Scalar.pairMix(
                  t, constant: c, first: first, second: second, weights: w, rows: range.count,
                  heads: heads, width: width, rectifiedWidth: rectifiedWidth, rectified: high,
                  linear: low)
              }
            }
          }
        }
      }
    }
  }

  /// Adds what the loss changes by with the table, the constant and the scores, for the block that was mixed last.
  ///
  /// - Parameters:
  ///   - pairs: the examples.
  ///   - range: those of the block.
  ///   - table: as for `mix`.
  ///   - rectified: what it changes by with the rectified part's sums, a row an example.
  ///   - linear: the same of the other part.
  ///   - tableSlopes: like the table.
  ///   - constantSlopes: like the constant.
  ///   - scoreSlopes: like the scores.
  public func addSlopes(
    _ pairs: TokenPairs, _ range: Range<Int>, table: Matrix<Scalar>, rectified: Matrix<Scalar>,
    linear: Matrix<Scalar>, to tableSlopes: inout Matrix<Scalar>,
    constant constantSlopes: inout Matrix<Scalar>, scores scoreSlopes: inout Matrix<Scalar>
  ) {
    check(pairs, range, scoreSlopes, table, constantSlopes)
    check(rectified, linear)
    precondition(
      tableSlopes.rows == table.rows && tableSlopes.columns == table.columns,
      "\(tableSlopes.shape) for \(table.shape)")
    let stride = scoreSlopes.stride
    pairs.withPointers(range) { first, second, _ in
      weights.withPointer { w in
        table.withPointer { t in
          rectified.withPointer { high in
            linear.withPointer { low in
              tableSlopes.withMutablePointer { dt in
                constantSlopes.withMutablePointer { dc in
                  scoreSlopes.withMutablePointer { ds in
                    Scalar.pairMixSlopes(
                      t, first: first, second: second, weights: w, rows: range.count, heads: heads,
                      width: width, rectifiedWidth: rectifiedWidth, rectified: high, linear: low,
                      addingTo: dt, constant: dc, scores: ds, stride: stride)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  private func check(
    _ pairs: TokenPairs, _ range: Range<Int>, _ scores: Matrix<Scalar>, _ table: Matrix<Scalar>,
    _ constant: Matrix<Scalar>
  ) {
    precondition(
      range.count <= rows && scores.rows >= pairs.tokens && scores.columns == heads
        && table.rows >= pairs.tokens && table.columns == heads * width
        && table.stride == table.columns && constant.rows == 1 && constant.columns == width,
      "\(range.count) of \(pairs.tokens) tokens, \(scores.shape), \(table.shape), \(constant.shape)"
    )
  }

  private func check(_ rectified: Matrix<Scalar>, _ linear: Matrix<Scalar>) {
    precondition(
      rectified.rows >= rows && rectified.stride == rectifiedWidth && linear.rows >= rows
        && linear.stride == width - rectifiedWidth,
      "\(rectified.shape) and \(linear.shape) for \(rows) rows of \(rectifiedWidth) of \(width)")
  }
}

extension Matrix {
  /// Makes of logits the slopes of their cross-entropy, times a factor.
  ///
  /// With z = scale · (self[e] − offsets[e]) the cross-entropy is log Σ exp z − z_label. In single precision it is right to
  /// a few millionths of itself however small it is: 1 − softmax is never computed as a difference.
  ///
  /// - Parameters:
  ///   - pairs: the examples.
  ///   - range: those that take part; as many rows of this matrix, `[at least range.count × any above all labels]`.
  ///   - offsets: a row an example of all pairs, in the same order; nil for zeros.
  ///   - scale: the factor of the logits.
  ///   - factor: the factor of the slopes.
  ///   - correct: grows by the number of examples whose label had the largest logit, above all others.
  /// - Returns: the sum of the cross-entropies.
  public mutating func setCrossEntropySlopes(
    _ pairs: TokenPairs, _ range: Range<Int>, offsets: Matrix?, scale: Scalar, factor: Scalar,
    correct: inout Int
  ) -> Double {
    precondition(
      columns >= pairs.classes && range.count <= rows,
      "\(range.count) examples of \(pairs.classes) classes in \(shape)")
    if let offsets {
      precondition(
        offsets.rows == pairs.count && offsets.columns == columns, "\(offsets.shape) off \(shape)")
    }
    let (columns, stride) = (columns, stride)
    return pairs.withPointers(range) { _, _, labels in
      withMutablePointer { logits in
        guard let offsets else {
          return Scalar.crossEntropy(
            logits, offsets: nil, labels: labels, rows: range.count, columns: columns,
            stride: stride, scale: scale, factor: factor, correct: &correct)
        }
        return offsets.withPointer {
          Scalar.crossEntropy(
            logits, offsets: $0 + range.lowerBound * stride, labels: labels, rows: range.count,
            columns: columns, stride: stride, scale: scale, factor: factor, correct: &correct)
        }
      }
    }
  }
}

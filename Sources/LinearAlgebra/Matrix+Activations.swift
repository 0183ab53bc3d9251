/// Hidden layers whose activation is a polynomial of fourth degree and whose readouts differ.
extension Matrix {
  /// self[start + p] = scale · Σₙ aₙ φ(h) − offsets[start + p], with h = hidden[p][n].
  ///
  /// - Parameters:
  ///   - hidden: `[at least count × N]`; afterwards, if slopes are asked for, hidden[p][n] is
  ///     self[start + p] aₙ φ′(h).
  ///   - count: how many rows of `hidden` take part.
  ///   - activation: the coefficients of φ from h⁰ to h⁴, `[1 × 5]`.
  ///   - readouts: a, `[1 × N]`.
  ///   - scale: the factor of the sums.
  ///   - offsets: a vector of at least `start + count` elements.
  ///   - start: the place of the block's first residual.
  ///   - makingSlopes: whether `hidden` becomes slope times residual.
  ///   - sums: `[1 × N]`; if slopes are asked for, Σ_p self[start + p] φ(h) is added to its element n.
  /// - Returns: the sum of the squares.
  public mutating func setResiduals(
    ofHidden hidden: inout Matrix, count: Int, activation: Matrix, readouts: Matrix,
    scale: Scalar, offsets: Matrix, at start: Int, makingSlopes: Bool,
    addingTo sums: inout Matrix
  ) -> Double {
    checkBlock(start: start, count: count)
    offsets.checkBlock(start: start, count: count)
    activation.checkBlock(start: 0, count: 5)
    let (columns, stride) = (hidden.columns, hidden.stride)
    precondition(
      count <= hidden.rows && readouts.rows == 1 && readouts.columns == columns && sums.rows == 1
        && sums.columns == columns,
      "\(count) rows of \(hidden.shape), readouts \(readouts.shape), sums \(sums.shape)")
    return offsets.withPointer { offset in
      activation.withPointer { coefficients in
        readouts.withPointer { a in
          hidden.withMutablePointer { h in
            sums.withMutablePointer { sum in
              withMutablePointer { r in
                Scalar.polynomialPass(
                  h, rows: count, columns: columns, stride: stride, coefficients: coefficients,
                  readouts: a, scale: scale, offsets: offset + start, into: r + start,
                  makingSlopes: makingSlopes, addingTo: sum)
              }
            }
          }
        }
      }
    }
  }

  /// self[i][j] = factors[j] · matrix[i][j].
  ///
  /// - Parameters:
  ///   - matrix: of this matrix's shape, `[m × n]`.
  ///   - factors: `[1 × n]`.
  public mutating func setColumns(of matrix: Matrix, times factors: Matrix) {
    precondition(
      rows == matrix.rows && columns == matrix.columns && factors.rows == 1
        && factors.columns == columns,
      "columns of \(matrix.shape) times \(factors.shape) into \(shape)")
    let (rows, stride) = (rows, stride)
    matrix.withPointer { from in
      factors.withPointer { factor in
        withMutablePointer { to in
          Scalar.scaleColumns(from, factors: factor, rows: rows, stride: stride, into: to)
        }
      }
    }
  }
}

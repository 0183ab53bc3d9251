/// The loops that are neither products nor worth a name of their own in BLAS, with their shapes checked.
///
/// Vectors are matrices of one row. `start` is the place of a block's first element in a longer vector.
extension Matrix {
  /// self[start + p] = scale · Σₙ (h + (ε/2) h²) − offsets[start + p], with h = hidden[p][n].
  ///
  /// - Parameters:
  ///   - hidden: `[at least count × N]`; afterwards, if slopes are asked for, hidden[p][n] is
  ///     self[start + p] (1 + ε h).
  ///   - count: how many rows of `hidden` take part.
  ///   - epsilon: ε.
  ///   - scale: the factor of the sums.
  ///   - offsets: a vector of at least `start + count` elements.
  ///   - start: the place of the block's first residual.
  ///   - makingSlopes: whether `hidden` becomes slope times residual.
  /// - Returns: the sum of the squares.
  public mutating func setResiduals(
    ofHidden hidden: inout Matrix, count: Int, epsilon: Scalar, scale: Scalar, offsets: Matrix,
    at start: Int, makingSlopes: Bool
  ) -> Double {
    checkBlock(start: start, count: count)
    offsets.checkBlock(start: start, count: count)
    precondition(count <= hidden.rows, "\(count) rows of \(hidden.shape)")
    let (columns, stride) = (hidden.columns, hidden.stride)
    return offsets.withPointer { offset in
      hidden.withMutablePointer { h in
        withMutablePointer { r in
          Scalar.hiddenPass(
            h, rows: count, columns: columns, stride: stride, epsilon: epsilon, scale: scale,
            offsets: offset + start, into: r + start, makingSlopes: makingSlopes)
        }
      }
    }
  }

  /// self[start + p] = scale · outputs[p] − offsets[start + p].
  ///
  /// - Parameters:
  ///   - outputs: a vector of at least `count` elements.
  ///   - scale: the factor of the outputs.
  ///   - offsets: a vector of at least `start + count` elements.
  ///   - start: the place of the block's first residual.
  ///   - count: how many.
  /// - Returns: the sum of their squares.
  public mutating func setResiduals(
    of outputs: Matrix, scale: Scalar, offsets: Matrix, at start: Int, count: Int
  ) -> Double {
    checkBlock(start: start, count: count)
    offsets.checkBlock(start: start, count: count)
    outputs.checkBlock(start: 0, count: count)
    return outputs.withPointer { f in
      offsets.withPointer { offset in
        withMutablePointer { r in
          Scalar.residuals(
            f, scale: scale, offsets: offset + start, into: r + start, count: count)
        }
      }
    }
  }

  /// self[p] = Σⱼ x[start + p][j] (linear[j] + quadratic · y[p][j]): xᵀ(linear + quadratic · M x) with y = M x.
  ///
  /// - Parameters:
  ///   - x: `[at least start + count × D]`.
  ///   - y: `[at least count × D]`.
  ///   - linear: `[1 × D]`.
  ///   - quadratic: the factor of y.
  ///   - start: the first row of x that takes part.
  ///   - count: how many rows take part.
  public mutating func setQuadraticForms(
    of x: Matrix, _ y: Matrix, linear: Matrix, quadratic: Scalar, from start: Int, count: Int
  ) {
    checkBlock(start: 0, count: count)
    precondition(
      start + count <= x.rows && count <= y.rows && x.columns == y.columns
        && x.columns == linear.columns,
      "forms of \(count) rows of \(x.shape), \(y.shape) and \(linear.shape)")
    x.withPointer { xs in
      y.withPointer { ys in
        linear.withPointer { l in
          withMutablePointer { forms in
            Scalar.quadraticForms(
              xs + start * x.stride, ys, rows: count, stride: x.stride, linear: l,
              quadratic: quadratic, into: forms)
          }
        }
      }
    }
  }

  /// self[p] = weights[start + p] · x[start + p], row by row; their sum over p is added to `sums`.
  ///
  /// - Parameters:
  ///   - x: `[at least start + count × D]`.
  ///   - weights: a vector of at least `start + count` elements.
  ///   - start: the first row of x that takes part.
  ///   - count: how many rows take part.
  ///   - sums: `[1 × D]`.
  public mutating func setWeightedRows(
    of x: Matrix, weights: Matrix, from start: Int, count: Int, addingTo sums: inout Matrix
  ) {
    weights.checkBlock(start: start, count: count)
    precondition(
      start + count <= x.rows && count <= rows && x.columns == columns && sums.columns == columns,
      "\(count) weighted rows of \(x.shape) into \(shape) and \(sums.shape)")
    x.withPointer { xs in
      weights.withPointer { r in
        sums.withMutablePointer { s in
          withMutablePointer { weighted in
            Scalar.weightedRows(
              xs + start * x.stride, weights: r + start, rows: count, stride: x.stride,
              into: weighted, addingTo: s)
          }
        }
      }
    }
  }

  /// self = diagonal · I − scale · S.
  ///
  /// - Parameters:
  ///   - diagonal: the factor of the identity.
  ///   - lower: S, `[D × D]`, symmetric and given by its lower triangle.
  ///   - scale: the factor of S.
  public mutating func setIdentity(
    times diagonal: Scalar = 1, minus lower: Matrix, scale: Scalar
  ) {
    precondition(
      rows == columns && lower.rows == rows && lower.columns == rows,
      "identity minus \(lower.shape) into \(shape)")
    let stride = stride
    lower.withPointer { s in
      withMutablePointer { result in
        Scalar.identityMinus(
          diagonal: diagonal, lower: s, scale: scale, size: lower.rows, stride: stride, into: result
        )
      }
    }
  }

  /// self = S − u vᵀ − v uᵀ, symmetric to the bit.
  ///
  /// - Parameters:
  ///   - lower: S, `[D × D]`, symmetric and given by its lower triangle.
  ///   - left: u, `[1 × D]`.
  ///   - right: v, `[1 × D]`.
  public mutating func setSymmetric(_ lower: Matrix, minusRankTwo left: Matrix, _ right: Matrix) {
    precondition(
      rows == columns && lower.rows == rows && lower.columns == rows && left.columns == rows
        && right.columns == rows,
      "\(lower.shape) minus \(left.shape) by \(right.shape) into \(shape)")
    let stride = stride
    lower.withPointer { s in
      left.withPointer { u in
        right.withPointer { v in
          withMutablePointer { result in
            Scalar.minusRankTwo(
              lower: s, u, v, size: lower.rows, stride: stride, into: result)
          }
        }
      }
    }
  }

  /// ‖S‖²_F and tr S of S = scale · (self − initial) − target targetᵀ, from the lower triangles.
  ///
  /// - Parameters:
  ///   - initial: `[D × D]`, like this matrix.
  ///   - target: `[1 × D]`.
  ///   - scale: the factor of the difference.
  /// - Returns: the squared norm and the trace.
  public func deviation(
    from initial: Matrix, target: Matrix, scale: Scalar
  ) -> (squares: Double, trace: Double) {
    precondition(
      rows == columns && initial.rows == rows && initial.columns == rows
        && target.columns == rows,
      "\(shape) from \(initial.shape) with \(target.shape)")
    var trace = 0.0
    let squares = withPointer { moment in
      initial.withPointer { start in
        target.withPointer { beta in
          Scalar.deviation(
            moment: moment, initial: start, target: beta, scale: scale, size: rows,
            stride: stride, trace: &trace)
        }
      }
    }
    return (squares, trace)
  }

  func checkBlock(start: Int, count: Int) {
    precondition(
      rows == 1 && start >= 0 && count >= 0 && start + count <= columns,
      "\(count) elements from \(start) of \(shape)")
  }
}

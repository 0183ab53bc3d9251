/// Which factors of a product are read transposed.
public enum Transposition: Hashable, Sendable {
  case neither
  /// Aᵀ B.
  case left
  /// A Bᵀ.
  case right
}

extension Matrix {
  /// This matrix becomes a product of two, scaled, plus `keep` times what it was: C ← scale · A B + keep · C.
  ///
  /// - Parameters:
  ///   - left: A, `[m × k]`, or `[k × m]` when read transposed.
  ///   - right: B, `[k × n]`, or `[n × k]` when read transposed.
  ///   - transposed: which of the two is read transposed.
  ///   - range: the rows of `left` that take part, all of them if nil; of this matrix as many are written
  ///     (with `left` read transposed: of `right` as many are read).
  ///   - rightStart: with `left` read transposed, the first row of `right` that takes part.
  ///   - paddingToo: whether the zeros beyond the last column of `right` take part, which changes nothing but the
  ///     time: a product as wide as whole registers may be the faster one.
  ///   - scale: the factor of the product.
  ///   - keep: the factor of the old content; 1 accumulates.
  /// - Precondition: this matrix has `n` columns and at least as many rows as are written.
  public mutating func setProduct(
    of left: Matrix, _ right: Matrix, transposed: Transposition = .neither,
    rows range: Range<Int>? = nil, rightFrom rightStart: Int = 0, paddingToo: Bool = false,
    scale: Scalar = 1, keep: Scalar = 0
  ) {
    let taken = range ?? 0..<left.rows
    precondition(
      taken.lowerBound >= 0 && taken.upperBound <= left.rows, "rows \(taken) of \(left.shape)")
    let m = transposed == .left ? left.columns : taken.count
    let k = transposed == .left ? taken.count : left.columns
    let n = transposed == .right ? right.rows : right.columns
    let innerOfRight = transposed == .right ? right.columns : (transposed == .left ? k : right.rows)
    precondition(
      k == innerOfRight && (transposed == .left ? right.rows >= rightStart + k : rightStart == 0),
      "\(left.shape) times \(right.shape), transposed: \(transposed)")
    precondition(
      rows >= m && columns == n, "a product of [\(m) × \(n)] does not fit \(shape)")
    precondition(!paddingToo || transposed != .right, "\(right.shape) is read by rows")
    let resultStride = stride
    let width = paddingToo ? stride : n
    left.withPointer { a in
      right.withPointer { b in
        withMutablePointer { c in
          Scalar.multiply(
            transposed: (transposed == .left, transposed == .right), m: m, n: width, k: k,
            scale: scale, a + taken.lowerBound * left.stride, stride: left.stride,
            b + rightStart * right.stride, stride: right.stride, keep: keep, c, stride: resultStride
          )
        }
      }
    }
  }

  /// The lower triangle of this matrix becomes that of scale · A Aᵀ; the upper one is left as it was.
  ///
  /// - Parameters:
  ///   - factor: A, `[n × k]`.
  ///   - scale: the factor of the product.
  /// - Precondition: this matrix is `[n × n]`.
  public mutating func setLowerSquare(of factor: Matrix, scale: Scalar) {
    precondition(
      rows == factor.rows && columns == factor.rows,
      "the square of \(factor.shape) does not fit \(shape)")
    let resultStride = stride
    factor.withPointer { a in
      withMutablePointer { c in
        Scalar.squareLower(
          n: factor.rows, k: factor.columns, scale: scale, a, stride: factor.stride, c,
          stride: resultStride)
      }
    }
  }
}

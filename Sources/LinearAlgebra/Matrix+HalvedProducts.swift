/// Products of which symmetry gives a part away: three quarters of the operations, in products that a library does.
extension Matrix {
  /// Smaller matrices gain nothing by being split.
  private static var splitMin: Int { 64 }

  /// The first column of the second half, at the beginning of a cache line; 0 for no split.
  private static func split(_ size: Int) -> Int {
    let line = AlignedStorage<Scalar>.scalarsPerLine
    return size < splitMin ? 0 : (size / 2 + line / 2) / line * line
  }

  /// The rows y of this matrix become such that xᵀ y = xᵀ S x.
  ///
  /// With halves x = (u, v) these are y = (A u, C v + 2 Bᵀ u), where S has A and C on its diagonal and B above it.
  ///
  /// - Parameters:
  ///   - x: `[at least as many rows as the range ends at × D]`.
  ///   - symmetric: S, `[D × D]`.
  ///   - range: the rows of `x` that take part; as many of this matrix are written.
  public mutating func setHalvedForms(of x: Matrix, _ symmetric: Matrix, rows range: Range<Int>) {
    let size = symmetric.rows
    precondition(
      range.lowerBound >= 0 && range.upperBound <= x.rows && x.columns == size
        && symmetric.columns == size && columns == size && rows >= range.count,
      "forms of rows \(range) of \(x.shape) and \(symmetric.shape) in \(shape)")
    let (half, rest, ownStride) = (Self.split(size), size - Self.split(size), stride)
    x.withPointer { xs in
      symmetric.withPointer { s in
        withMutablePointer { y in
          let xs = xs + range.lowerBound * x.stride
          func add(
            _ from: Int, _ depth: Int, to column: Int, _ width: Int, scale: Scalar, keep: Scalar
          ) {
            Scalar.multiply(
              transposed: (false, false), m: range.count, n: width, k: depth, scale: scale,
              xs + from, stride: x.stride, s + from * symmetric.stride + column,
              stride: symmetric.stride, keep: keep, y + column, stride: ownStride)
          }
          if half > 0 {
            add(0, half, to: 0, half, scale: 1, keep: 0)
            add(0, half, to: half, rest, scale: 2, keep: 0)
          }
          add(half, rest, to: half, rest, scale: 1, keep: half > 0 ? 1 : 0)
        }
      }
    }
  }

  /// The lower triangle of this matrix becomes that of a product of two, plus `keep` times what it was; what is above
  /// the diagonal then means nothing.
  ///
  /// - Parameters:
  ///   - left: A, `[D × k]`, or `[k × D]` when read transposed.
  ///   - right: B, `[k × D]`.
  ///   - transposed: whether `left` is read transposed.
  ///   - range: with `left` read transposed, its rows that take part, and as many of `right` from its first on.
  ///   - keep: the factor of the old content.
  /// - Precondition: this matrix is `[D × D]`.
  public mutating func setLowerProduct(
    of left: Matrix, _ right: Matrix, transposed: Bool = false, rows range: Range<Int>? = nil,
    keep: Scalar = 0
  ) {
    let size = rows
    let taken = transposed ? range ?? 0..<left.rows : 0..<left.columns
    precondition(
      columns == size && (transposed ? left.columns : left.rows) == size && right.columns == size
        && right.rows >= taken.count && taken.lowerBound >= 0
        && taken.upperBound <= (transposed ? left.rows : left.columns),
      "\(left.shape) times \(right.shape) into \(shape)")
    let (half, ownStride) = (Self.split(size), stride)
    left.withPointer { a in
      right.withPointer { b in
        withMutablePointer { c in
          let a = transposed ? a + taken.lowerBound * left.stride : a
          func set(rowsFrom row: Int, columnsFrom column: Int, width: Int) {
            Scalar.multiply(
              transposed: (transposed, false), m: size - row, n: width, k: taken.count, scale: 1,
              a + row * (transposed ? 1 : left.stride), stride: left.stride, b + column,
              stride: right.stride, keep: keep, c + row * ownStride + column, stride: ownStride)
          }
          if half > 0 { set(rowsFrom: 0, columnsFrom: 0, width: half) }
          set(rowsFrom: half, columnsFrom: half, width: size - half)
        }
      }
    }
  }
}

/// A rectangle of scalars in a matrix's memory: where it starts, its shape, and how far apart its rows are.
///
/// So a matrix can hold several of other shapes, one after the other or side by side, and a product can read and
/// write any of them where they lie.
public struct MatrixRegion: Hashable, Sendable {
  /// The place of the first scalar in the matrix's memory.
  public let offset: Int
  public let rows: Int
  public let columns: Int
  /// The distance between the starts of two rows, in scalars.
  public let stride: Int

  /// - Precondition: nothing is negative, and rows do not overlap.
  public init(offset: Int, rows: Int, columns: Int, stride: Int) {
    precondition(
      offset >= 0 && rows >= 0 && columns >= 0 && stride >= columns,
      "[\(rows) × \(columns)] at \(offset), rows \(stride) apart")
    self.offset = offset
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  /// The shape as text: `[550 × 100]`.
  public var shape: String { "[\(rows) × \(columns)]" }

  /// Some rows of this region.
  public func rows(_ range: Range<Int>) -> MatrixRegion {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(shape)")
    return MatrixRegion(
      offset: offset + range.lowerBound * stride, rows: range.count, columns: columns,
      stride: stride)
  }

  /// Some columns of this region.
  public func columns(_ range: Range<Int>) -> MatrixRegion {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(shape)")
    return MatrixRegion(
      offset: offset + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// One past the last scalar.
  var end: Int { rows == 0 ? offset : offset + (rows - 1) * stride + columns }
}

extension Matrix {
  /// All of this matrix.
  public var region: MatrixRegion {
    MatrixRegion(offset: 0, rows: rows, columns: columns, stride: stride)
  }

  /// So many scalars as a row needs that other rows follow at cache lines' boundaries.
  public static func lineStride(_ columns: Int) -> Int {
    let line = AlignedStorage<Scalar>.scalarsPerLine
    return (columns + line - 1) / line * line
  }

  /// A region of this matrix becomes a product of two others, scaled, plus `keep` times what it was.
  ///
  /// - Parameters:
  ///   - region: C, `[m × n]`, of this matrix.
  ///   - left: the matrix that holds A.
  ///   - leftRegion: A, `[m × k]`, or `[k × m]` when read transposed.
  ///   - right: the matrix that holds B.
  ///   - rightRegion: B, `[k × n]`, or `[n × k]` when read transposed.
  ///   - transposed: which of the two is read transposed.
  ///   - scale: the factor of the product.
  ///   - keep: the factor of the old content; 1 accumulates.
  public mutating func setProduct(
    in region: MatrixRegion, of left: Matrix, _ leftRegion: MatrixRegion, _ right: Matrix,
    _ rightRegion: MatrixRegion, transposed: Transposition = .neither, scale: Scalar = 1,
    keep: Scalar = 0
  ) {
    let m = transposed == .left ? leftRegion.columns : leftRegion.rows
    let k = transposed == .left ? leftRegion.rows : leftRegion.columns
    let n = transposed == .right ? rightRegion.rows : rightRegion.columns
    precondition(
      k == (transposed == .right ? rightRegion.columns : rightRegion.rows),
      "\(leftRegion.shape) times \(rightRegion.shape), transposed: \(transposed)")
    precondition(
      region.rows == m && region.columns == n,
      "a product of [\(m) × \(n)] does not fit \(region.shape)")
    left.check(leftRegion)
    right.check(rightRegion)
    check(region)
    left.withPointer { a in
      right.withPointer { b in
        withMutablePointer { c in
          Scalar.multiply(
            transposed: (transposed == .left, transposed == .right), m: m, n: n, k: k,
            scale: scale, a + leftRegion.offset, stride: leftRegion.stride,
            b + rightRegion.offset, stride: rightRegion.stride, keep: keep, c + region.offset,
            stride: region.stride)
        }
      }
    }
  }

  /// A region of this matrix becomes factor times one of another matrix; what lies between their rows is copied too.
  ///
  /// - Parameters:
  ///   - region: of this matrix.
  ///   - other: the matrix that holds the other one.
  ///   - otherRegion: of the same shape, its rows as far apart.
  ///   - factor: what it is multiplied by.
  ///   - adding: whether it is added to what was there.
  public mutating func set(
    in region: MatrixRegion, _ other: Matrix, _ otherRegion: MatrixRegion, times factor: Scalar = 1,
    adding: Bool = false
  ) {
    precondition(
      region.rows == otherRegion.rows && region.columns == otherRegion.columns
        && (region.stride == otherRegion.stride || region.rows == 1),
      "\(otherRegion.shape), rows \(otherRegion.stride) apart, into \(region.shape), \(region.stride)"
    )
    check(region)
    other.check(otherRegion)
    let count = region.end - region.offset
    other.withPointer { from in
      withMutablePointer { to in
        let target = to + region.offset
        Scalar.combine(
          adding ? UnsafePointer(target) : nil, from + otherRegion.offset, times: factor,
          into: target, count: count)
      }
    }
  }

  /// A region of this matrix becomes zero; so does what lies between its rows.
  public mutating func setZero(in region: MatrixRegion) {
    check(region)
    withMutablePointer { pointer in
      (pointer + region.offset).update(repeating: 0, count: region.end - region.offset)
    }
  }

  /// The elements of a region row by row, without what lies between its rows.
  public func elements(of region: MatrixRegion) -> [Scalar] {
    check(region)
    return withPointer { pointer in
      Array(unsafeUninitializedCapacity: region.rows * region.columns) { elements, count in
        count = region.rows * region.columns
        let start = UnsafeMutableRawPointer(elements.baseAddress)
        let width = region.columns * MemoryLayout<Scalar>.stride
        for row in 0..<region.rows {
          start?.advanced(by: row * width).copyMemory(
            from: pointer + region.offset + row * region.stride, byteCount: width)
        }
      }
    }
  }

  /// Takes the elements of a region row by row.
  ///
  /// - Precondition: there are as many as the region has.
  public mutating func setElements<Element: BinaryFloatingPoint>(
    _ elements: [Element], of region: MatrixRegion
  ) {
    check(region)
    precondition(
      elements.count == region.rows * region.columns,
      "\(elements.count) elements for \(region.shape)")
    withMutablePointer { pointer in
      for row in 0..<region.rows {
        let start = pointer + region.offset + row * region.stride
        let range = row * region.columns..<(row + 1) * region.columns
        if Element.self == Scalar.self {
          // What is generic converts one element after the other, through tables.
          elements[range].withUnsafeBytes { bytes in
            if let base = bytes.baseAddress {
              UnsafeMutableRawPointer(start).copyMemory(from: base, byteCount: bytes.count)
            }
          }
        } else {
          for (column, place) in range.enumerated() { start[column] = Scalar(elements[place]) }
        }
      }
    }
  }

  func check(_ region: MatrixRegion) {
    precondition(
      region.end <= storage.count, "\(region.shape) from \(region.offset) of \(shape)")
  }
}

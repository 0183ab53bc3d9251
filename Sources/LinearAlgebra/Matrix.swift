/// A dense matrix, row by row, in one of the two precisions of BLAS.
///
/// Rows start at cache lines' boundaries: `stride` is the number of columns rounded up to whole lines, and
/// the padding is zero, so that kernels may read and write whole registers; likewise rows go on to a multiple
/// of eight. A vector is a matrix of one row.
public struct Matrix<Scalar: BLASScalar>: Sendable {
  public let rows: Int
  public let columns: Int
  /// The distance between the starts of two rows, in scalars.
  public let stride: Int
  var storage: AlignedStorage<Scalar>

  /// A matrix of zeros, `[rows × columns]`.
  public init(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix of \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
    let line = AlignedStorage<Scalar>.scalarsPerLine
    stride = (columns + line - 1) / line * line
    let paddedRows = rows == 1 ? 1 : (rows + 7) / 8 * 8
    storage = AlignedStorage(count: paddedRows * stride)
  }

  /// Takes the elements row by row, without padding.
  ///
  /// - Precondition: there are `rows · columns` elements.
  public init(rows: Int, columns: Int, elements: [some BinaryFloatingPoint]) {
    precondition(
      elements.count == rows * columns,
      "\(elements.count) elements for a matrix of \(rows) × \(columns)")
    self.init(rows: rows, columns: columns)
    setElements(elements, of: region)
  }

  /// The same matrix in another precision.
  public init(_ other: Matrix<some BLASScalar>) {
    self.init(rows: other.rows, columns: other.columns, elements: other.elements)
  }

  /// The elements row by row, without padding.
  public var elements: [Scalar] { elements(of: region) }

  /// Rows as columns, `[columns × rows]`.
  public var transposed: Matrix {
    var result = Matrix(rows: columns, columns: rows)
    let (stride, resultStride) = (stride, result.stride)
    storage.withPointer { from in
      result.storage.withMutablePointer { to in
        for row in 0..<rows {
          for column in 0..<columns {
            to[column * resultStride + row] = from[row * stride + column]
          }
        }
      }
    }
    return result
  }

  public subscript(row: Int, column: Int) -> Scalar {
    get {
      precondition(isInside(row, column), "[\(row), \(column)] of \(shape)")
      return storage.withPointer { $0[row * stride + column] }
    }
    set {
      precondition(isInside(row, column), "[\(row), \(column)] of \(shape)")
      let place = row * stride + column
      storage.withMutablePointer { $0[place] = newValue }
    }
  }

  /// The shape as text: `[550 × 100]`.
  public var shape: String { "[\(rows) × \(columns)]" }

  /// Calls `body` with the address of the first element; rows are `stride` apart.
  public func withPointer<Result>(
    _ body: (UnsafePointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    try storage.withPointer(body)
  }

  /// Calls `body` with the address of the first element; what it writes beyond `columns` must be zero.
  public mutating func withMutablePointer<Result>(
    _ body: (UnsafeMutablePointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    try storage.withMutablePointer(body)
  }

  private func isInside(_ row: Int, _ column: Int) -> Bool {
    (0..<rows).contains(row) && (0..<columns).contains(column)
  }
}

extension Matrix: Equatable {
  public static func == (left: Matrix, right: Matrix) -> Bool {
    left.rows == right.rows && left.columns == right.columns && left.elements == right.elements
  }
}

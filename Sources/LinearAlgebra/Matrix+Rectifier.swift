/// Layers of rectified units, and classes, with the shapes checked.
extension Matrix {
  /// self[p] ← max(self[p] + bias, 0) for the first rows.
  ///
  /// What is not a number stays so.
  ///
  /// - Parameters:
  ///   - bias: `[1 × columns]`.
  ///   - count: how many rows.
  public mutating func applyRectifier(bias: Matrix, rows count: Int) {
    checkVector(bias)
    precondition(count <= rows, "\(count) rows of \(shape)")
    let stride = stride
    bias.withPointer { b in
      withMutablePointer { Scalar.reluRows($0, bias: b, rows: count, stride: stride) }
    }
  }

  /// self ← self where hidden > 0, else 0: a gradient by max(x, 0) becomes one by x.
  ///
  /// - Parameters:
  ///   - hidden: max(x, 0), as wide as this matrix.
  ///   - count: how many rows, from the first on.
  public mutating func multiplyByRectifierSlopes(of hidden: Matrix, rows count: Int) {
    precondition(
      columns == hidden.columns && count <= rows && count <= hidden.rows,
      "\(count) rows of \(shape) and \(hidden.shape)")
    let size = count * stride
    hidden.withPointer { h in
      withMutablePointer { Scalar.reluSlopes($0, hidden: h, count: size) }
    }
  }

  /// How many rows have their largest output where the largest target is; of equal ones the first counts.
  ///
  /// - Parameters:
  ///   - targets: y, `[any × columns]`; this matrix's rows are f − y.
  ///   - range: the rows of `targets` that take part; of this matrix the first ones, as many.
  /// - Returns: a number of rows.
  public func rightRows(targets: Matrix, rows range: Range<Int>) -> Int {
    let (start, count) = checkRows(range, of: targets)
    return withPointer { r in
      targets.withPointer { y in
        Scalar.rightRows(
          r, targets: y + start * stride, rows: count, columns: columns, stride: stride)
      }
    }
  }
}

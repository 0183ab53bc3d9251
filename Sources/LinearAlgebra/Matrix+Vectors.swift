/// Elementwise work on whole matrices of one shape.
///
/// In C, because this code is generic: the engines' module gets it unspecialised, ten nanoseconds an element.
extension Matrix {
  public mutating func fillWithZeros() {
    let byteCount = rows * stride * MemoryLayout<Scalar>.stride
    // As bytes: `update(repeating:)` of a generic element copies one at a time.
    withMutablePointer {
      _ = UnsafeMutableRawPointer($0).initializeMemory(
        as: UInt8.self, repeating: 0, count: byteCount)
    }
  }

  /// self = otherᵀ.
  public mutating func setTransposed(of other: Matrix) {
    precondition(
      rows == other.columns && columns == other.rows, "\(other.shape) transposed into \(shape)")
    let stride = stride
    other.withPointer { from in
      withMutablePointer { to in
        Scalar.transposeRows(
          from, rows: other.rows, columns: other.columns, stride: other.stride, into: to,
          stride: stride)
      }
    }
  }

  /// self = factor · other.
  public mutating func set(_ other: Matrix, times factor: Scalar) {
    checkSameShape(other)
    let count = rows * stride
    other.withPointer { from in
      withMutablePointer { to in
        Scalar.combine(nil, from, times: factor, into: to, count: count)
      }
    }
  }

  /// self ← factor · self.
  public mutating func multiply(by factor: Scalar) {
    let count = rows * stride
    withMutablePointer { Scalar.combine(nil, $0, times: factor, into: $0, count: count) }
  }

  /// self = left − factor · right.
  public mutating func set(_ left: Matrix, minus right: Matrix, times factor: Scalar) {
    checkSameShape(left)
    checkSameShape(right)
    let count = rows * stride
    left.withPointer { from in
      right.withPointer { subtracted in
        withMutablePointer { to in
          Scalar.combine(from, subtracted, times: -factor, into: to, count: count)
        }
      }
    }
  }

  /// self ← self + factor · other.
  public mutating func add(_ other: Matrix, times factor: Scalar) {
    checkSameShape(other)
    let count = rows * stride
    other.withPointer { from in
      withMutablePointer { to in
        Scalar.combine(to, from, times: factor, into: to, count: count)
      }
    }
  }

  /// self ← self + factor · (left − right), the difference made first: where the two are equal nothing is added.
  public mutating func add(differenceOf left: Matrix, and right: Matrix, times factor: Scalar) {
    checkSameShape(left)
    checkSameShape(right)
    let count = rows * stride
    left.withPointer { left in
      right.withPointer { right in
        withMutablePointer { to in
          for place in 0..<count { to[place] += factor * (left[place] - right[place]) }
        }
      }
    }
  }

  /// self ← self + factor · (self − other), the difference made first: where the two are equal nothing changes.
  public mutating func add(differenceFrom other: Matrix, times factor: Scalar) {
    checkSameShape(other)
    let count = rows * stride
    other.withPointer { from in
      withMutablePointer { to in
        for place in 0..<count { to[place] += factor * (to[place] - from[place]) }
      }
    }
  }

  /// The sum of the squared differences, in double precision.
  public func squaredDistance(to other: Matrix) -> Double {
    checkSameShape(other)
    let count = rows * stride
    return withPointer { left in
      other.withPointer { right in Scalar.squaredDistance(left, right, count: count) }
    }
  }

  private func checkSameShape(_ other: Matrix) {
    precondition(rows == other.rows && columns == other.columns, "\(shape) and \(other.shape)")
  }
}

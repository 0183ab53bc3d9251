/// What the layers of a transformer do with rows, beside products and attention; biases and gains are regions of one flat
/// matrix of parameters.
extension Matrix {
  /// self[n] += bias + other[places[n]] for the first rows.
  ///
  /// - Parameters:
  ///   - count: how many rows.
  ///   - parameters: the matrix that holds the bias.
  ///   - bias: `[1 × columns]`.
  ///   - other: the matrix that holds the rows to be added, nil for the bias alone.
  ///   - region: where they are, `[any × columns]`, rows as far apart as this matrix's; all of `other` if nil.
  ///   - places: a row of the region for each row of this matrix.
  ///   - start: the place of the first row's place in `places`.
  public mutating func addRows(
    _ count: Int, bias parameters: Matrix, _ bias: MatrixRegion, _ other: Matrix? = nil,
    _ region: MatrixRegion? = nil, places: [Int32] = [], from start: Int = 0
  ) {
    checkVector(bias, of: parameters)
    precondition(count <= rows, "\(count) rows of \(shape)")
    let (columns, stride) = (columns, stride)
    guard let other else {
      return parameters.withPointer { p in
        withMutablePointer {
          Scalar.addRows(
            $0, bias: p + bias.offset, matrix: nil, places: nil, rows: count, columns: columns,
            stride: stride)
        }
      }
    }
    let region = region ?? other.region
    precondition(
      region.columns == columns && region.stride == stride && region.end <= other.storage.count
        && start + count <= places.count,
      "\(count) of \(places.count - start) rows of \(region.shape) to \(shape)")
    parameters.withPointer { p in
      other.withPointer { from in
        places.withUnsafeBufferPointer { places in
          withMutablePointer { sums in
            guard let first = places.baseAddress else { return }
            Scalar.addRows(
              sums, bias: p + bias.offset, matrix: from + region.offset, places: first + start,
              rows: count, columns: columns, stride: stride)
          }
        }
      }
    }
  }

  /// The rows of a region += those of another matrix, each at its place: self[places[n]] += other[n].
  ///
  /// - Parameters:
  ///   - region: of this matrix, `[any × columns of other]`, rows as far apart as those of the other matrix.
  ///   - other: the matrix that holds the rows.
  ///   - range: the rows of it that are taken.
  ///   - places: a row of the region for each of them.
  ///   - start: the place of the first one's place in `places`.
  public mutating func scatterRows(
    in region: MatrixRegion, _ other: Matrix, _ range: Range<Int>, places: [Int32],
    from start: Int = 0
  ) {
    precondition(
      region.columns == other.columns && region.stride == other.stride
        && region.end <= storage.count && range.upperBound <= other.rows
        && start + range.count <= places.count,
      "the rows \(range) of \(other.shape) to \(region.shape) at \(places.count - start) places")
    other.withPointer { from in
      places.withUnsafeBufferPointer { places in
        withMutablePointer { sums in
          guard let first = places.baseAddress else { return }
          Scalar.scatterRows(
            sums + region.offset, places: first + start,
            matrix: from + range.lowerBound * other.stride, rows: range.count, stride: other.stride)
        }
      }
    }
  }

  /// A vector of this matrix += the sum of some rows of another one.
  ///
  /// - Parameters:
  ///   - region: of this matrix, `[1 × columns of other]`.
  ///   - other: the matrix that holds the rows.
  ///   - range: the rows of it that are summed.
  public mutating func addColumnSums(
    in region: MatrixRegion, of other: Matrix, _ range: Range<Int>
  ) {
    other.checkVector(region, of: self)
    precondition(range.upperBound <= other.rows, "the rows \(range) of \(other.shape)")
    other.withPointer { from in
      withMutablePointer {
        Scalar.addColumnSums(
          from + range.lowerBound * other.stride, rows: range.count, columns: other.columns,
          stride: other.stride, to: $0 + region.offset)
      }
    }
  }

  /// Sets the first rows to zero.
  public mutating func fillWithZeros(rows count: Int) {
    precondition(count <= rows, "\(count) rows of \(shape)")
    let byteCount = count * stride * MemoryLayout<Scalar>.stride
    withMutablePointer {
      _ = UnsafeMutableRawPointer($0).initializeMemory(
        as: UInt8.self, repeating: 0, count: byteCount)
    }
  }

  /// A vector as wide as this matrix's rows; those that kernels read by whole registers have the rows' padding, too.
  func checkVector(_ region: MatrixRegion, of matrix: Matrix, isPadded: Bool = false) {
    precondition(
      region.rows == 1 && region.columns == columns && (!isPadded || region.stride == stride)
        && region.offset + (isPadded ? stride : columns) <= matrix.storage.count,
      "\(region.shape) at \(region.offset) of \(matrix.shape) for the rows of \(shape)")
  }
}

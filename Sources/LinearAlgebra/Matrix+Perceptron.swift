/// What the layers of a network with biases do beside products, with the shapes checked.
extension Matrix {
  /// self[p] ← tanh(self[p] + bias) for the first rows.
  ///
  /// In single precision with a relative error below 3e-7.
  ///
  /// - Parameters:
  ///   - bias: `[1 × columns]`.
  ///   - count: how many rows; all of them if nil.
  public mutating func applyTanh(bias: Matrix, rows count: Int? = nil) {
    checkVector(bias)
    let (rows, stride) = (count ?? rows, stride)
    precondition(rows <= self.rows, "\(rows) rows of \(shape)")
    bias.withPointer { b in
      withMutablePointer { Scalar.tanhRows($0, bias: b, rows: rows, stride: stride) }
    }
  }

  /// self ← self · (1 − hidden²), element by element: a gradient by tanh(x) becomes one by x.
  ///
  /// - Parameters:
  ///   - hidden: tanh(x), as wide as this matrix.
  ///   - count: how many rows, from the first on; all of this matrix's if nil.
  public mutating func multiplyByTanhSlopes(of hidden: Matrix, rows count: Int? = nil) {
    let count = count ?? rows
    precondition(
      columns == hidden.columns && count <= rows && count <= hidden.rows,
      "\(count) rows of \(shape) and \(hidden.shape)")
    let size = count * stride
    hidden.withPointer { h in
      withMutablePointer { Scalar.tanhSlopes($0, hidden: h, count: size) }
    }
  }

  /// self[p] ← scale · (self[p] + bias) − targets[p] for every row.
  ///
  /// - Parameters:
  ///   - bias: `[1 × columns]`.
  ///   - scale: the factor of the outputs.
  ///   - targets: of this matrix's shape.
  ///   - range: the rows of `targets` that take part, all of them if nil; of this matrix the first ones, as many.
  ///   - tolerances: any number of them.
  ///   - within: for each tolerance, how many rows have a mean square below it.
  /// - Returns: the sum of the squares.
  public mutating func setOutputResiduals(
    bias: Matrix, scale: Scalar, targets: Matrix, rows range: Range<Int>? = nil,
    tolerances: [Double], within: inout [Int]
  ) -> Double {
    checkVector(bias)
    let (start, rows) = checkRows(range, of: targets)
    precondition(
      within.count == tolerances.count, "\(within.count) counts for \(tolerances.count) tolerances")
    for index in within.indices { within[index] = 0 }
    let (columns, stride) = (columns, stride)
    return bias.withPointer { b in
      targets.withPointer { y in
        withMutablePointer { f in
          tolerances.withUnsafeBufferPointer { limits in
            within.withUnsafeMutableBufferPointer { counts in
              Scalar.outputResiduals(
                f, bias: b, scale: scale, targets: y + start * stride, rows: rows, columns: columns,
                stride: stride,
                tolerances: limits, within: counts)
            }
          }
        }
      }
    }
  }

  /// self = factor · Σₚ matrix[p].
  ///
  /// - Parameters:
  ///   - matrix: `[any × columns]`.
  ///   - factor: the factor of the sum.
  ///   - count: how many rows take part, from the first on; all of them if nil.
  public mutating func setColumnSums(
    of matrix: Matrix, times factor: Scalar, rows count: Int? = nil
  ) {
    matrix.checkVector(self)
    let rows = count ?? matrix.rows
    precondition(rows <= matrix.rows, "\(rows) rows of \(matrix.shape)")
    matrix.withPointer { from in
      withMutablePointer {
        Scalar.columnSums(from, times: factor, rows: rows, stride: matrix.stride, into: $0)
      }
    }
  }

  /// Takes one step of Adam.
  ///
  /// - Parameters:
  ///   - gradient: of this matrix's shape, like both moments.
  ///   - first: m.
  ///   - second: v.
  ///   - step: the factors; its ε is above 0, so that the padding stays zero.
  public mutating func takeAdamStep(
    gradient: Matrix, first: inout Matrix, second: inout Matrix, _ step: AdamStep
  ) {
    checkShape(gradient)
    checkShape(first)
    checkShape(second)
    precondition(step.epsilon > 0, "ε of \(step.epsilon)")
    let count = rows * stride
    gradient.withPointer { g in
      first.withMutablePointer { m in
        second.withMutablePointer { v in
          withMutablePointer { w in
            Scalar.adam(w, gradient: g, first: m, second: v, count: count, step)
          }
        }
      }
    }
  }

  func checkVector(_ vector: Matrix) {
    precondition(
      vector.rows == 1 && vector.columns == columns, "\(vector.shape) for the rows of \(shape)")
  }

  private func checkShape(_ other: Matrix) {
    precondition(rows == other.rows && columns == other.columns, "\(shape) and \(other.shape)")
  }

  /// The first of some rows of another matrix, and how many there are: no more than this matrix has.
  func checkRows(_ range: Range<Int>?, of other: Matrix) -> (start: Int, count: Int) {
    let taken = range ?? 0..<other.rows
    precondition(
      columns == other.columns && taken.lowerBound >= 0 && taken.upperBound <= other.rows
        && (range == nil ? rows == other.rows : rows >= taken.count),
      "\(shape) and the rows \(taken) of \(other.shape)")
    return (taken.lowerBound, taken.count)
  }
}

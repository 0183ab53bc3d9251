/// What a hidden unit does to the sum of its inputs, x.
public enum Activation: String, CaseIterable, Hashable, Sendable {
  /// max(x, 0).
  case relu
  /// x Φ(x), Φ the distribution function of N(0, 1): the form with the error function, PyTorch's default. Hendrycks and
  /// Gimpel 2016 (arXiv 1606.08415).
  case gelu
  case tanh
  /// x².
  case square

  /// Whether its slopes are kept beside its values: they cannot be told from them.
  public var keepsSlopes: Bool { self == .gelu || self == .square }
}

extension Matrix {
  /// self[p] ← φ(self[p] + bias) for the first rows.
  ///
  /// In single precision with a relative error below 3e-7 (tanh), or 1e-6 for |x| < 5 (gelu).
  ///
  /// - Parameters:
  ///   - activation: φ.
  ///   - bias: `[1 × columns]`.
  ///   - count: how many rows.
  ///   - slopes: becomes φ′, of this matrix's shape, where the activation keeps slopes; else it is left alone.
  public mutating func apply(
    _ activation: Activation, bias: Matrix, rows count: Int, slopes: inout Matrix
  ) {
    apply(activation, bias: bias, bias.region, rows: count, slopes: &slopes)
  }

  /// The same with a bias that is a part of another matrix.
  ///
  /// - Parameters:
  ///   - activation: φ.
  ///   - parameters: the matrix that holds the bias.
  ///   - bias: `[1 × columns]`, and zeros up to the stride of this matrix.
  ///   - count: how many rows.
  ///   - slopes: becomes φ′, of this matrix's shape, where the activation keeps slopes; else it is left alone.
  public mutating func apply(
    _ activation: Activation, bias parameters: Matrix, _ bias: MatrixRegion, rows count: Int,
    slopes: inout Matrix
  ) {
    checkVector(bias, of: parameters, isPadded: true)
    precondition(count <= rows, "\(count) rows of \(shape)")
    if activation.keepsSlopes { checkFirst(count, of: slopes) }
    let (columns, stride) = (columns, stride)
    parameters.withPointer { p in
      let b = p + bias.offset
      withMutablePointer { h in
        switch activation {
        case .relu: Scalar.reluRows(h, bias: b, rows: count, stride: stride)
        case .tanh: Scalar.tanhRows(h, bias: b, rows: count, stride: stride)
        case .gelu:
          slopes.withMutablePointer {
            Scalar.geluRows(h, bias: b, rows: count, columns: columns, stride: stride, slopes: $0)
          }
        case .square:
          slopes.withMutablePointer {
            Scalar.squareRows(h, bias: b, rows: count, stride: stride, slopes: $0)
          }
        }
      }
    }
  }

  /// A gradient by φ(x) becomes one by x, in the first rows.
  ///
  /// - Parameters:
  ///   - activation: φ.
  ///   - hidden: φ(x), of this matrix's shape.
  ///   - slopes: what `apply` made of them.
  ///   - count: how many rows.
  public mutating func multiplyBySlopes(
    of activation: Activation, hidden: Matrix, slopes: Matrix, rows count: Int
  ) {
    switch activation {
    case .relu: multiplyByRectifierSlopes(of: hidden, rows: count)
    case .tanh: multiplyByTanhSlopes(of: hidden, rows: count)
    case .gelu, .square:
      checkFirst(count, of: slopes)
      let size = count * stride
      slopes.withPointer { s in withMutablePointer { Scalar.multiply($0, by: s, count: size) } }
    }
  }

  /// self[p] ← row for the first rows.
  ///
  /// - Parameters:
  ///   - row: `[1 × columns]`.
  ///   - count: how many rows.
  public mutating func fill(_ row: Matrix, rows count: Int) {
    checkVector(row)
    precondition(count <= rows, "\(count) rows of \(shape)")
    let stride = stride
    row.withPointer { from in
      withMutablePointer { Scalar.fillRows(from, rows: count, stride: stride, into: $0) }
    }
  }

  private func checkFirst(_ count: Int, of other: Matrix) {
    precondition(
      columns == other.columns && count <= rows && count <= other.rows,
      "\(count) rows of \(shape) and \(other.shape)")
  }
}

/// LayerNorm over the rows of a block, forward and backward: y = γ (x − mean)/√(variance + ε) + β.
///
/// Ba, Kiros and Hinton 2016 (arXiv 1607.06450), with ε = 10⁻⁵ as PyTorch has it. The rows are normalised where they are,
/// which backward needs.
public struct NormalisedRows<Scalar: BLASScalar>: Sendable {
  /// What is to be normalised, then the rows of mean 0 and variance 1, `[rows × columns]`.
  public var rows: Matrix<Scalar>
  /// y, `[rows × columns]`.
  public private(set) var outputs: Matrix<Scalar>
  /// 1/√(variance + ε) of each row.
  private var inverses: Matrix<Scalar>

  /// ε.
  static var epsilon: Scalar { 1e-5 }

  public init(rows: Int, columns: Int) {
    self.rows = Matrix(rows: rows, columns: columns)
    outputs = self.rows
    inverses = Matrix(rows: 1, columns: rows)
  }

  /// Normalises the first rows.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - parameters: the matrix that holds γ and β.
  ///   - gain: γ, `[1 × columns]`.
  ///   - shift: β, `[1 × columns]`.
  public mutating func normalise(
    _ count: Int, _ parameters: Matrix<Scalar>, gain: MatrixRegion, shift: MatrixRegion
  ) {
    rows.checkVector(gain, of: parameters, isPadded: true)
    rows.checkVector(shift, of: parameters, isPadded: true)
    precondition(count <= rows.rows, "\(count) rows of \(rows.shape)")
    let (columns, stride) = (rows.columns, rows.stride)
    parameters.withPointer { p in
      rows.withMutablePointer { x in
        inverses.withMutablePointer { r in
          outputs.withMutablePointer { y in
            Scalar.layerNorm(
              x, gain: p + gain.offset, shift: p + shift.offset, epsilon: Self.epsilon,
              rows: count, columns: columns, stride: stride, inverses: r, into: y)
          }
        }
      }
    }
  }

  /// Takes slopes by the outputs back to what was normalised last.
  ///
  /// - Parameters:
  ///   - slopes: the loss's slopes by the outputs, then by what was normalised; a row a row.
  ///   - count: how many rows.
  ///   - parameters: the matrix that holds γ.
  ///   - gain: γ, `[1 × columns]`.
  ///   - shift: where β is.
  ///   - gradient: gets the slopes by γ and β added, at the same places.
  public func propagateBack(
    _ slopes: inout Matrix<Scalar>, _ count: Int, _ parameters: Matrix<Scalar>,
    gain: MatrixRegion, shift: MatrixRegion, addingTo gradient: inout Matrix<Scalar>
  ) {
    rows.checkVector(gain, of: parameters, isPadded: true)
    rows.checkVector(shift, of: gradient, isPadded: true)
    precondition(
      count <= slopes.rows && count <= rows.rows && slopes.columns == rows.columns
        && gain.offset + rows.stride <= gradient.storage.count,
      "\(count) rows of \(rows.shape), slopes of \(slopes.shape)")
    parameters.withPointer { p in
      rows.withPointer { x in
        inverses.withPointer { r in
          slopes.withMutablePointer { g in
            gradient.withMutablePointer { d in
              Scalar.layerNormSlopes(
                g, x: x, inverses: r, gain: p + gain.offset, rows: count, columns: rows.columns,
                stride: rows.stride, addingTo: d + gain.offset, shift: d + shift.offset)
            }
          }
        }
      }
    }
  }
}

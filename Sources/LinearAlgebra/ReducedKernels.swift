import CKernels

/// The three products of a reduced step, which know that two are symmetric and one is triangular.
///
/// For matrices this small they take about half the time of a library's products. They need AVX-512; elsewhere the
/// engine goes through BLAS.
public enum ReducedKernels {
  /// Whether this processor has what they need.
  public static let areAvailable = gs_has_avx512() != 0

  /// Rows that the block of workspace must have.
  public static let blockRows = Int(GS_REDUCED_BLOCK)

  /// upper becomes the upper triangular matrix with xᵀ upper x = (scale/2) xᵀ moment x.
  public static func setUpperForm<Scalar: BLASScalar>(
    _ upper: inout Matrix<Scalar>, of moment: Matrix<Scalar>, scale: Scalar
  ) {
    checkSquare(upper, moment)
    moment.withPointer { from in
      upper.withMutablePointer { to in
        Scalar.upperForm(
          moment: from, scale: scale, size: moment.rows, width: moment.stride, upper: to)
      }
    }
  }

  /// What the gradient pass writes.
  public struct GradientPass<Scalar: BLASScalar>: Sendable {
    /// r, `[1 × at least P rounded up to eight]`.
    public var residuals: Matrix<Scalar>
    /// Workspace, `[blockRows × D]`.
    public var block: Matrix<Scalar>
    /// A = Xᵀ diag(r) X, `[D × D]`, its lower triangle.
    public var curvature: Matrix<Scalar>
    /// b = Xᵀ r, `[1 × D]`.
    public var slope: Matrix<Scalar>

    public init(examples: Int, dimension: Int) {
      residuals = Matrix(rows: 1, columns: (examples + 7) / 8 * 8)
      block = Matrix(rows: blockRows, columns: dimension)
      curvature = Matrix(rows: dimension, columns: dimension)
      slope = Matrix(rows: 1, columns: dimension)
    }

    /// r = x·linear + xᵀ upper x − offsets for every row x, with A and b from the same pass.
    ///
    /// - Parameters:
    ///   - inputs: X, `[P × D]`.
    ///   - offsets: `[1 × P]`.
    ///   - upper: `[D × D]`, upper triangular.
    ///   - linear: `[1 × D]`.
    /// - Returns: the sum of r².
    public mutating func run(
      over inputs: Matrix<Scalar>, offsets: Matrix<Scalar>, upper: Matrix<Scalar>,
      linear: Matrix<Scalar>
    ) -> Double {
      let rows = (inputs.rows + 7) / 8 * 8
      precondition(
        inputs.rows > 1 && offsets.columns == inputs.rows && residuals.columns >= rows
          && upper.rows == inputs.columns && linear.columns == inputs.columns
          && slope.columns == inputs.columns,
        "\(inputs.shape), \(offsets.shape), \(upper.shape), \(linear.shape)")
      return inputs.withPointer { x in
        offsets.withPointer { offset in
          upper.withPointer { u in
            linear.withPointer { l in
              residuals.withMutablePointer { r in
                block.withMutablePointer { workspace in
                  curvature.withMutablePointer { a in
                    slope.withMutablePointer { b in
                      Scalar.reducedGradient(
                        x, offsets: offset, rows: rows, size: inputs.columns,
                        width: inputs.stride, upper: u, linear: l, residuals: r,
                        block: workspace, curvature: a, slope: b)
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// product = M B, and the lower triangle of square = B M B, both factors symmetric.
  public static func setProducts<Scalar: BLASScalar>(
    moment: Matrix<Scalar>, propagator: Matrix<Scalar>, product: inout Matrix<Scalar>,
    square: inout Matrix<Scalar>
  ) {
    checkSquare(moment, propagator)
    checkSquare(product, square)
    checkSquare(moment, product)
    moment.withPointer { m in
      propagator.withPointer { b in
        product.withMutablePointer { p in
          square.withMutablePointer { s in
            Scalar.reducedProducts(
              moment: m, propagator: b, size: moment.rows, width: moment.stride, product: p,
              square: s)
          }
        }
      }
    }
  }

  private static func checkSquare<Scalar: BLASScalar>(
    _ left: Matrix<Scalar>, _ right: Matrix<Scalar>
  ) {
    precondition(
      left.rows > 1 && left.rows == left.columns && right.rows == left.rows
        && right.columns == left.rows, "\(left.shape) and \(right.shape)")
  }
}

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

  /// The examples as the gradient pass reads them.
  public struct Inputs<Scalar: BLASScalar>: Sendable {
    /// X, `[P × D]`.
    public let rows: Matrix<Scalar>
    /// X column by column, in groups of as many examples as a panel has lanes.
    let panels: Matrix<Scalar>

    public init(_ inputs: Matrix<Scalar>) {
      rows = inputs
      let lanes = Int(GS_REDUCED_PANEL) * AlignedStorage<Scalar>.scalarsPerLine
      let height = (inputs.columns + 7) / 8 * 8
      var panels = Matrix<Scalar>(
        rows: (inputs.rows + lanes - 1) / lanes * height, columns: lanes)
      for example in 0..<inputs.rows {
        for column in 0..<inputs.columns {
          panels[example / lanes * height + column, example % lanes] = inputs[example, column]
        }
      }
      self.panels = panels
    }
  }

  /// What the gradient pass writes.
  public struct GradientPass<Scalar: BLASScalar>: Sendable {
    /// r, `[1 × at least P]`.
    public var residuals: Matrix<Scalar>
    /// Workspace, `[blockRows × D]`.
    public var block: Matrix<Scalar>
    /// A = Xᵀ diag(r) X, `[D × D]`, its lower triangle.
    public var curvature: Matrix<Scalar>
    /// b = Xᵀ r, `[1 × D]`.
    public var slope: Matrix<Scalar>

    public init(examples: Int, dimension: Int) {
      residuals = Matrix(rows: 1, columns: examples)
      block = Matrix(rows: blockRows, columns: dimension)
      curvature = Matrix(rows: dimension, columns: dimension)
      slope = Matrix(rows: 1, columns: dimension)
    }

    /// r = x·linear + xᵀ upper x − offsets for every row x, with A and b.
    ///
    /// - Parameters:
    ///   - inputs: X, `[P × D]`.
    ///   - offsets: `[1 × P]`.
    ///   - upper: `[D × D]`, upper triangular.
    ///   - linear: `[1 × D]`.
    /// - Returns: the sum of r².
    public mutating func run(
      over inputs: Inputs<Scalar>, offsets: Matrix<Scalar>, upper: Matrix<Scalar>,
      linear: Matrix<Scalar>
    ) -> Double {
      let x = inputs.rows
      precondition(
        x.rows > 1 && offsets.columns == x.rows && residuals.columns >= x.rows
          && upper.rows == x.columns && upper.columns == x.columns && linear.columns == x.columns
          && slope.columns == x.columns,
        "\(x.shape), \(offsets.shape), \(upper.shape), \(linear.shape)")
      return inputs.panels.withPointer { panels in
        x.withPointer { rows in
          offsets.withPointer { offset in
            upper.withPointer { u in
              linear.withPointer { l in
                residuals.withMutablePointer { r in
                  block.withMutablePointer { workspace in
                    curvature.withMutablePointer { a in
                      slope.withMutablePointer { b in
                        Scalar.reducedGradient(
                          panels: panels, rows, offsets: offset, rows: x.rows, size: x.columns,
                          width: x.stride, upper: u, linear: l, residuals: r,
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

import CLinearAlgebra

/// What symmetric matrices allow, in double precision.
extension Matrix where Scalar == Double {
  /// Solves A x = b for a symmetric positive definite A by Cholesky's factors, LAPACK's `dposvx`.
  ///
  /// The solution is refined once the factors are there; nothing is added to the diagonal.
  ///
  /// - Parameter rightSides: b, a row a right side, `[m × n]`.
  /// - Returns: x, a row a solution, `[m × n]`.
  /// - Throws: `LinearAlgebraError` if a value is not finite, or A is not positive definite, or its condition is above
  ///   1/(n ε), with ε = 2⁻⁵².
  /// - Precondition: this matrix is `[n × n]`.
  public func solution(
    forRightSides rightSides: Matrix
  ) throws(LinearAlgebraError) -> Matrix {
    precondition(
      rows == columns && rightSides.columns == rows,
      "\(rightSides.shape) as right sides of \(shape)")
    try checkFinite()
    try rightSides.checkFinite()
    var (matrix, factor, right, solution) = (self, self, rightSides, rightSides)
    var (size, sides) = (Int32(rows), Int32(right.rows))
    var (strideOfMatrix, strideOfSides) = (Int32(max(stride, 1)), Int32(max(right.stride, 1)))
    var info: Int32 = 0
    var (equilibration, scales) = (CChar(0), [Double](repeating: 1, count: rows))
    var condition = 0.0
    var (forward, backward) = (
      [Double](repeating: 0, count: right.rows), [Double](repeating: 0, count: right.rows)
    )
    var work = [Double](repeating: 0, count: 3 * rows)
    var integers = [Int32](repeating: 0, count: rows)
    matrix.withMutablePointer { a in
      factor.withMutablePointer { af in
        right.withMutablePointer { b in
          solution.withMutablePointer { x in
            dposvx_(
              "N", "L", &size, &sides, a, &strideOfMatrix, af, &strideOfMatrix, &equilibration,
              &scales, b, &strideOfSides, x, &strideOfSides, &condition, &forward, &backward,
              &work, &integers, &info, 1, 1, 1)
          }
        }
      }
    }
    // Beyond the order of a leading minor, it says that the whole is singular to working precision.
    guard info <= 0 || info > size else {
      throw LinearAlgebraError(
        "the matrix \(shape) is not positive definite: its leading minor of order \(info) is not above 0"
      )
    }
    // Hardly a digit of a solution is right then.
    guard info == 0, condition > Double(rows) * Double.ulpOfOne else {
      throw LinearAlgebraError(
        "the matrix \(shape) is not positive definite: its smallest eigenvalue is a rounding error of its greatest"
      )
    }
    return solution
  }

  /// This vector becomes A x + keep · itself, with A symmetric, of which half is read.
  ///
  /// - Parameters:
  ///   - symmetric: A, `[n × n]`.
  ///   - vector: x, `[1 × n]`.
  ///   - keep: the factor of the old content.
  /// - Precondition: this matrix is `[1 × n]`.
  public mutating func setProduct(
    ofSymmetric symmetric: Matrix, _ vector: Matrix, keep: Double = 0
  ) {
    precondition(
      symmetric.rows == symmetric.columns && vector.rows == 1
        && vector.columns == symmetric.rows && rows == 1 && columns == symmetric.rows,
      "\(symmetric.shape) times \(vector.shape) into \(shape)")
    symmetric.withPointer { a in
      vector.withPointer { x in
        withMutablePointer { y in
          cblas_dsymv(
            CblasRowMajor, CblasLower, Int32(symmetric.rows), 1, a, Int32(symmetric.stride), x, 1,
            keep, y, 1)
        }
      }
    }
  }

  func checkFinite() throws(LinearAlgebraError) {
    guard elements.allSatisfy(\.isFinite) else {
      throw LinearAlgebraError("the matrix \(shape) has a value that is not finite")
    }
  }
}

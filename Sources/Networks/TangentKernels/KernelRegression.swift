import LinearAlgebra

/// Regression with a kernel and without a ridge.
enum KernelRegression {
  /// c with c K = b; where K has no inverse that of its pseudo-inverse, which is what gradient descent leads to.
  ///
  /// - Parameters:
  ///   - kernel: K, symmetric, `[n × n]`.
  ///   - rightSides: b, a row a right side, `[m × n]`.
  /// - Returns: c, `[m × n]`.
  /// - Throws: `LinearAlgebraError` where the kernel is not finite.
  static func coefficients(
    kernel: Matrix<Double>, rightSides: Matrix<Double>
  ) throws(LinearAlgebraError) -> Matrix<Double> {
    do {
      return try kernel.solution(forRightSides: rightSides)
    } catch {
      return try SymmetricEigensystem(of: kernel).pseudoSolution(for: rightSides)
    }
  }
}

extension SymmetricEigensystem {
  /// Σ (vₖ·b/λₖ) vₖ over the eigenvalues that are not rounding errors of the greatest, for every row b.
  fileprivate func pseudoSolution(for rightSides: Matrix<Double>) -> Matrix<Double> {
    let size = values.count
    let least = Double(size) * Double.ulpOfOne * (values.first ?? 0)
    var projections = Matrix<Double>(rows: rightSides.rows, columns: size)
    projections.setProduct(of: rightSides, vectors, transposed: .right)
    for row in 0..<rightSides.rows {
      for (place, value) in values.enumerated() {
        projections[row, place] = value > least ? projections[row, place] / value : 0
      }
    }
    var solution = Matrix<Double>(rows: rightSides.rows, columns: size)
    solution.setProduct(of: projections, vectors)
    return solution
  }
}

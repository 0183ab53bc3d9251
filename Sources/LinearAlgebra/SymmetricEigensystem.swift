import CLinearAlgebra

/// Eigenvalues and eigenvectors of a symmetric matrix, A = Σₖ λₖ vₖ vₖᵀ, by LAPACK's `dsyevd`.
public struct SymmetricEigensystem: Sendable {
  /// λ in descending order.
  public let values: [Double]
  /// vₖ, a row an eigenvector, in the order of the values, `[n × n]`; orthonormal.
  ///
  /// An eigenvector and its negative are as good as each other, and LAPACK gives now one, now the other. Here the
  /// component of greatest magnitude, the first of them if there are several, is positive.
  public let vectors: Matrix<Double>

  /// - Parameter matrix: A, `[n × n]`, of which the upper triangle counts.
  /// - Throws: `LinearAlgebraError` if a value is not finite, or the iteration does not end.
  public init(of matrix: Matrix<Double>) throws(LinearAlgebraError) {
    precondition(matrix.rows == matrix.columns, "the eigenvalues of \(matrix.shape)")
    try matrix.checkFinite()
    var (vectors, values) = (matrix, [Double](repeating: 0, count: matrix.rows))
    let failure = Self.run(&vectors, &values)
    guard failure == 0 else {
      throw LinearAlgebraError("the eigenvalues of a matrix \(matrix.shape) did not converge")
    }
    // LAPACK's order is ascending, and its columns are rows here.
    self.values = values.reversed()
    self.vectors = Self.withFixedSigns(vectors)
  }

  /// Makes the rows of a symmetric matrix its eigenvectors; returns LAPACK's `info`.
  private static func run(_ matrix: inout Matrix<Double>, _ values: inout [Double]) -> Int32 {
    var (size, stride) = (Int32(matrix.rows), Int32(max(matrix.stride, 1)))
    var info: Int32 = 0
    // The first call asks how much workspace there should be.
    var (count, integerCount): (Int32, Int32) = (-1, -1)
    var (work, integers) = ([0.0], [Int32(0)])
    for _ in 0..<2 {
      matrix.withMutablePointer {
        dsyevd_(
          "V", "L", &size, $0, &stride, &values, &work, &count, &integers, &integerCount, &info, 1,
          1)
      }
      guard info == 0, count < 0 else { break }
      (count, integerCount) = (Int32(work[0]), integers[0])
      work = [Double](repeating: 0, count: Int(count))
      integers = [Int32](repeating: 0, count: Int(integerCount))
    }
    return info
  }

  /// The rows from last to first, each with the sign that the rule gives it.
  private static func withFixedSigns(_ ascending: Matrix<Double>) -> Matrix<Double> {
    let (size, elements) = (ascending.rows, ascending.elements)
    var descending: [Double] = []
    descending.reserveCapacity(elements.count)
    for row in (0..<size).reversed() {
      let vector = elements[row * size..<(row + 1) * size]
      var greatest = 0.0
      for element in vector where element.magnitude > greatest.magnitude { greatest = element }
      descending += greatest < 0 ? vector.map { -$0 } : Array(vector)
    }
    return Matrix(rows: size, columns: size, elements: descending)
  }
}

import LinearAlgebra
import Testing

@Suite struct SymmetricTests {
  private static func symmetric(_ size: Int, seed: UInt64) -> Matrix<Double> {
    let half: Matrix<Double> = MatrixTests.random(size, size, seed: seed)
    var sum = half
    sum.add(half.transposed, times: 1)
    return sum
  }

  /// G Gᵀ + shift, positive definite for a shift above 0.
  private static func definite(_ size: Int, seed: UInt64, shift: Double) -> Matrix<Double> {
    let factor: Matrix<Double> = MatrixTests.random(size, size, seed: seed)
    var square = Matrix<Double>(rows: size, columns: size)
    square.setProduct(of: factor, factor, transposed: .right)
    for place in 0..<size { square[place, place] += shift }
    return square
  }

  private static func difference(_ left: Matrix<Double>, _ right: Matrix<Double>) -> Double {
    left.squaredDistance(to: right).squareRoot()
  }

  /// Eigenvalues by Jacobi's rotations: slow, and nothing but a loop.
  private static func jacobi(_ matrix: Matrix<Double>) -> [Double] {
    var a = matrix
    for _ in 0..<30 {
      for p in 0..<a.rows {
        for q in 0..<p where a[p, q] != 0 {
          let theta = (a[q, q] - a[p, p]) / (2 * a[p, q])
          let t = (theta < 0 ? -1 : 1) / (theta.magnitude + (theta * theta + 1).squareRoot())
          let c = 1 / (t * t + 1).squareRoot()
          let s = t * c
          for k in 0..<a.rows {
            (a[k, p], a[k, q]) = (c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q])
          }
          for k in 0..<a.rows {
            (a[p, k], a[q, k]) = (c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k])
          }
        }
      }
    }
    return (0..<a.rows).map { a[$0, $0] }.sorted(by: >)
  }

  @Test(arguments: [1, 2, 7, 8, 9, 33])
  func `eigenvalues are those of Jacobi's rotations, from the greatest down`(size: Int) throws {
    let matrix = Self.symmetric(size, seed: 5)
    let system = try SymmetricEigensystem(of: matrix)
    for (found, expected) in zip(system.values, Self.jacobi(matrix)) {
      #expect((found - expected).magnitude < 1e-10)
    }
  }

  @Test(arguments: [1, 2, 7, 8, 9, 100])
  func `eigenvectors are orthonormal rows and put the matrix together again`(size: Int) throws {
    let matrix = Self.symmetric(size, seed: 2)
    let system = try SymmetricEigensystem(of: matrix)
    var products = Matrix<Double>(rows: size, columns: size)
    products.setProduct(of: system.vectors, system.vectors, transposed: .right)
    var identity = Matrix<Double>(rows: size, columns: size)
    for place in 0..<size { identity[place, place] = 1 }
    #expect(Self.difference(products, identity) < 1e-12 * Double(size))
    var scaled = system.vectors
    for row in 0..<size {
      for column in 0..<size { scaled[row, column] *= system.values[row] }
    }
    var sum = Matrix<Double>(rows: size, columns: size)
    sum.setProduct(of: scaled, system.vectors, transposed: .left)
    #expect(Self.difference(sum, matrix) < 1e-12 * Double(size * size))
  }

  @Test(arguments: [1, 2, 3])
  func `the greatest component of an eigenvector is positive`(seed: UInt64) throws {
    let size = 12
    let vectors = try SymmetricEigensystem(of: Self.symmetric(size, seed: seed)).vectors
    for row in 0..<size {
      let components = (0..<size).map { vectors[row, $0] }
      #expect(components.max(by: { $0.magnitude < $1.magnitude }) ?? 0 > 0)
    }
  }

  @Test(arguments: [1, 2, 9, 60], [1, 3])
  func `what is solved for gives the right sides back`(size: Int, sides: Int) throws {
    let matrix = Self.definite(size, seed: 3, shift: 1)
    let right: Matrix<Double> = MatrixTests.random(sides, size, seed: 4)
    let solution = try matrix.solution(forRightSides: right)
    for side in 0..<sides {
      for row in 0..<size {
        let sum = (0..<size).reduce(0.0) { $0 + matrix[row, $1] * solution[side, $1] }
        #expect((sum - right[side, row]).magnitude < 1e-10)
      }
    }
  }

  @Test func `a matrix that is not positive definite is refused in one sentence`() {
    let right: Matrix<Double> = MatrixTests.random(1, 9, seed: 4)
    #expect(
      throws: LinearAlgebraError(
        "the matrix [9 × 9] is not positive definite: its leading minor of order 1 is not above 0")
    ) {
      try Self.definite(9, seed: 3, shift: -1000).solution(forRightSides: right)
    }
    // Of rank 8: the last pivot is a rounding error, of either sign.
    let thin: Matrix<Double> = MatrixTests.random(9, 8, seed: 3)
    var singular = Matrix<Double>(rows: 9, columns: 9)
    singular.setProduct(of: thin, thin, transposed: .right)
    #expect(throws: LinearAlgebraError.self) { try singular.solution(forRightSides: right) }
  }

  @Test(arguments: [(1e-13, true), (1e-15, false)])
  func `an eigenvalue that is a rounding error of the greatest is none to divide by`(
    least: Double, isSolved: Bool
  ) {
    var matrix = Matrix<Double>(rows: 9, columns: 9)
    for place in 0..<9 { matrix[place, place] = place == 4 ? least : 1 }
    let right: Matrix<Double> = MatrixTests.random(1, 9, seed: 4)
    let solution = try? matrix.solution(forRightSides: right)
    #expect((solution != nil) == isSolved)
    if let solution { #expect((solution[0, 4] * least / right[0, 4] - 1).magnitude < 1e-9) }
  }

  @Test func `values that are not finite are refused in one sentence`() {
    var matrix = Self.definite(3, seed: 3, shift: 1)
    matrix[1, 1] = .infinity
    let error = LinearAlgebraError("the matrix [3 × 3] has a value that is not finite")
    #expect(throws: error) { try SymmetricEigensystem(of: matrix) }
    let right = Matrix<Double>(rows: 1, columns: 3)
    #expect(throws: error) { try matrix.solution(forRightSides: right) }
  }

  @Test(arguments: [(1, 1), (5, 8), (13, 17), (40, 33)])
  func `the powers of a matrix between factors are the sum written out`(rows: Int, columns: Int) {
    func check<Scalar: BLASScalar>(_: Scalar.Type, within tolerance: Double) {
      let matrix: Matrix<Scalar> = MatrixTests.random(rows, columns, seed: 1)
      let left: Matrix<Scalar> = MatrixTests.random(4, rows, seed: 2)
      let right: Matrix<Scalar> = MatrixTests.random(4, columns, seed: 3)
      var (sum, sizes) = (0.0, 0.0)
      for row in 0..<rows {
        for column in 0..<columns {
          var power = 1.0
          for k in 0..<4 {
            power *= Double(matrix[row, column])
            let term = Double(left[k, row]) * Double(right[k, column]) * power
            sum += term
            sizes += term.magnitude
          }
        }
      }
      let found = matrix.powerSums(left: left, right: right)
      #expect((found - sum).magnitude < tolerance * sizes)
    }
    check(Double.self, within: 1e-14)
    check(Float.self, within: 1e-6)
  }

  @Test(arguments: [1, 8, 13])
  func `a symmetric product is the sum written out`(size: Int) {
    let matrix = Self.symmetric(size, seed: 6)
    let vector: Matrix<Double> = MatrixTests.random(1, size, seed: 7)
    var result: Matrix<Double> = MatrixTests.random(1, size, seed: 8)
    let before = result
    result.setProduct(ofSymmetric: matrix, vector, keep: 0.5)
    for row in 0..<size {
      let sum = (0..<size).reduce(0.0) { $0 + matrix[row, $1] * vector[0, $1] }
      #expect((result[0, row] - sum - 0.5 * before[0, row]).magnitude < 1e-12)
    }
  }
}

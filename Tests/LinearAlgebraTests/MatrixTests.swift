import LinearAlgebra
import Testing

@Suite struct MatrixTests {
  static func random<Scalar: BLASScalar>(
    _ rows: Int, _ columns: Int, seed: UInt64, as: Scalar.Type = Scalar.self
  ) -> Matrix<Scalar> {
    var generator = Xoshiro256(seed: seed, stream: 0)
    return Matrix(
      rows: rows, columns: columns,
      elements: NormalDeviates.array(count: rows * columns, using: &generator))
  }

  @Test(arguments: [1, 7, 8, 9, 16, 17, 100])
  func `elements come back as they went in, whatever the padding`(columns: Int) {
    let elements = (0..<3 * columns).map { Double($0) }
    let matrix = Matrix<Double>(rows: 3, columns: columns, elements: elements)
    #expect(matrix.elements == elements)
    #expect(matrix[2, columns - 1] == Double(3 * columns - 1))
    #expect(matrix.stride.isMultiple(of: 8) && matrix.stride >= columns)
  }

  @Test func `a copy does not change with its original`() {
    var matrix = Self.random(3, 5, seed: 1, as: Double.self)
    let copy = matrix
    matrix[1, 1] = 42
    #expect(copy[1, 1] != 42)
  }

  @Test(arguments: [1, 8, 13])
  func `a transposed matrix has rows as columns`(columns: Int) {
    let matrix = Self.random(5, columns, seed: 1, as: Double.self)
    let transposed = matrix.transposed
    #expect(transposed.rows == columns && transposed.columns == 5)
    for row in 0..<5 {
      for column in 0..<columns { #expect(transposed[column, row] == matrix[row, column]) }
    }
    #expect(transposed.transposed == matrix)
  }

  @Test func `the lower square is the product with the transpose`() {
    let matrix = Self.random(7, 12, seed: 1, as: Double.self)
    var square = Matrix<Double>(rows: 7, columns: 7)
    square.setLowerSquare(of: matrix, scale: 0.5)
    for row in 0..<7 {
      for column in 0...row {
        let sum = (0..<12).reduce(0.0) { $0 + matrix[row, $1] * matrix[column, $1] } / 2
        #expect((square[row, column] - sum).magnitude < 1e-12)
      }
    }
  }

  @Test(arguments: [Transposition.neither, .left, .right])
  func `a product of blocks is the sum written out`(transposed: Transposition) {
    let (m, n, k) = (5, 7, 3)
    let left: Matrix<Double> =
      transposed == .left ? Self.random(k + 2, m, seed: 1) : Self.random(m + 2, k, seed: 1)
    let right: Matrix<Double> =
      transposed == .right ? Self.random(n, k, seed: 2) : Self.random(k + 1, n, seed: 2)
    let rightStart = transposed == .left ? 1 : 0
    let rightUsed =
      transposed == .neither
      ? Matrix<Double>(
        rows: k, columns: n, elements: Array(right.elements.prefix(k * n))) : right
    var result = Self.random(m, n, seed: 3, as: Double.self)
    let before = result
    let start = transposed == .left ? 2 : 1
    result.setProduct(
      of: left, rightUsed, transposed: transposed,
      rows: start..<start + (transposed == .left ? k : m), rightFrom: rightStart, scale: 2,
      keep: 0.5)
    for row in 0..<m {
      for column in 0..<n {
        var sum = 0.0
        for inner in 0..<k {
          let a = transposed == .left ? left[start + inner, row] : left[start + row, inner]
          let b =
            transposed == .right
            ? rightUsed[column, inner] : rightUsed[rightStart + inner, column]
          sum += a * b
        }
        #expect((result[row, column] - (2 * sum + 0.5 * before[row, column])).magnitude < 1e-12)
      }
    }
  }
}

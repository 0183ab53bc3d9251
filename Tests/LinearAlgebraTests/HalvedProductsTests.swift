import LinearAlgebra
import Testing

/// Products that leave out what symmetry gives away are the products written out.
@Suite struct HalvedProductsTests {
  /// Below, at and above the size at which they are split, and widths that fill no register.
  static let sizes = [1, 5, 63, 64, 65, 100, 129]

  private func symmetric(_ size: Int, seed: UInt64) -> Matrix<Double> {
    let matrix = MatrixTests.random(size, size, seed: seed, as: Double.self)
    var result = Matrix<Double>(rows: size, columns: size)
    for row in 0..<size {
      for column in 0..<size { result[row, column] = matrix[row, column] + matrix[column, row] }
    }
    return result
  }

  @Test(arguments: sizes)
  func `a form by halves is the quadratic form`(size: Int) {
    let moment = symmetric(size, seed: 1)
    let x = MatrixTests.random(9, size, seed: 2, as: Double.self)
    var halved = MatrixTests.random(6, size, seed: 3, as: Double.self)
    halved.setHalvedForms(of: x, moment, rows: 2..<8)
    for row in 0..<6 {
      var (form, whole) = (0.0, 0.0)
      for i in 0..<size {
        form += x[row + 2, i] * halved[row, i]
        for j in 0..<size { whole += x[row + 2, i] * moment[i, j] * x[row + 2, j] }
      }
      #expect((form - whole).magnitude < 1e-10 * Double(size * size))
    }
  }

  @Test(arguments: sizes, [0.0, 1.0])
  func `a lower product is the lower triangle of the product, added to what is kept`(
    size: Int, keep: Double
  ) {
    let left = MatrixTests.random(size, size, seed: 1, as: Double.self)
    let right = MatrixTests.random(size, size, seed: 2, as: Double.self)
    let before = MatrixTests.random(size, size, seed: 3, as: Double.self)
    var result = before
    result.setLowerProduct(of: left, right, keep: keep)
    for row in 0..<size {
      for column in 0...row {
        let sum = (0..<size).reduce(keep * before[row, column]) {
          $0 + left[row, $1] * right[$1, column]
        }
        #expect((result[row, column] - sum).magnitude < 1e-11 * Double(size))
      }
    }
  }

  @Test(arguments: sizes)
  func `a lower product reads its left factor transposed, and the rows that are asked for`(
    size: Int
  ) {
    let left = MatrixTests.random(9, size, seed: 1, as: Double.self)
    let right = MatrixTests.random(7, size, seed: 2, as: Double.self)
    var result = Matrix<Double>(rows: size, columns: size)
    result.setLowerProduct(of: left, right, transposed: true, rows: 2..<8)
    for row in 0..<size {
      for column in 0...row {
        let sum = (0..<6).reduce(0.0) { $0 + left[$1 + 2, row] * right[$1, column] }
        #expect((result[row, column] - sum).magnitude < 1e-12)
      }
    }
  }
}

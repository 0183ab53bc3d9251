import LinearAlgebra
import Testing

/// Products of blocks of rows are the products written out, on kernels of our own, on the matrix unit and on BLAS.
@Suite struct BlockFactorTests {
  struct Shape: CustomTestStringConvertible {
    var rows: Int
    /// k.
    var depth: Int
    /// n.
    var columns: Int

    var testDescription: String { "[\(rows) × \(depth)] times [\(depth) × \(columns)]" }
  }

  static let engines = BlockKernels.allCases.filter { $0.areAvailable(in: Float.self) }
  /// Every width of a group of columns and every remainder, few rows and rows that fill no tile, depths in one part and in
  /// several.
  static let shapes =
    (1...130).map { Shape(rows: 1 + $0 % 14, depth: 1 + $0 % 5, columns: $0) }
    + [1, 2, 5, 6, 7, 12, 23].map { Shape(rows: $0, depth: 127 + $0 * 3, columns: 50 + $0) }
    + [Shape(rows: 192, depth: 512, columns: 113), Shape(rows: 30, depth: 300, columns: 18)]
    + [Shape(rows: 33, depth: 700, columns: 17), Shape(rows: 1, depth: 513, columns: 33)]
    + [Shape(rows: 70, depth: 1100, columns: 40), Shape(rows: 64, depth: 32, columns: 32)]

  /// The difference of two sums of `count` products of normal deviates, as it may be in a precision.
  private func bound<Scalar: BLASScalar>(_ count: Int, _: Scalar.Type) -> Double {
    10 * Double(Scalar.ulpOfOne) * Double(count + 4)
  }

  private func checkProduct<Scalar: BLASScalar>(
    _ shape: Shape, transposed: Bool, on kernels: BlockKernels, _: Scalar.Type
  ) {
    guard kernels.areAvailable(in: Scalar.self) else { return }
    let (rows, depth, columns) = (shape.rows, shape.depth, shape.columns)
    let left: Matrix<Scalar> = MatrixTests.random(rows, depth, seed: 1)
    let right: Matrix<Scalar> = MatrixTests.random(depth, columns, seed: 2)
    let bias: Matrix<Scalar> = MatrixTests.random(1, columns, seed: 3)
    let before: Matrix<Scalar> = MatrixTests.random(rows + 1, columns, seed: 4)
    let mask: Matrix<Scalar> = MatrixTests.random(rows, columns, seed: 5)
    let holder = transposed ? right.transposed : right
    var factor = BlockFactor<Scalar>(holder.region, transposed: transposed, on: kernels)
    factor.prepare(from: holder)
    var (plain, biased, added) = (before, before, before)
    plain.setBlock(rows: rows, of: left, times: factor, in: holder, whereRectified: mask)
    biased.setBlock(rows: rows, of: left, times: factor, in: holder, bias: bias, scale: 1.5)
    added.setBlock(rows: rows, of: left, times: factor, in: holder, adding: true)
    var worst = 0.0
    for row in 0..<rows {
      for column in 0..<columns {
        let sum = (0..<depth).reduce(0.0) {
          $0 + Double(left[row, $1]) * Double(right[$1, column])
        }
        func compare(_ found: Scalar, _ expected: Double) {
          worst = max(worst, (Double(found) - expected).magnitude)
        }
        compare(plain[row, column], mask[row, column] > 0 ? sum : 0)
        compare(biased[row, column], 1.5 * (sum + Double(bias[0, column])))
        compare(added[row, column], sum + Double(before[row, column]))
      }
    }
    #expect(worst < bound(depth, Scalar.self))
    // The row after the last is left alone.
    #expect(plain[rows, columns - 1] == before[rows, columns - 1])
    #expect(isPadded(plain) && isPadded(biased) && isPadded(added))
  }

  /// Whether what lies beyond the columns is zero.
  private func isPadded<Scalar: BLASScalar>(_ matrix: Matrix<Scalar>) -> Bool {
    matrix.withPointer { pointer in
      (0..<matrix.rows).allSatisfy { row in
        (matrix.columns..<matrix.stride).allSatisfy { pointer[row * matrix.stride + $0] == 0 }
      }
    }
  }

  @Test(arguments: shapes, engines)
  func `a block times a factor is the product, from zeros, a bias or what was there`(
    shape: Shape, kernels: BlockKernels
  ) {
    for transposed in [false, true] {
      checkProduct(shape, transposed: transposed, on: kernels, Float.self)
      checkProduct(shape, transposed: transposed, on: kernels, Double.self)
    }
  }

  private func checkGradient<Scalar: BLASScalar>(
    _ shape: Shape, on kernels: BlockKernels, _: Scalar.Type
  ) {
    guard kernels.areAvailable(in: Scalar.self) else { return }
    // What passes at once becomes the depth: Aᵀ B over the rows of both blocks.
    let (depth, rows, columns) = (shape.depth, shape.rows, shape.columns)
    let left: Matrix<Scalar> = MatrixTests.random(depth + 1, rows, seed: 1)
    let right: Matrix<Scalar> = MatrixTests.random(depth + 1, columns, seed: 2)
    let before: Matrix<Scalar> = MatrixTests.random(rows + 2, columns, seed: 3)
    var (set, added) = (before, before)
    let region = before.region.rows(1..<rows + 1)
    set.setGradient(
      in: region, rows: depth, of: left, right, scale: 0.5, adding: false, on: kernels)
    added.setGradient(
      in: region, rows: depth, of: left, right, scale: 0.5, adding: true, on: kernels)
    var worst = 0.0
    for row in 0..<rows {
      for column in 0..<columns {
        let sum =
          (0..<depth).reduce(0.0) { $0 + Double(left[$1, row]) * Double(right[$1, column]) } / 2
        let kept = sum + Double(before[row + 1, column])
        worst = max(worst, (Double(set[row + 1, column]) - sum).magnitude)
        worst = max(worst, (Double(added[row + 1, column]) - kept).magnitude)
      }
    }
    #expect(worst < bound(depth, Scalar.self))
    for row in [0, rows + 1] {
      for column in 0..<columns { #expect(added[row, column] == before[row, column]) }
    }
    #expect(isPadded(set) && isPadded(added))
  }

  /// Rows a page apart, several parts of the depth, several groups of rows.
  static let largeGradients = [
    Shape(rows: 7, depth: 200, columns: 1024), Shape(rows: 113, depth: 192, columns: 512),
    Shape(rows: 140, depth: 400, columns: 40), Shape(rows: 33, depth: 130, columns: 600),
  ]

  @Test(arguments: shapes + largeGradients, engines)
  func `a gradient is the product over the rows of two blocks, set or added`(
    shape: Shape, kernels: BlockKernels
  ) {
    checkGradient(shape, on: kernels, Float.self)
    checkGradient(shape, on: kernels, Double.self)
  }

  @Test(arguments: engines) func `what is not a number passes through`(kernels: BlockKernels) {
    var left: Matrix<Float> = MatrixTests.random(8, 20, seed: 1)
    left[3, 7] = .nan
    let right: Matrix<Float> = MatrixTests.random(20, 17, seed: 2)
    var factor = BlockFactor<Float>(right.region, on: kernels)
    factor.prepare(from: right)
    var result = Matrix<Float>(rows: 8, columns: 17)
    result.setBlock(rows: 8, of: left, times: factor, in: right)
    for row in 0..<8 {
      for column in 0..<17 { #expect(result[row, column].isNaN == (row == 3)) }
    }
  }

  @Test(arguments: [1, 16, 100])
  func `rectified sums of pairs are the sums with a bias, rectified`(columns: Int) {
    let table: Matrix<Float> = MatrixTests.random(10, columns, seed: 1)
    let bias: Matrix<Float> = MatrixTests.random(1, columns, seed: 2)
    let pairs = TokenPairs(
      [
        (a: 0, b: 1, label: 0), (a: 0, b: 4, label: 1), (a: 3, b: 2, label: 2),
        (a: 4, b: 4, label: 3),
      ],
      below: 5)
    var sums = Matrix<Float>(rows: 3, columns: columns)
    sums.setRectifiedPairSums(of: table, bias: bias, pairs, 1..<4)
    var expected = Matrix<Float>(rows: 3, columns: columns)
    expected.setPairSums(of: table, pairs, 1..<4)
    expected.applyRectifier(bias: bias, rows: 3)
    #expect(sums == expected)
  }
}

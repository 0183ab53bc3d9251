import LinearAlgebra
import Testing

/// What holds of the matrix unit beyond what `BlockFactorTests` expects of all kernels.
@Suite(.enabled(if: BlockKernels.amx.areAvailable(in: Float.self)))
struct MatrixUnitTests {
  struct Shape: CustomTestStringConvertible {
    var rows: Int
    var depth: Int
    var columns: Int

    var testDescription: String { "[\(rows) × \(depth)] times [\(depth) × \(columns)]" }
  }

  /// The root mean square of the differences from A B in double precision, in units of the product's own.
  ///
  /// A is `[rows × depth]`, and what stands on the right is Bᵀ, `[columns × depth]`.
  private func error(_ found: Matrix<Float>, _ left: Matrix<Float>, _ right: Matrix<Float>)
    -> Double
  {
    var product = Matrix<Double>(rows: left.rows, columns: right.rows)
    product.setProduct(of: Matrix(left), Matrix(right), transposed: .right)
    let expected = product.elements
    let errors = zip(found.elements, expected).reduce(0.0) {
      $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1)
    }
    return (errors / expected.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }

  private func productError(
    _ shape: Shape, transposed: Bool, on kernels: BlockKernels
  ) -> Double {
    let left: Matrix<Float> = MatrixTests.random(shape.rows, shape.depth, seed: 1)
    let right: Matrix<Float> = MatrixTests.random(shape.depth, shape.columns, seed: 2)
    let holder = transposed ? right.transposed : right
    var factor = BlockFactor<Float>(holder.region, transposed: transposed, on: kernels)
    factor.prepare(from: holder)
    var result = Matrix<Float>(rows: shape.rows, columns: shape.columns)
    result.setBlock(rows: shape.rows, of: left, times: factor, in: holder)
    return error(result, left, right.transposed)
  }

  private func gradientError(_ shape: Shape, on kernels: BlockKernels) -> Double {
    let left: Matrix<Float> = MatrixTests.random(shape.depth, shape.rows, seed: 1)
    let right: Matrix<Float> = MatrixTests.random(shape.depth, shape.columns, seed: 2)
    var result = Matrix<Float>(rows: shape.rows, columns: shape.columns)
    result.setGradient(
      in: result.region, rows: shape.depth, of: left, right, adding: false, on: kernels)
    return error(result, left.transposed, right.transposed)
  }

  @Test(arguments: [
    Shape(rows: 40, depth: 48, columns: 50), Shape(rows: 64, depth: 113, columns: 96),
    Shape(rows: 37, depth: 512, columns: 113), Shape(rows: 33, depth: 700, columns: 65),
  ])
  func `its error is not larger than that of AVX-512`(shape: Shape) {
    for transposed in [false, true] {
      #expect(
        productError(shape, transposed: transposed, on: .amx)
          <= productError(shape, transposed: transposed, on: .avx512))
    }
    #expect(gradientError(shape, on: .amx) <= gradientError(shape, on: .avx512))
  }

  @Test(arguments: [
    Shape(rows: 30, depth: 1, columns: 40), Shape(rows: 30, depth: 2, columns: 40),
    Shape(rows: 1, depth: 17, columns: 100), Shape(rows: 100, depth: 5, columns: 1),
  ])
  func `few products are as good as single precision`(shape: Shape) {
    let limit = Double(Float.ulpOfOne)
    for transposed in [false, true] {
      #expect(productError(shape, transposed: transposed, on: .amx) < limit)
    }
    #expect(gradientError(shape, on: .amx) < limit)
  }

  /// What lies beyond a matrix's columns becomes this.
  private func pad(_ matrix: inout Matrix<Float>, with value: Float) {
    let (rows, columns, stride) = (matrix.rows, matrix.columns, matrix.stride)
    matrix.withMutablePointer { pointer in
      for row in 0..<rows {
        for column in columns..<stride { pointer[row * stride + column] = value }
      }
    }
  }

  private func isFinite(_ matrix: Matrix<Float>) -> Bool {
    matrix.elements.allSatisfy { $0.isFinite }
  }

  @Test(arguments: [Shape(rows: 9, depth: 21, columns: 37), Shape(rows: 40, depth: 35, columns: 3)])
  func `what lies beyond rows and columns is not read`(shape: Shape) {
    var left: Matrix<Float> = MatrixTests.random(shape.rows, shape.depth, seed: 1)
    let right: Matrix<Float> = MatrixTests.random(shape.depth, shape.columns, seed: 2)
    pad(&left, with: .nan)
    for transposed in [false, true] {
      var holder = transposed ? right.transposed : right
      pad(&holder, with: .nan)
      var factor = BlockFactor<Float>(holder.region, transposed: transposed, on: .amx)
      factor.prepare(from: holder)
      var result = Matrix<Float>(rows: shape.rows, columns: shape.columns)
      result.setBlock(rows: shape.rows, of: left, times: factor, in: holder)
      #expect(isFinite(result))
    }
    var before: Matrix<Float> = MatrixTests.random(shape.depth + 1, shape.rows, seed: 3)
    var after: Matrix<Float> = MatrixTests.random(shape.depth + 1, shape.columns, seed: 4)
    pad(&before, with: .nan)
    pad(&after, with: .nan)
    before[shape.depth, 0] = .nan
    after[shape.depth, 0] = .nan
    var gradient = Matrix<Float>(rows: shape.rows, columns: shape.columns)
    gradient.setGradient(
      in: gradient.region, rows: shape.depth, of: before, after, adding: false, on: .amx)
    #expect(isFinite(gradient))
  }

  @Test(arguments: [
    Float.nan, -Float.nan, .infinity, -.infinity, Float(bitPattern: 0x7FFF_FFFF),
    Float(bitPattern: 0x7F80_0001),
  ])
  func `what is not finite makes its row and its column not finite, no other`(value: Float) {
    var left: Matrix<Float> = MatrixTests.random(40, 50, seed: 1)
    var right: Matrix<Float> = MatrixTests.random(50, 45, seed: 2)
    left[33, 7] = value
    right[49, 19] = value
    var factor = BlockFactor<Float>(right.region, on: .amx)
    factor.prepare(from: right)
    var result = Matrix<Float>(rows: 40, columns: 45)
    result.setBlock(rows: 40, of: left, times: factor, in: right)
    var gradient = Matrix<Float>(rows: 40, columns: 45)
    gradient.setGradient(
      in: gradient.region, rows: 50, of: left.transposed, right, adding: false, on: .amx)
    for row in 0..<40 {
      for column in 0..<45 {
        #expect(result[row, column].isFinite == (row != 33 && column != 19))
        #expect(gradient[row, column].isFinite == (row != 33 && column != 19))
      }
    }
  }
}

/// What products run on is one choice for all of a process, and in its name.
@Suite struct BlockKernelsTests {
  @Test func `the name says whether the matrix unit takes part`() {
    let used = BlockKernels.used(in: Float.self)
    #expect(productKernelName() == blasKernelName() + (used == .amx ? "+AMX" : ""))
    #expect(used.areAvailable(in: Float.self))
  }

  @Test func `double precision does not run on the matrix unit`() {
    let used = BlockKernels.used(in: Double.self)
    #expect(used != .amx && used.areAvailable(in: Double.self))
    #expect((used == .library) == (BlockKernels.used(in: Float.self) == .library))
  }
}

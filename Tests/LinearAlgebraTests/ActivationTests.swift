import Foundation
import LinearAlgebra
import Testing

@Suite struct ActivationTests {
  /// φ and φ′ by the library's functions.
  private func expected(_ activation: Activation, _ x: Double) -> (value: Double, slope: Double) {
    switch activation {
    case .relu: return (max(x, 0), x > 0 ? 1 : 0)
    case .tanh: return (tanh(x), 1 - tanh(x) * tanh(x))
    case .square: return (x * x, 2 * x)
    case .gelu:
      let share = erfc(-x * 0.5.squareRoot()) / 2
      return (x * share, share + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
    }
  }

  private func applied<Scalar: BLASScalar>(
    _ activation: Activation, _ numbers: [Scalar]
  ) -> (values: [Scalar], slopes: [Scalar]) {
    var values = Matrix<Scalar>(rows: 1, columns: numbers.count, elements: numbers)
    var kept = Matrix<Scalar>(rows: 1, columns: numbers.count)
    values.apply(
      activation, bias: Matrix(rows: 1, columns: numbers.count), rows: 1, slopes: &kept)
    var slopes = Matrix<Scalar>(
      rows: 1, columns: numbers.count, elements: [Scalar](repeating: 1, count: numbers.count))
    slopes.multiplyBySlopes(of: activation, hidden: values, slopes: kept, rows: 1)
    return (values.elements, slopes.elements)
  }

  @Test func `gelu in single precision is right to a millionth, its tail too`() {
    let numbers = (-50_000...50_000).map { Float($0) * 1e-4 } + [-1e-20, 1e-30, 40, 1e10]
    let found = applied(.gelu, numbers)
    for (place, x) in numbers.enumerated() {
      let (value, slope) = expected(.gelu, Double(x))
      #expect((Double(found.values[place]) - value).magnitude <= 1e-6 * value.magnitude)
      #expect((Double(found.slopes[place]) - slope).magnitude <= 5e-7)
    }
  }

  @Test func `gelu is nothing far below zero, and keeps what is not a number`() {
    let found = applied(.gelu, [-13, -40, -1e4, .nan, .infinity] as [Float])
    #expect(found.values.prefix(3).allSatisfy { $0.magnitude < 1e-30 })
    #expect(found.slopes.prefix(3).allSatisfy { $0.magnitude < 1e-30 })
    #expect(found.values[3].isNaN && found.values[4] == .infinity)
  }

  @Test(arguments: Activation.allCases, [1, 8, 17])
  func `values and slopes are those of the formula, row by row`(
    activation: Activation, columns: Int
  ) {
    let sums: Matrix<Double> = MatrixTests.random(5, columns, seed: 1)
    let bias: Matrix<Double> = MatrixTests.random(1, columns, seed: 2)
    let delta: Matrix<Double> = MatrixTests.random(5, columns, seed: 3)
    var (hidden, back) = (sums, delta)
    var kept = Matrix<Double>(rows: 5, columns: columns)
    hidden.apply(activation, bias: bias, rows: 3, slopes: &kept)
    back.multiplyBySlopes(of: activation, hidden: hidden, slopes: kept, rows: 3)
    for row in 0..<5 {
      for column in 0..<columns {
        let (value, slope) = expected(activation, sums[row, column] + bias[0, column])
        let isLeft = row >= 3
        #expect(
          (hidden[row, column] - (isLeft ? sums[row, column] : value)).magnitude < 1e-14)
        #expect(
          (back[row, column] - delta[row, column] * (isLeft ? 1 : slope)).magnitude < 1e-13)
      }
    }
    // Beyond the columns, where kernels read whole registers, there are zeros still.
    let rebuilt = Matrix<Double>(rows: 5, columns: columns, elements: kept.elements)
    #expect(kept.squaredDistance(to: rebuilt) == 0)
  }

  @Test(arguments: [false, true], [1, 16, 19])
  func `sums of pairs of rows, and what goes back to them, are those of loops`(
    isShared: Bool, columns: Int
  ) {
    let examples = [(0, 0), (0, 2), (1, 1), (3, 0), (3, 3), (3, 1)].map { (a: $0, b: $1, label: 0) }
    let pairs = TokenPairs(examples, below: 4, classes: 1)
    let taken = isShared ? pairs.sharingTokens : pairs
    #expect(taken.tokens == (isShared ? 4 : 8) && taken[1] == (a: 0, b: 2, label: 0))
    let table: Matrix<Double> = MatrixTests.random(taken.tokens, columns, seed: 1)
    let slopes: Matrix<Double> = MatrixTests.random(5, columns, seed: 2)
    let start: Matrix<Double> = MatrixTests.random(taken.tokens, columns, seed: 3)
    var (sums, gradient) = (slopes, start)
    sums.setPairSums(of: table, taken, 1..<6)
    gradient.addPairSlopes(taken, 1..<6, slopes: slopes)
    var expected = start
    for row in 0..<5 {
      let (a, b) = (examples[1 + row].a, examples[1 + row].b + (isShared ? 0 : 4))
      for column in 0..<columns {
        #expect(sums[row, column] == table[a, column] + table[b, column])
        expected[a, column] += slopes[row, column]
        expected[b, column] += slopes[row, column]
      }
    }
    for (found, sum) in zip(gradient.elements, expected.elements) {
      #expect((found - sum).magnitude < 1e-14)
    }
  }

  @Test func `a row fills the first rows of a matrix`() {
    let row: Matrix<Float> = MatrixTests.random(1, 5, seed: 1)
    var matrix: Matrix<Float> = MatrixTests.random(3, 5, seed: 2)
    let last = matrix.elements.suffix(5)
    matrix.fill(row, rows: 2)
    #expect(matrix.elements == row.elements + row.elements + last)
  }
}

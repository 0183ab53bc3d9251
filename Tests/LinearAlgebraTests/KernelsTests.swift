import LinearAlgebra
import Testing

/// Each loop of the C kernels against its formula, at sizes with and without padding.
@Suite struct KernelsTests {
  static let sizes = [1, 8, 15, 16, 33, 100]

  private func close(_ left: Double, _ right: Double) -> Bool {
    (left - right).magnitude <= 1e-12 * max(1, left.magnitude, right.magnitude)
  }

  @Test func `subnormal numbers are zero while they are flushed, and numbers again afterwards`() {
    let tiny: Matrix<Float> = MatrixTests.random(1, 16, seed: 1)
    func scaled() -> [Float] {
      var result = tiny
      result.set(tiny, times: .leastNormalMagnitude)
      result.set(result, times: 0.01)
      return result.elements
    }
    #expect(scaled().allSatisfy { $0.isSubnormal })
    #expect(flushingSubnormals { scaled() }.allSatisfy { $0 == 0 })
    #expect(scaled().allSatisfy { $0.isSubnormal })
  }

  @Test(arguments: sizes)
  func `combinations of matrices are those of their elements`(size: Int) {
    let left: Matrix<Double> = MatrixTests.random(3, size, seed: 1)
    let right: Matrix<Double> = MatrixTests.random(3, size, seed: 2)
    var (scaled, difference, sum) = (left, left, left)
    scaled.set(right, times: 0.3)
    difference.set(left, minus: right, times: 0.3)
    sum.add(right, times: 0.3)
    for row in 0..<3 {
      for column in 0..<size {
        let (a, b) = (left[row, column], 0.3 * right[row, column])
        #expect(close(scaled[row, column], b))
        #expect(close(difference[row, column], a - b))
        #expect(close(sum[row, column], a + b))
      }
    }
  }

  @Test(arguments: sizes)
  func `residuals and slopes of a hidden layer are those of the formula`(size: Int) {
    let hidden: Matrix<Double> = MatrixTests.random(5, size, seed: 4)
    let offsets: Matrix<Double> = MatrixTests.random(1, 9, seed: 5)
    var residuals = Matrix<Double>(rows: 1, columns: 9)
    var slopes = hidden
    let squares = residuals.setResiduals(
      ofHidden: &slopes, count: 4, epsilon: 0.3, scale: 1.5, offsets: offsets, at: 2,
      makingSlopes: true)
    var expectedSquares = 0.0
    for row in 0..<4 {
      var sum = 0.0
      for column in 0..<size {
        let h = hidden[row, column]
        sum += h + 0.15 * h * h
        #expect(close(slopes[row, column], residuals[0, 2 + row] * (1 + 0.3 * h)))
      }
      let expected = 1.5 * sum - offsets[0, 2 + row]
      #expect(close(residuals[0, 2 + row], expected))
      expectedSquares += expected * expected
    }
    #expect(close(squares, expectedSquares))
    #expect(residuals[0, 1] == 0 && residuals[0, 6] == 0)
    #expect(slopes[4, size - 1] == hidden[4, size - 1])
    var untouched = hidden
    _ = residuals.setResiduals(
      ofHidden: &untouched, count: 4, epsilon: 0.3, scale: 1.5, offsets: offsets, at: 2,
      makingSlopes: false)
    #expect(untouched == hidden)
  }

  @Test(arguments: sizes)
  func `residuals, slopes and readout sums of a polynomial layer are those of the formula`(
    size: Int
  ) {
    let hidden: Matrix<Double> = MatrixTests.random(5, size, seed: 4)
    let offsets: Matrix<Double> = MatrixTests.random(1, 9, seed: 5)
    let readouts: Matrix<Double> = MatrixTests.random(1, size, seed: 6)
    let start: Matrix<Double> = MatrixTests.random(1, size, seed: 7)
    let c = [0.4, 1, -0.3, 0.2, 0.1]
    let activation = Matrix<Double>(rows: 1, columns: 5, elements: c)
    var residuals = Matrix<Double>(rows: 1, columns: 9)
    var (slopes, sums) = (hidden, start)
    let squares = residuals.setResiduals(
      ofHidden: &slopes, count: 4, activation: activation, readouts: readouts, scale: 1.5,
      offsets: offsets, at: 2, makingSlopes: true, addingTo: &sums)
    func value(_ h: Double) -> Double {
      c[0] + c[1] * h + c[2] * h * h + c[3] * h * h * h + c[4] * h * h * h * h
    }
    func slope(_ h: Double) -> Double {
      c[1] + 2 * c[2] * h + 3 * c[3] * h * h + 4 * c[4] * h * h * h
    }
    var expectedSquares = 0.0
    var expectedSums = (0..<size).map { start[0, $0] }
    for row in 0..<4 {
      let sum = (0..<size).reduce(0) { $0 + readouts[0, $1] * value(hidden[row, $1]) }
      let expected = 1.5 * sum - offsets[0, 2 + row]
      #expect(close(residuals[0, 2 + row], expected))
      expectedSquares += expected * expected
      for column in 0..<size {
        let h = hidden[row, column]
        #expect(close(slopes[row, column], expected * readouts[0, column] * slope(h)))
        expectedSums[column] += expected * value(h)
      }
    }
    #expect(close(squares, expectedSquares))
    #expect((0..<size).allSatisfy { close(sums[0, $0], expectedSums[$0]) })
    #expect(residuals[0, 1] == 0 && residuals[0, 6] == 0)
    #expect(slopes[4, size - 1] == hidden[4, size - 1])
    var (untouched, same) = (hidden, start)
    _ = residuals.setResiduals(
      ofHidden: &untouched, count: 4, activation: activation, readouts: readouts, scale: 1.5,
      offsets: offsets, at: 2, makingSlopes: false, addingTo: &same)
    #expect(untouched == hidden && same == start)
  }

  @Test(arguments: sizes, [false, true])
  func `sums over a kernel are those of its elements`(size: Int, hasAddend: Bool) {
    let gram: Matrix<Double> = MatrixTests.random(size, size, seed: 1)
    let factor: Matrix<Double> = MatrixTests.random(size, size, seed: 2)
    let addend: Matrix<Double>? = hasAddend ? MatrixTests.random(size, size, seed: 3) : nil
    let vectors: Matrix<Double> = MatrixTests.random(2, size, seed: 4)
    let (labels, centred) = ((0..<size).map { vectors[0, $0] }, (0..<size).map { vectors[1, $0] })
    let sums = gram.kernelSums(times: factor, plus: addend, labels: labels, centred: centred)
    var squares = 0.0
    for i in 0..<size {
      let row = (0..<size).map { gram[i, $0] * factor[i, $0] + (addend?[i, $0] ?? 0) }
      func dot(_ left: [Double], _ right: [Double]) -> Double {
        zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
      }
      squares += dot(row, row)
      #expect(close(sums.rows[i], row.reduce(0, +)))
      #expect(close(sums.products[i], dot(row, labels)))
      #expect(close(sums.centredProducts[i], dot(row, centred)))
    }
    #expect(close(sums.squares, squares))
  }

  @Test(arguments: sizes)
  func `columns times their factors are those of their elements`(size: Int) {
    let matrix: Matrix<Double> = MatrixTests.random(5, size, seed: 1)
    let factors: Matrix<Double> = MatrixTests.random(1, size, seed: 2)
    var scaled = matrix
    scaled.setColumns(of: matrix, times: factors)
    for row in 0..<5 {
      for column in 0..<size {
        #expect(scaled[row, column] == factors[0, column] * matrix[row, column])
      }
    }
  }

  @Test(arguments: sizes)
  func `residuals and their squares are those of the formula`(count: Int) {
    let outputs: Matrix<Double> = MatrixTests.random(1, count, seed: 1)
    let offsets: Matrix<Double> = MatrixTests.random(1, count + 3, seed: 2)
    var residuals = Matrix<Double>(rows: 1, columns: count + 3)
    let squares = residuals.setResiduals(
      of: outputs, scale: 1.5, offsets: offsets, at: 3, count: count)
    var sum = 0.0
    for place in 0..<count {
      let expected = 1.5 * outputs[0, place] - offsets[0, 3 + place]
      #expect(close(residuals[0, 3 + place], expected))
      sum += expected * expected
    }
    #expect(close(squares, sum))
  }

  @Test(arguments: sizes)
  func `quadratic forms and weighted rows are those of the formula`(size: Int) {
    let x: Matrix<Double> = MatrixTests.random(6, size, seed: 1)
    let y: Matrix<Double> = MatrixTests.random(4, size, seed: 2)
    let linear: Matrix<Double> = MatrixTests.random(1, size, seed: 3)
    var forms = Matrix<Double>(rows: 1, columns: 4)
    forms.setQuadraticForms(of: x, y, linear: linear, quadratic: 0.7, from: 2, count: 4)
    var weighted = Matrix<Double>(rows: 4, columns: size)
    var sums = Matrix<Double>(rows: 1, columns: size)
    weighted.setWeightedRows(of: x, weights: forms, from: 0, count: 4, addingTo: &sums)
    for row in 0..<4 {
      var form = 0.0
      for j in 0..<size { form += x[2 + row, j] * (linear[0, j] + 0.7 * y[row, j]) }
      #expect(close(forms[0, row], form))
      for j in 0..<size { #expect(close(weighted[row, j], forms[0, row] * x[row, j])) }
    }
    for j in 0..<size {
      let sum = (0..<4).reduce(0.0) { $0 + weighted[$1, j] }
      #expect(close(sums[0, j], sum))
    }
  }

  @Test(arguments: sizes)
  func `symmetric updates read the lower triangle and fill both`(size: Int) {
    checkSymmetricUpdates(of: size, within: 1e-12, Double.self)
    checkSymmetricUpdates(of: size, within: 1e-5, Float.self)
  }

  private func checkSymmetricUpdates<Scalar: BLASScalar>(
    of size: Int, within tolerance: Double, _: Scalar.Type
  ) {
    let lower: Matrix<Scalar> = MatrixTests.random(size, size, seed: 1)
    let u: Matrix<Scalar> = MatrixTests.random(1, size, seed: 2)
    let v: Matrix<Scalar> = MatrixTests.random(1, size, seed: 3)
    var identity = Matrix<Scalar>(rows: size, columns: size)
    identity.setIdentity(times: 0.9, minus: lower, scale: 0.4)
    var updated = Matrix<Scalar>(rows: size, columns: size)
    updated.setSymmetric(lower, minusRankTwo: u, v)
    for row in 0..<size {
      for column in 0..<size {
        let entry = lower[max(row, column), min(row, column)]
        let diagonal: Scalar = row == column ? 0.9 : 0
        let products = u[0, row] * v[0, column] + v[0, row] * u[0, column]
        #expect(Double((identity[row, column] - diagonal + 0.4 * entry).magnitude) < tolerance)
        #expect(Double((updated[row, column] - entry + products).magnitude) < tolerance)
        #expect(updated[row, column] == updated[column, row])
        #expect(identity[row, column] == identity[column, row])
      }
    }
    // Beyond the columns, where kernels read whole registers, there are zeros still.
    for matrix in [identity, updated] {
      let rebuilt = Matrix<Scalar>(rows: size, columns: size, elements: matrix.elements)
      #expect(matrix.squaredDistance(to: rebuilt) == 0)
    }
  }

  @Test(arguments: sizes)
  func `the squared distance is the sum of squared differences`(size: Int) {
    let left: Matrix<Float> = MatrixTests.random(3, size, seed: 1)
    let right: Matrix<Float> = MatrixTests.random(3, size, seed: 2)
    let squares = zip(left.elements, right.elements).reduce(0.0) {
      $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
    }
    #expect(close(left.squaredDistance(to: right), squares))
  }

  @Test(arguments: sizes)
  func `the deviation is the norm and trace of the matrix written out`(size: Int) {
    var moment = Matrix<Double>(rows: size, columns: size)
    var initial = moment
    let random: Matrix<Double> = MatrixTests.random(size, size, seed: 1)
    for row in 0..<size {
      for column in 0..<size {
        moment[row, column] = random[row, column] + random[column, row]
        initial[row, column] = random[row, column] * random[column, row]
      }
    }
    let target: Matrix<Double> = MatrixTests.random(1, size, seed: 2)
    let found = moment.deviation(from: initial, target: target, scale: 0.6)
    var (squares, trace) = (0.0, 0.0)
    for row in 0..<size {
      for column in 0..<size {
        let entry =
          0.6 * (moment[row, column] - initial[row, column]) - target[0, row] * target[0, column]
        squares += entry * entry
        if row == column { trace += entry }
      }
    }
    #expect(close(found.squares, squares) && close(found.trace, trace))
  }
}

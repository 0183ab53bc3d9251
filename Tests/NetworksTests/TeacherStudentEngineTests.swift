import Foundation
import LinearAlgebra
import Networks
import OrderedCollections
import Testing

@Suite struct TeacherStudentEngineTests {
  private let sizes = TeacherStudentDraws.Sizes(
    inputDimension: 3, hiddenUnits: 9, outputDimension: 2, trainExamples: 13, testExamples: 7)

  private func draws(seed: Int = 1) -> TeacherStudentDraws {
    TeacherStudentDraws(sizes: sizes, seed: seed)
  }

  /// Every number of a network through loops, one example at a time.
  private func twinLoss(_ weights: [Matrix<Double>], _ draws: TeacherStudentDraws, alpha: Double)
    -> Double
  {
    var sum = 0.0
    for example in 0..<draws.trainInputs.rows {
      var values = (0..<draws.trainInputs.columns).map { draws.trainInputs[example, $0] }
      for layer in 0..<3 {
        let (matrix, bias) = (weights[2 * layer], weights[2 * layer + 1])
        values = (0..<matrix.columns).map { column in
          let sum = values.indices.reduce(bias[0, column]) {
            $0 + values[$1] * matrix[$1, column]
          }
          return layer < 2 ? tanh(sum) : sum
        }
      }
      for (column, value) in values.enumerated() {
        let error = alpha * value - draws.trainTargets[example, column]
        sum += error * error
      }
    }
    return sum / Double(draws.trainInputs.rows * draws.trainTargets.columns)
  }

  @Test(arguments: [0.5, 1, 3])
  func `products give the losses of loops`(alpha: Double) {
    let draws = draws()
    var engine = TeacherStudentEngine<Double>(task: TeacherStudentTask(alpha: alpha), draws: draws)
    for _ in 0..<20 {
      let twin = twinLoss(engine.weights, draws, alpha: alpha)
      #expect((engine.evaluate().train - twin).magnitude < 1e-13 * twin)
      engine.descend()
    }
  }

  @Test(arguments: [0, 1, 2])
  func `the gradient of every matrix and bias is the slope of the train loss`(seed: Int) {
    let draws = draws(seed: seed)
    let task = TeacherStudentTask(alpha: 1.5)
    var engine = TeacherStudentEngine<Double>(task: task, draws: draws)
    _ = engine.evaluate()
    let (centre, gradient) = (engine.weights, engine.gradient)
    var generator = Xoshiro256(seed: UInt64(seed), stream: 77)
    for index in centre.indices {
      let shape = centre[index]
      let direction = Matrix<Double>(
        rows: shape.rows, columns: shape.columns,
        elements: NormalDeviates.array(count: shape.rows * shape.columns, using: &generator))
      func loss(at distance: Double) -> Double {
        engine.weights = centre
        engine.weights[index].add(direction, times: distance)
        return engine.evaluate().train
      }
      let slope = (loss(at: 1e-5) - loss(at: -1e-5)) / 2e-5
      let expected = zip(gradient[index].elements, direction.elements)
        .reduce(0) { $0 + $1.0 * $1.1 }
      #expect((slope - expected).magnitude < 1e-8 * max(expected.magnitude, 0.01), "\(index)")
    }
  }

  @Test func `single precision follows double precision`() {
    let task = TeacherStudentTask(learningRate: 0.003)
    var single = TeacherStudentEngine<Float>(task: task, draws: draws())
    var double = TeacherStudentEngine<Double>(task: task, draws: draws())
    let start = double.evaluate().train
    for _ in 0..<200 {
      let (left, right) = (single.evaluate(), double.evaluate())
      #expect((left.train - right.train).magnitude < 1e-4 * right.train)
      #expect((left.test - right.test).magnitude < 1e-4 * right.test)
      single.descend()
      double.descend()
    }
    #expect(double.evaluate().train < start / 2)
  }

  @Test(arguments: [
    OptimiserRule.adamW(beta1: 0.9, beta2: 0.99, epsilon: 1e-8),
    .adam(beta1: 0.8, beta2: 0.9, epsilon: 1e-6), .momentum(0.9),
  ])
  func `a run that is taken up again goes on to the bit`(rule: OptimiserRule) throws {
    let task = TeacherStudentTask(optimiser: rule, learningRate: 0.01)
    var whole = TeacherStudentEngine<Float>(task: task, draws: draws())
    for _ in 0..<30 {
      _ = whole.evaluate()
      whole.descend()
    }
    var resumed = TeacherStudentEngine<Float>(task: task, draws: draws())
    try resumed.restore(try Safetensors(bytes: Safetensors(tensors: whole.state()).bytes))
    for _ in 0..<30 {
      let (left, right) = (whole.evaluate(), resumed.evaluate())
      #expect(left == right)
      whole.descend()
      resumed.descend()
    }
    #expect(whole.weights == resumed.weights)
  }

  @Test func `an example is right if the mean of its squared errors is below the tolerance`() throws
  {
    let draws = draws()
    var loose = TeacherStudentEngine<Double>(
      task: TeacherStudentTask(tolerance: 1e9), draws: draws)
    var strict = TeacherStudentEngine<Double>(
      task: TeacherStudentTask(tolerance: 1e-12), draws: draws)
    _ = (loose.evaluate(), strict.evaluate())
    #expect(try #require(loose.accuracies) == (1, 1))
    #expect(try #require(strict.accuracies) == (0, 0))
    let observables = loose.observables()
    #expect(observables.count == 14)
    let shares = TeacherStudentTask.recordedTolerances.map { observables["train_within_\($0)"] }
    #expect(shares.allSatisfy { $0 != nil })
    #expect(shares.compactMap(\.self).sorted() == shares.compactMap(\.self))
  }

  @Test func `the networks stay as they are with another number of examples`() {
    var more = sizes
    more.trainExamples = 20
    more.testExamples = 1
    let (few, many) = (draws(), TeacherStudentDraws(sizes: more, seed: 1))
    #expect(few.student.matrices == many.student.matrices)
    // Products of more rows may round otherwise.
    #expect(
      zip(few.trainTargets.elements, many.trainTargets.elements).allSatisfy {
        ($0 - $1).magnitude < 1e-14
      })
    #expect(draws(seed: 2).student.matrices != few.student.matrices)
  }

  @Test func `networks begin as PyTorch's do, the student larger`() {
    let draws = TeacherStudentDraws(
      sizes: TeacherStudentDraws.Sizes(hiddenUnits: 400), studentScale: 2, seed: 3)
    for (index, fanIn) in [5.0, 5, 400, 400, 400, 400].enumerated() {
      let elements = draws.student.matrices[index].elements
      let bound = 2 / fanIn.squareRoot()
      #expect(elements.allSatisfy { $0.magnitude <= bound })
      #expect(elements.contains { $0.magnitude > 0.6 * bound })
      guard elements.count > 1000 else { continue }
      let variance = elements.reduce(0) { $0 + $1 * $1 } / Double(elements.count)
      #expect((variance - bound * bound / 3).magnitude < 0.1 * variance)
    }
  }
}

@Suite struct TanhTests {
  @Test func `tanh in single precision is right to 3e-7 and never beyond one`() {
    var numbers: [Float] = []
    for step in -60_000...60_000 { numbers.append(Float(step) * 2e-4) }
    for power in -40...3 { numbers += [Float(sign: .plus, exponent: power, significand: 1.1)] }
    var matrix = Matrix<Float>(rows: 1, columns: numbers.count, elements: numbers)
    matrix.applyTanh(bias: Matrix(rows: 1, columns: numbers.count))
    for (x, found) in zip(numbers, matrix.elements) {
      let expected = tanh(Double(x))
      #expect((Double(found) - expected).magnitude <= 3e-7 * expected.magnitude)
      #expect(found.magnitude <= 1)
    }
  }

  @Test func `tanh keeps what is not a number, infinities and signs`() {
    let numbers: [Float] = [.nan, .infinity, -.infinity, -0.0, 1e30, -1e30]
    var matrix = Matrix<Float>(rows: 1, columns: numbers.count, elements: numbers)
    matrix.applyTanh(bias: Matrix(rows: 1, columns: numbers.count))
    let found = matrix.elements
    #expect(found[0].isNaN)
    #expect(Array(found[1...]) == [1, -1, -0.0, 1, -1])
  }

  @Test(arguments: [1, 5, 16, 17])
  func `slopes, sums and residuals are those of loops`(columns: Int) {
    var generator = Xoshiro256(seed: 4, stream: 1)
    func random(_ rows: Int) -> Matrix<Double> {
      Matrix(
        rows: rows, columns: columns,
        elements: NormalDeviates.array(count: rows * columns, using: &generator))
    }
    let (delta, hidden, targets, bias) = (random(6), random(6), random(6), random(1))
    var slopes = delta
    slopes.multiplyByTanhSlopes(of: hidden)
    var sums = Matrix<Double>(rows: 1, columns: columns)
    sums.setColumnSums(of: delta, times: 0.5)
    var residuals = delta
    var within = [7, 7]
    let squares = residuals.setOutputResiduals(
      bias: bias, scale: 2, targets: targets, tolerances: [4, 1e9], within: &within)
    var (expectedSquares, count) = (0.0, 0)
    for row in 0..<6 {
      var square = 0.0
      for column in 0..<columns {
        let h = hidden[row, column]
        #expect((slopes[row, column] - delta[row, column] * (1 - h * h)).magnitude < 1e-14)
        let r = 2 * (delta[row, column] + bias[0, column]) - targets[row, column]
        #expect((residuals[row, column] - r).magnitude < 1e-14)
        square += r * r
      }
      expectedSquares += square
      if square / Double(columns) < 4 { count += 1 }
    }
    for column in 0..<columns {
      let sum = (0..<6).reduce(0) { $0 + delta[$1, column] }
      #expect((sums[0, column] - 0.5 * sum).magnitude < 1e-14)
    }
    #expect((squares - expectedSquares).magnitude < 1e-12 * expectedSquares)
    #expect(within == [count, 6])
  }
}

import LinearAlgebra
import Networks
import OrderedCollections
import Testing

/// The student's linearised twin against one whose Jacobian is made of slopes.
@Suite struct LinearisedStudentTests {
  private let draws = TeacherStudentDraws(
    sizes: TeacherStudentDraws.Sizes(
      inputDimension: 3, hiddenUnits: 4, outputDimension: 2, trainExamples: 7, testExamples: 5),
    seed: 1)

  private func task(_ rule: OptimiserRule) -> TeacherStudentTask {
    var task = TeacherStudentTask(
      alpha: 1.5, optimiser: rule, learningRate: 0.02, weightDecay: 0.1)
    task.linearisation = .twin
    return task
  }

  /// A set of examples with outputs and their slopes at the initial weights, a row a weight.
  private struct Linearised {
    var outputs: [Double]
    var jacobian: [[Double]] = []
    let targets: [Double]

    init(_ student: PerceptronLayers<Double>, _ inputs: Matrix<Double>, _ targets: Matrix<Double>) {
      outputs = student.outputs(of: inputs).elements
      self.targets = targets.elements
      for index in student.matrices.indices {
        for row in 0..<student.matrices[index].rows {
          for column in 0..<student.matrices[index].columns {
            func outputs(at distance: Double) -> [Double] {
              var moved = student
              moved.matrices[index][row, column] += distance
              return moved.outputs(of: inputs).elements
            }
            jacobian.append(
              zip(outputs(at: 1e-5), outputs(at: -1e-5)).map { ($0 - $1) / 2e-5 })
          }
        }
      }
    }

    /// f − y where the weights have moved so far from the initial ones.
    func residuals(_ change: [Double], alpha: Double) -> [Double] {
      var values = outputs
      for (slopes, distance) in zip(jacobian, change) {
        for place in values.indices { values[place] += slopes[place] * distance }
      }
      return zip(values, targets).map { alpha * $0 - $1 }
    }

    func loss(_ change: [Double], alpha: Double) -> Double {
      let residuals = residuals(change, alpha: alpha)
      return residuals.reduce(0) { $0 + $1 * $1 } / Double(residuals.count)
    }
  }

  @Test(arguments: [
    OptimiserRule.adamW(beta1: 0.9, beta2: 0.99, epsilon: 1e-3), .momentum(0.5),
  ])
  func `the twin takes the steps of slopes and loops`(rule: OptimiserRule) throws {
    let task = task(rule)
    var engine = TeacherStudentEngine<Double>(task: task, draws: draws)
    let train = Linearised(draws.student, draws.trainInputs, draws.trainTargets)
    let test = Linearised(draws.student, draws.testInputs, draws.testTargets)
    let initial = draws.student.matrices.flatMap(\.elements)
    // The rule goes weight by weight: one row of all of them is as good.
    func row(_ values: [Double]) -> [Matrix<Double>] {
      [Matrix(rows: 1, columns: values.count, elements: values)]
    }
    var weights = row(initial)
    var optimiser = Optimiser(
      rule, learningRate: task.learningRate, weightDecay: task.weightDecay, for: weights)
    for step in 0..<30 {
      let losses = engine.evaluate()
      let change = zip(weights[0].elements, initial).map { $0 - $1 }
      let observables = engine.observables()
      let expected = (train.loss(change, alpha: 1.5), test.loss(change, alpha: 1.5))
      let found = try #require(observables["linearised_train_loss"])
      let foundTest = try #require(observables["linearised_test_loss"])
      #expect((found / expected.0 - 1).magnitude < 1e-7, "step \(step)")
      #expect((foundTest / expected.1 - 1).magnitude < 1e-7, "step \(step)")
      // One network at first; later they part.
      #expect((found / losses.train - 1).magnitude < 1e-12 || step > 0)
      #expect((found / losses.train - 1).magnitude > 1e-4 || step < 20)
      let residuals = train.residuals(change, alpha: 1.5)
      var gradients = row(
        train.jacobian.map { slopes in
          zip(slopes, residuals).reduce(0) { $0 + 2 * 1.5 * $1.0 * $1.1 }
            / Double(residuals.count)
        })
      optimiser.step(&weights, &gradients)
      engine.descend()
    }
  }

  @Test func `a twin that is taken up again goes on to the bit`() throws {
    let task = task(.adamW(beta1: 0.9, beta2: 0.99, epsilon: 1e-8))
    var whole = TeacherStudentEngine<Float>(task: task, draws: draws)
    func step(_ engine: inout TeacherStudentEngine<Float>) {
      _ = engine.evaluate()
      engine.descend()
    }
    for _ in 0..<15 { step(&whole) }
    var resumed = TeacherStudentEngine<Float>(task: task, draws: draws)
    try resumed.restore(try Safetensors(bytes: Safetensors(tensors: whole.state()).bytes))
    for _ in 0..<15 {
      step(&whole)
      step(&resumed)
    }
    _ = (whole.evaluate(), resumed.evaluate())
    #expect(whole.observables() == resumed.observables())
    var alone = task
    alone.linearisation = .none
    let without = TeacherStudentEngine<Float>(task: alone, draws: draws)
    #expect(without.observables()["linearised_test_loss"] == nil)
    #expect(throws: SafetensorsError.self) {
      try resumed.restore(Safetensors(tensors: without.state()))
    }
  }
}

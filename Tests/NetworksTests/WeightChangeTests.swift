import LinearAlgebra
import Networks
import OrderedCollections
import Testing

/// How far weights are from where they started, ‖W − W₀‖/‖W₀‖, of networks that keep all of them.
@Suite struct WeightChangeTests {
  /// By loops.
  private func change(of weights: [Matrix<Double>], from initial: [Matrix<Double>]) -> Double {
    var (change, size) = (0.0, 0.0)
    for (present, first) in zip(weights, initial) {
      for row in 0..<first.rows {
        for column in 0..<first.columns {
          let difference = present[row, column] - first[row, column]
          change += difference * difference
          size += first[row, column] * first[row, column]
        }
      }
    }
    return (change / size).squareRoot()
  }

  /// Trains for some steps, stops half-way, goes on from the state, and compares with the loops.
  private func check<Engine: TrainingEngine>(
    _ make: () -> Engine, _ weights: (Engine) -> [Matrix<Double>]
  ) throws {
    var engine = make()
    let initial = weights(engine)
    #expect(engine.observables()["relative_weight_change"] == 0)
    for step in 0..<20 {
      if step == 10 {
        var resumed = make()
        try resumed.restore(try Safetensors(bytes: Safetensors(tensors: engine.state()).bytes))
        engine = resumed
      }
      _ = engine.evaluate()
      engine.descend()
      let found = try #require(engine.observables()["relative_weight_change"])
      let expected = change(of: weights(engine), from: initial)
      #expect(expected > 1e-6 && (found / expected - 1).magnitude < 1e-12)
    }
  }

  @Test(arguments: [0, 0.9])
  func `both layers of modular addition count`(momentum: Double) throws {
    let draws = ModularMLPDraws(
      sizes: ModularMLPDraws.Sizes(modulus: 5, hiddenUnits: 11, trainFraction: 0.8), seed: 1)
    try check {
      ModularMLPEngine<Double>(
        task: ModularMLPTask(learningRate: 20, momentum: momentum), draws: draws)
    } _: {
      [$0.embedding, $0.readout]
    }
  }

  @Test func `the weights and biases of a student count`() throws {
    let draws = TeacherStudentDraws(
      sizes: TeacherStudentDraws.Sizes(hiddenUnits: 6, trainExamples: 8, testExamples: 3), seed: 2)
    try check {
      TeacherStudentEngine<Double>(task: TeacherStudentTask(), draws: draws)
    } _: {
      $0.weights
    }
  }

  @Test(arguments: ImageMLPEngineTests.parametrisations)
  func `the weights and biases of a classifier count`(
    parametrisation: ImageMLPTask.Parametrisation
  ) throws {
    let draws = ImageMLPEngineTests.draws(parametrisation)
    try check {
      ImageMLPEngine<Double>(
        task: ImageMLPTask(alpha: 1, parametrisation: parametrisation, batchSize: 5), draws: draws)
    } _: {
      $0.weights
    }
  }
}

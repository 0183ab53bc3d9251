import LinearAlgebra
import Networks
import OrderedCollections
import Testing

/// What is measured in closed form, against large samples and all weights.
@Suite struct PolynomialRegressionMeasuresTests {
  private typealias Variants = PolynomialRegressionVariantsTests

  @Test(arguments: [3, 4], [false, true])
  func `the population loss of a Hermite target is the mean over very many examples`(
    degree: Int, trainsReadouts: Bool
  ) {
    for isCentred in [true, false] {
      let sample = Variants.task(rate: trainsReadouts ? 0.01 : 0.05) {
        $0.target = .hermite(degree: degree)
        $0.trainsReadouts = trainsReadouts
        $0.isCentred = isCentred
        $0.labelScale = 0.8
      }
      var population = sample
      population.testLoss = .population
      let draws = Variants.draws(sample, directions: 2, testExamples: 200_000)
      var engine = DirectEngine<Double>(task: sample, draws: draws)
      var (double, single) = (
        DirectEngine<Double>(task: population, draws: draws),
        DirectEngine<Float>(task: population, draws: draws)
      )
      // At the start, where the centred loss is that of the labels, and later.
      for _ in 0..<2 {
        let expected = engine.evaluate().test
        let found = double.evaluate().test
        #expect((found - expected).magnitude < 0.04 * expected)
        #expect((single.evaluate().test - found).magnitude < 1e-4 * found)
        for _ in 0..<30 {
          _ = (engine.evaluate(), double.evaluate(), single.evaluate())
          engine.descend()
          double.descend()
          single.descend()
        }
      }
    }
  }

  @Test(arguments: Variants.closing, [1, 3])
  func `the reduced engine knows how far the weights are from where they started`(
    task: PolynomialRegressionTask, directions: Int
  ) throws {
    var task = task
    task.followsWeightChange = true
    let draws = Variants.draws(task, directions: directions)
    func compare(_ engine: consuming some TrainingEngine, within tolerance: Double) throws {
      var engine = engine
      var direct = DirectEngine<Double>(task: task, draws: draws)
      #expect(engine.observables()["relative_weight_change"] == 0)
      for _ in 0..<150 {
        _ = (engine.evaluate(), direct.evaluate())
        engine.descend()
        direct.descend()
        let found = try #require(engine.observables()["relative_weight_change"])
        let expected = try #require(direct.observables()["relative_weight_change"])
        #expect((found - expected).magnitude < tolerance * expected)
      }
    }
    for products in [ReducedEngine<Double>.Products.kernels, .blas] {
      try compare(
        ReducedEngine<Double>(task: task, draws: draws, products: products), within: 1e-9)
    }
    try compare(ReducedEngine<Float>(task: task, draws: draws), within: 1e-4)
  }

  @Test func `a run that is continued knows the whole change of its weights`() throws {
    let task = Variants.task { $0.followsWeightChange = true }
    var whole = ReducedEngine<Double>(task: task, draws: Variants.draws(task))
    for _ in 0..<20 {
      _ = whole.evaluate()
      whole.descend()
    }
    var restored = ReducedEngine<Double>(task: task, draws: Variants.draws(task))
    try restored.restore(Safetensors(tensors: whole.state(), metadata: [:]))
    _ = (whole.evaluate(), restored.evaluate())
    whole.descend()
    restored.descend()
    #expect(
      whole.observables()["relative_weight_change"]
        == restored.observables()["relative_weight_change"])
  }
}

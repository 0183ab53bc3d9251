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
}

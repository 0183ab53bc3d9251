import LinearAlgebra
import Networks
import Testing

@Suite struct PolynomialRegressionEnginesTests {
  static let sizes = PolynomialRegressionDraws.Sizes(
    inputDimension: 21, hiddenUnits: 35, trainExamples: 90, testExamples: 150)

  /// The largest relative difference of train and test losses over a number of steps.
  private func largestDifference(
    _ first: inout some TrainingEngine, _ second: inout some TrainingEngine, steps: Int
  ) -> (train: Double, test: Double) {
    var worst = (train: 0.0, test: 0.0)
    for _ in 0..<steps {
      let (left, right) = (first.evaluate(), second.evaluate())
      worst.train = max(worst.train, (left.train - right.train).magnitude / right.train)
      worst.test = max(worst.test, (left.test - right.test).magnitude / right.test)
      first.descend()
      second.descend()
    }
    return worst
  }

  @Test(arguments: [PolynomialRegressionTask.TestLoss.population, .sample])
  func `both engines have the same losses for two thousand steps`(
    testLoss: PolynomialRegressionTask.TestLoss
  ) {
    let task = PolynomialRegressionTask(
      alpha: 1.2, epsilon: 0.1, learningRate: 3, testLoss: testLoss)
    let draws = PolynomialRegressionDraws(sizes: Self.sizes, seed: 1)
    var direct = DirectEngine<Double>(task: task, draws: draws)
    var reduced = ReducedEngine<Double>(task: task, draws: draws)
    let start = reduced.evaluate()
    let worst = largestDifference(&direct, &reduced, steps: 2100)
    #expect(worst.train < 1e-9)
    #expect(worst.test < 1e-9)
    // The agreement means something only if the network has learned on the way.
    #expect(reduced.evaluate().train < start.train / 100)
  }

  @Test func `single precision follows double precision`() {
    let task = PolynomialRegressionTask(alpha: 1.2, epsilon: 0.1, learningRate: 3)
    let draws = PolynomialRegressionDraws(sizes: Self.sizes, seed: 2)
    var double = ReducedEngine<Double>(task: task, draws: draws)
    var reduced = ReducedEngine<Float>(task: task, draws: draws)
    var direct = DirectEngine<Float>(task: task, draws: draws)
    #expect(largestDifference(&reduced, &double, steps: 300).train < 1e-3)
    double = ReducedEngine<Double>(task: task, draws: draws)
    #expect(largestDifference(&direct, &double, steps: 300).train < 1e-3)
  }

  /// On processors without AVX-512 both would be BLAS.
  @Test(
    .enabled(if: ReducedKernels.areAvailable, "the kernels need AVX-512"),
    arguments: [(2, 3), (7, 13), (16, 48), (33, 70), (50, 100), (100, 97)])
  func `the kernels and BLAS take the same steps at any size`(dimension: Int, examples: Int) {
    let task = PolynomialRegressionTask(alpha: 0.9, epsilon: 0.2, learningRate: 2)
    let draws = PolynomialRegressionDraws(
      sizes: PolynomialRegressionDraws.Sizes(
        inputDimension: dimension, hiddenUnits: 20, trainExamples: examples), seed: 4)
    var kernels = ReducedEngine<Double>(task: task, draws: draws, products: .kernels)
    var blas = ReducedEngine<Double>(task: task, draws: draws, products: .blas)
    let worst = largestDifference(&kernels, &blas, steps: 100)
    #expect(worst.train < 1e-9 && worst.test < 1e-9)
    var single = ReducedEngine<Float>(task: task, draws: draws, products: .kernels)
    var singleBLAS = ReducedEngine<Float>(task: task, draws: draws, products: .blas)
    #expect(largestDifference(&single, &singleBLAS, steps: 20).train < 1e-3)
  }

  @Test(arguments: [0, 1, 2])
  func `the weight gradient is the slope of the train loss`(seed: Int) {
    let task = PolynomialRegressionTask(alpha: 0.8, epsilon: 0.4)
    let draws = PolynomialRegressionDraws(sizes: Self.sizes, seed: seed)
    var engine = DirectEngine<Double>(task: task, draws: draws)
    var generator = Xoshiro256(seed: UInt64(seed), stream: 77)
    let direction = Matrix<Double>(
      rows: 35, columns: 21,
      elements: NormalDeviates.array(count: 35 * 21, using: &generator))
    // Away from the initial state, where f − f₀ vanishes.
    engine.weights.add(direction, times: 0.3)
    let centre = engine.weights
    _ = engine.evaluate()
    let slope = zip(engine.weightGradient.elements, direction.elements).reduce(0) {
      $0 + $1.0 * $1.1
    }
    let distance = 1e-4
    func loss(at place: Double) -> Double {
      engine.weights = centre
      engine.weights.add(direction, times: place)
      return engine.evaluate().train
    }
    let difference = (loss(at: distance) - loss(at: -distance)) / (2 * distance)
    #expect((slope - difference).magnitude < 1e-5 * slope.magnitude)
  }

  @Test(arguments: [0.3, 2.0])
  func `a step follows the gradient with the learning rate of the paper`(alpha: Double) {
    let task = PolynomialRegressionTask(alpha: alpha, epsilon: 0.2, learningRate: 3)
    let draws = PolynomialRegressionDraws(sizes: Self.sizes, seed: 0)
    var engine = DirectEngine<Double>(task: task, draws: draws)
    _ = engine.evaluate()
    var expected = engine.weights
    expected.add(engine.weightGradient, times: -3 * 35 / (alpha * alpha))
    engine.descend()
    #expect(engine.weights == expected)
  }

  @Test func `the population loss is the mean over very many examples`() {
    let draws = PolynomialRegressionDraws(
      sizes: PolynomialRegressionDraws.Sizes(
        inputDimension: 6, hiddenUnits: 9, trainExamples: 20, testExamples: 400_000), seed: 3)
    func engine(_ testLoss: PolynomialRegressionTask.TestLoss) -> ReducedEngine<Double> {
      let task = PolynomialRegressionTask(
        alpha: 0.9, epsilon: 0.5, learningRate: 2, testLoss: testLoss)
      return ReducedEngine(task: task, draws: draws)
    }
    var (population, sample) = (engine(.population), engine(.sample))
    for _ in 0..<50 {
      _ = population.evaluate()
      _ = sample.evaluate()
      population.descend()
      sample.descend()
    }
    let (expected, found) = (population.evaluate().test, sample.evaluate().test)
    #expect((expected - found).magnitude < 0.02 * expected)
  }

  @Test func `the same draws give the same bits twice`() {
    let task = PolynomialRegressionTask(alpha: 1.2, epsilon: 0.1, learningRate: 3)
    func losses() -> [UInt64] {
      let draws = PolynomialRegressionDraws(sizes: Self.sizes, seed: 5)
      var engine = ReducedEngine<Float>(task: task, draws: draws)
      return (0..<100).flatMap { _ in
        let losses = engine.evaluate()
        engine.descend()
        return [losses.train.bitPattern, losses.test.bitPattern]
      }
    }
    #expect(losses() == losses())
  }
}

import LinearAlgebra
import Networks
import OrderedCollections
import Testing

/// The linearised network and regression with its kernel, against explicit Jacobians in every weight.
@Suite struct LinearisedNetworkTests {
  typealias TestLoss = PolynomialRegressionTask.TestLoss

  private static func task(
    rate: Double = 2, _ change: (inout PolynomialRegressionTask) -> Void
  ) -> PolynomialRegressionTask {
    var task = PolynomialRegressionTask(
      alpha: 1.3, epsilon: 0.3, learningRate: rate, testLoss: .sample)
    task.linearisation = .twin
    change(&task)
    return task
  }

  static let closing = [
    task { _ in },
    task { $0.isCentred = false },
    task(rate: 0.5) {
      $0.weightDecay = 1e-2
      $0.sigma = 1.5
    },
    task(rate: 0.3) {
      $0.target = .hermite(degree: 2)
      $0.isCentred = false
    },
  ]

  static let open = [
    task(rate: 0.2) {
      $0.momentum = 0.8
      $0.weightDecay = 1e-2
    },
    task(rate: 0.1) {
      $0.target = .hermite(degree: 2)
      $0.trainsReadouts = true
      $0.momentum = 0.5
      $0.weightDecay = 1e-2
    },
    task(rate: 0.05) { $0.target = .hermite(degree: 3) },
    task(rate: 0.01) {
      $0.target = .hermite(degree: 4)
      $0.trainsReadouts = true
      $0.isCentred = false
    },
  ]

  private func draws(
    _ task: PolynomialRegressionTask, units: Int = 8, train: Int = 13, test: Int = 11
  ) -> PolynomialRegressionDraws {
    var draws = PolynomialRegressionDraws(
      sizes: PolynomialRegressionDraws.Sizes(
        inputDimension: 5, hiddenUnits: units, trainExamples: train, testExamples: test,
        hasReadouts: task.trainsReadouts), seed: 1)
    draws.prepareWeights(for: task, interpolation: 0)
    return draws
  }

  private func run(
    _ engine: consuming some TrainingEngine, steps: Int
  ) -> OrderedDictionary<String, Double> {
    var engine = engine
    for _ in 0..<steps {
      _ = engine.evaluate()
      engine.descend()
    }
    return engine.observables()
  }

  @Test(arguments: closing + open)
  func `the twin takes the steps of gradient descent on the linearised loss`(
    task: PolynomialRegressionTask
  ) {
    let draws = draws(task)
    var twin = LinearisedTwin(task: task, draws: draws)
    let start = twin.losses
    for _ in 0..<120 { twin.descend() }
    let expected = twin.losses
    #expect(expected.train < 0.9 * start.train)
    func check(_ found: OrderedDictionary<String, Double>, within tolerance: Double) {
      let losses = (found["linearised_train_loss"] ?? 0, found["linearised_test_loss"] ?? 0)
      #expect((losses.0 - expected.train).magnitude < tolerance * expected.train)
      #expect((losses.1 - expected.test).magnitude < tolerance * expected.test)
    }
    check(run(DirectEngine<Double>(task: task, draws: draws), steps: 120), within: 1e-9)
    check(run(DirectEngine<Float>(task: task, draws: draws), steps: 120), within: 1e-9)
    guard task.closesOnMoments else { return }
    check(run(ReducedEngine<Float>(task: task, draws: draws), steps: 120), within: 1e-9)
  }

  @Test(arguments: closing + open.prefix(2))
  func `the twin's population loss is the mean over very many examples`(
    task: PolynomialRegressionTask
  ) {
    let draws = draws(task, test: 100_000)
    var population = task
    population.testLoss = .population
    func loss(_ task: PolynomialRegressionTask) -> Double {
      run(DirectEngine<Double>(task: task, draws: draws), steps: 40)["linearised_test_loss"] ?? 0
    }
    let (expected, found) = (loss(task), loss(population))
    #expect((found - expected).magnitude < 0.03 * expected)
    guard task.closesOnMoments else { return }
    let reduced = run(ReducedEngine<Double>(task: population, draws: draws), steps: 40)
    #expect(reduced["linearised_test_loss"] == found)
  }

  @Test(arguments: [10.0, 30.0])
  func `the lazier a network is, the closer its twin follows it`(alpha: Double) {
    func difference(_ alpha: Double) -> Double {
      let task = Self.task(rate: 0.5) { $0.alpha = alpha }
      var engine = DirectEngine<Double>(task: task, draws: draws(task))
      for _ in 0..<60 {
        _ = engine.evaluate()
        engine.descend()
      }
      let found = engine.observables()["linearised_test_loss"] ?? 0
      return (found - engine.evaluate().test).magnitude
    }
    // The distance falls as 1/α.
    let ratio = difference(alpha) / difference(2 * alpha)
    #expect(ratio > 1.7 && ratio < 2.4)
  }

  @Test(arguments: closing.prefix(2) + open.suffix(2))
  func `kernel regression is where the twin ends`(task: PolynomialRegressionTask) throws {
    var task = task
    task.linearisation = .regression
    task.learningRate = min(4 * task.learningRate, 0.5)
    // A few examples, so that the kernel is well conditioned.
    let draws = draws(task, units: 12, train: 3)
    let engine = DirectEngine<Double>(task: task, draws: draws)
    let found = try #require(engine.initialObservables()["kernel_regression_loss"])
    var twin = LinearisedTwin(task: task, draws: draws)
    for _ in 0..<40_000 { twin.descend() }
    #expect(twin.losses.train < 1e-14)
    #expect((found - twin.losses.test).magnitude < 1e-5 * found)
    // A regression has no twin beside the network.
    #expect(engine.observables()["linearised_train_loss"] == nil)
    if task.closesOnMoments {
      let reduced = ReducedEngine<Float>(task: task, draws: draws)
      #expect(reduced.initialObservables()["kernel_regression_loss"] == found)
    }
  }

  @Test func `regression without an inverse of the kernel is where gradient descent leads to`()
    throws
  {
    // One unit has as many weights as inputs have components, far fewer than there are examples.
    let task = Self.task(rate: 0.3) { _ in }
    let draws = draws(task, units: 1)
    let engine = DirectEngine<Double>(task: task, draws: draws)
    let found = try #require(engine.initialObservables()["kernel_regression_loss"])
    var twin = LinearisedTwin(task: task, draws: draws)
    for _ in 0..<20_000 { twin.descend() }
    #expect(twin.losses.train > 1e-3)
    #expect((found - twin.losses.test).magnitude < 1e-6 * found)
  }

  @Test func `nothing of it is computed unless it is asked for`() {
    var task = Self.task { _ in }
    task.linearisation = .none
    let engine = DirectEngine<Double>(task: task, draws: draws(task))
    #expect(engine.initialObservables().isEmpty)
    #expect(engine.observables()["linearised_test_loss"] == nil)
  }

  @Test(arguments: closing + open.prefix(2))
  func `a restored twin goes on to the bit`(task: PolynomialRegressionTask) throws {
    let draws = draws(task)
    var whole = DirectEngine<Double>(task: task, draws: draws)
    for _ in 0..<20 {
      _ = whole.evaluate()
      whole.descend()
    }
    var restored = DirectEngine<Double>(task: task, draws: draws)
    try restored.restore(Safetensors(tensors: whole.state(), metadata: [:]))
    for _ in 0..<20 {
      _ = (whole.evaluate(), restored.evaluate())
      whole.descend()
      restored.descend()
    }
    for name in ["linearised_train_loss", "linearised_test_loss"] {
      #expect(whole.observables()[name] == restored.observables()[name])
    }
  }
}

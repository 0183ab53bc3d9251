import LinearAlgebra
import Networks
import OrderedCollections
import Testing

/// Everything that a task may ask for beside the defaults, against the formulas on paper.
@Suite struct PolynomialRegressionVariantsTests {
  typealias TestLoss = PolynomialRegressionTask.TestLoss

  static func draws(
    _ task: PolynomialRegressionTask, directions: Int = 1, interpolation: Double = 0,
    units: Int = 14, testExamples: Int = 25, seed: Int = 1
  ) -> PolynomialRegressionDraws {
    var draws = PolynomialRegressionDraws(
      sizes: PolynomialRegressionDraws.Sizes(
        inputDimension: 9, hiddenUnits: units, trainExamples: 31, testExamples: testExamples,
        directions: directions, hasReadouts: task.trainsReadouts), seed: seed)
    draws.prepareWeights(for: task, interpolation: interpolation)
    return draws
  }

  static func task(
    rate: Double = 2, _ change: (inout PolynomialRegressionTask) -> Void
  ) -> PolynomialRegressionTask {
    var task = PolynomialRegressionTask(
      alpha: 1.3, epsilon: 0.3, learningRate: rate, testLoss: .sample)
    change(&task)
    return task
  }

  /// Tasks whose dynamics close on the moments.
  static let closing: [PolynomialRegressionTask] = [
    task { _ in },
    task(rate: 0.4) {
      $0.sigma = 0.5
      $0.labelScale = 2
    },
    task { $0.isCentred = false },
    task(rate: 0.5) {
      $0.weightDecay = 1e-3
      $0.sigma = 1.5
    },
    task(rate: 0.3) { $0.target = .hermite(degree: 2) },
    task(rate: 0.3) {
      $0.target = .hermite(degree: 2)
      $0.isCentred = false
      $0.labelScale = 0.7
    },
  ]

  static let open: [PolynomialRegressionTask] = [
    task(rate: 0.3) { $0.momentum = 0.9 },
    task(rate: 0.2) {
      $0.momentum = 0.8
      $0.weightDecay = 1e-3
      $0.trainsReadouts = true
      $0.isCentred = false
    },
    task(rate: 0.1) {
      $0.target = .hermite(degree: 2)
      $0.trainsReadouts = true
      $0.labelScale = 0.5
    },
    task(rate: 0.05) { $0.target = .hermite(degree: 3) },
    task(rate: 0.01) {
      $0.target = .hermite(degree: 4)
      $0.trainsReadouts = true
      $0.isCentred = false
    },
  ]

  /// The largest relative difference of the losses, and whether the network learned at all.
  private func compare(
    _ engine: consuming some TrainingEngine, _ twin: PolynomialRegressionTwin, steps: Int
  ) -> (difference: Double, share: Double) {
    var (engine, twin, worst) = (engine, twin, 0.0)
    let start = twin.loss(twin.train)
    for _ in 0..<steps {
      let found = engine.evaluate()
      let expected = (train: twin.loss(twin.train), test: twin.loss(twin.test))
      worst = max(
        worst, (found.train - expected.train).magnitude / expected.train,
        (found.test - expected.test).magnitude / expected.test)
      engine.descend()
      twin.descend()
    }
    return (worst, twin.loss(twin.train) / start)
  }

  @Test(arguments: closing + open, [1, 2])
  func `the direct engine takes the steps of the formulas`(
    task: PolynomialRegressionTask, directions: Int
  ) {
    let draws = Self.draws(task, directions: directions)
    let twin = PolynomialRegressionTwin(task: task, draws: draws)
    let found = compare(DirectEngine<Double>(task: task, draws: draws), twin, steps: 150)
    #expect(found.difference < 1e-9)
    // The agreement means something only if the network has learned on the way.
    #expect(found.share < 0.9)
    let single = compare(DirectEngine<Float>(task: task, draws: draws), twin, steps: 20)
    #expect(single.difference < 1e-3)
  }

  @Test(arguments: closing, [1, 3])
  func `the reduced engine takes the same steps wherever the dynamics close`(
    task: PolynomialRegressionTask, directions: Int
  ) {
    let draws = Self.draws(task, directions: directions)
    let twin = PolynomialRegressionTwin(task: task, draws: draws)
    for products in [ReducedEngine<Double>.Products.kernels, .blas] {
      let engine = ReducedEngine<Double>(task: task, draws: draws, products: products)
      #expect(compare(engine, twin, steps: 150).difference < 1e-9)
    }
  }

  @Test(arguments: closing, [1, 3])
  func `two hidden units close on their moments as many do`(
    task: PolynomialRegressionTask, directions: Int
  ) {
    var task = task
    task.learningRate /= 4
    let draws = Self.draws(task, directions: directions, units: 2)
    let twin = PolynomialRegressionTwin(task: task, draws: draws)
    #expect(
      compare(ReducedEngine<Double>(task: task, draws: draws), twin, steps: 60).difference < 1e-9)
  }

  @Test(arguments: closing + open.prefix(3), [1, 2])
  func `the population loss is the mean over very many examples`(
    task: PolynomialRegressionTask, directions: Int
  ) throws {
    let many = Self.draws(task, directions: directions, testExamples: 200_000)
    var population = task
    population.testLoss = .population
    func losses(_ engine: consuming some TrainingEngine) -> (test: Double, parts: [Double]) {
      var engine = engine
      for _ in 0..<30 {
        _ = engine.evaluate()
        engine.descend()
      }
      let observables = engine.observables()
      let parts = ["variance", "misalignment", "linear_power"].compactMap { observables[$0] }
      return (engine.evaluate().test, parts)
    }
    let sample = losses(DirectEngine<Double>(task: task, draws: many)).test
    let direct = losses(DirectEngine<Double>(task: population, draws: many))
    #expect((sample - direct.test).magnitude < 0.03 * sample)
    #expect(direct.parts.count == 3)
    #expect((direct.parts.reduce(0, +) - direct.test).magnitude < 1e-12 * direct.test)
    guard task.closesOnMoments else { return }
    let reduced = losses(ReducedEngine<Double>(task: population, draws: many))
    #expect((reduced.test - direct.test).magnitude < 1e-9 * direct.test)
    for (left, right) in zip(reduced.parts, direct.parts) {
      #expect((left - right).magnitude < 1e-9 * direct.test)
    }
  }

  @Test(arguments: open, [0, 1, 2])
  func `both gradients are the slopes of the train loss`(
    task: PolynomialRegressionTask, seed: Int
  ) {
    let draws = Self.draws(task, directions: 2, seed: seed)
    var engine = DirectEngine<Double>(task: task, draws: draws)
    var generator = Xoshiro256(seed: UInt64(seed), stream: 77)
    func direction(like matrix: Matrix<Double>) -> Matrix<Double> {
      Matrix<Double>(
        rows: matrix.rows, columns: matrix.columns,
        elements: NormalDeviates.array(
          count: matrix.rows * matrix.columns, using: &generator))
    }
    let directions = (direction(like: engine.weights), direction(like: engine.readouts))
    // Away from the initial state, where f − f₀ vanishes.
    engine.weights.add(directions.0, times: 0.2)
    let centre = (engine.weights, engine.readouts)
    _ = engine.evaluate()
    func product(_ left: Matrix<Double>, _ right: Matrix<Double>) -> Double {
      zip(left.elements, right.elements).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let slopes = [
      product(engine.weightGradient, directions.0), product(engine.readoutGradient, directions.1),
    ]
    // Each by itself: an error in one cannot hide behind the other's slope.
    func loss(_ weights: Double, _ readouts: Double) -> Double {
      engine.weights = centre.0
      engine.readouts = centre.1
      engine.weights.add(directions.0, times: weights)
      engine.readouts.add(directions.1, times: readouts)
      return engine.evaluate().train
    }
    let h = 1e-5
    let differences = [
      (loss(h, 0) - loss(-h, 0)) / (2 * h), (loss(0, h) - loss(0, -h)) / (2 * h),
    ]
    for (slope, difference) in zip(slopes, differences).prefix(task.trainsReadouts ? 2 : 1) {
      #expect((slope - difference).magnitude < 1e-5 * slope.magnitude)
    }
  }

  @Test(arguments: closing + open, [TestLoss.sample, .population])
  func `alignment is that of the kernel of all gradients, on test or else on train examples`(
    task: PolynomialRegressionTask, testLoss: TestLoss
  ) {
    var task = task
    task.testLoss = task.isQuadratic ? testLoss : .sample
    let draws = Self.draws(task, directions: 2)
    let twin = PolynomialRegressionTwin(task: task, draws: draws)
    func compare(_ engine: consuming some TrainingEngine, within tolerance: Double) {
      var (engine, twin) = (engine, twin)
      // At the start and later, when w̄ is no longer near 0.
      for _ in 0..<2 {
        let expected = twin.alignments(on: task.testLoss == .sample ? twin.test : twin.train)
        let found = engine.costlyObservables()
        #expect(abs((found["alignment"] ?? 0) - expected.printed) < tolerance)
        #expect(abs((found["centred_alignment"] ?? 0) - expected.centred) < tolerance)
        for _ in 0..<20 {
          _ = engine.evaluate()
          engine.descend()
          twin.descend()
        }
      }
    }
    compare(DirectEngine<Double>(task: task, draws: draws), within: 1e-9)
    compare(DirectEngine<Float>(task: task, draws: draws), within: 1e-3)
    guard task.closesOnMoments else { return }
    compare(ReducedEngine<Double>(task: task, draws: draws), within: 1e-9)
    compare(ReducedEngine<Float>(task: task, draws: draws), within: 1e-3)
  }

  @Test func `alignment takes at most the first thousand examples`() {
    let task = Self.task { $0.testLoss = .population }
    func alignment(examples: Int) -> [Double] {
      let draws = PolynomialRegressionDraws(
        sizes: PolynomialRegressionDraws.Sizes(
          inputDimension: 3, hiddenUnits: 5, trainExamples: examples), seed: 2)
      let observables = ReducedEngine<Double>(task: task, draws: draws).costlyObservables()
      return ["alignment", "centred_alignment"].compactMap { observables[$0] }
    }
    #expect(alignment(examples: 1300) == alignment(examples: 1000))
    #expect(alignment(examples: 1000) != alignment(examples: 999))
  }

  @Test(arguments: [0.7, 1.0, 3.0])
  func `interpolated all the way the network is its target`(labelScale: Double) {
    let task = Self.task {
      $0.isCentred = false
      $0.labelScale = labelScale
    }
    let full = Self.draws(task, interpolation: 1)
    var engine = DirectEngine<Double>(task: task, draws: full)
    let losses = engine.evaluate()
    #expect(losses.train < 1e-20 && losses.test < 1e-20)
    // Half way, weights are the means of both ends.
    let (half, none) = (Self.draws(task, interpolation: 0.5), Self.draws(task))
    for unit in 0..<14 {
      let mean = (full.weights[unit, 3] + none.weights[unit, 3]) / 2
      #expect((half.weights[unit, 3] - mean).magnitude < 1e-12)
    }
  }

  @Test func `more directions and readouts keep what a seed draws without them`() {
    var task = Self.task { _ in }
    let plain = Self.draws(task)
    task.trainsReadouts = true
    let more = Self.draws(task, directions: 3)
    #expect(plain.weights == more.weights && plain.examples == more.examples)
    #expect((0..<9).allSatisfy { plain.target[0, $0] == more.target[0, $0] })
    #expect(plain.readouts == nil && more.readouts?.columns == 14)
  }

  @Test func `weights of scale sigma learn as unit weights with alpha, epsilon and rate scaled`() {
    // f of σ w with α/σ and ε/σ is f of w; its gradient by w is σ times that by σ w.
    let sigma = 2.0
    let scaled = Self.task(rate: 2 * sigma * sigma) {
      $0.alpha = 1.3 / sigma
      $0.epsilon = 0.3 / sigma
      $0.sigma = sigma
    }
    let unit = Self.task { _ in }
    var left = ReducedEngine<Double>(task: scaled, draws: Self.draws(scaled))
    var right = ReducedEngine<Double>(task: unit, draws: Self.draws(unit))
    for _ in 0..<100 {
      let (one, other) = (left.evaluate(), right.evaluate())
      #expect((one.train - other.train).magnitude < 1e-9 * one.train)
      left.descend()
      right.descend()
    }
  }
}

import LinearAlgebra
import Networks
import OrderedCollections
import Testing

@Suite struct ModularMLPEngineTests {
  /// The largest relative difference to the twin's losses, and how many steps had other accuracies.
  private func differences<Scalar: BLASScalar>(
    _ engine: inout ModularMLPEngine<Scalar>, _ twin: inout ModularMLPTwin, steps: Int
  ) -> (loss: Double, accuracies: Int) {
    var (worst, others) = (0.0, 0)
    for _ in 0..<steps {
      let losses = engine.evaluate()
      let (train, test) = (twin.measure(twin.train), twin.measure(twin.test))
      worst = max(
        worst, (losses.train - train.loss).magnitude / train.loss,
        (losses.test - test.loss).magnitude / test.loss)
      if engine.accuracies?.train != train.accuracy || engine.accuracies?.test != test.accuracy {
        others += 1
      }
      engine.descend()
      twin.descend()
    }
    return (worst, others)
  }

  private func largestDifference<Scalar: BLASScalar>(
    _ engine: ModularMLPEngine<Scalar>, _ twin: ModularMLPTwin
  ) -> Double {
    var worst = 0.0
    for (n, row) in twin.first.enumerated() {
      for (token, weight) in row.enumerated() {
        worst = max(worst, (Double(engine.embedding[token, n]) - weight).magnitude)
      }
    }
    for (c, row) in twin.second.enumerated() {
      for (n, weight) in row.enumerated() {
        worst = max(worst, (Double(engine.readout[c, n]) - weight).magnitude)
      }
    }
    return worst
  }

  private func draws(
    modulus: Int = 7, units: Int = 19, fraction: Double = 0.8, seed: Int = 1
  ) -> ModularMLPDraws {
    ModularMLPDraws(
      sizes: ModularMLPDraws.Sizes(
        modulus: modulus, hiddenUnits: units, trainFraction: fraction), seed: seed)
  }

  @Test(arguments: [
    ModularMLPTask(alpha: 1, learningRate: 20),
    ModularMLPTask(alpha: 0.5, learningRate: 4, weightDecay: 1e-5),
    ModularMLPTask(alpha: 2, learningRate: 8, weightDecay: 1e-5, momentum: 0.9),
    ModularMLPTask(alpha: 1, learningRate: 5, momentum: 0.8),
  ])
  func `look-ups and products take the steps of one-hot vectors and loops`(task: ModularMLPTask) {
    let draws = draws()
    var engine = ModularMLPEngine<Double>(task: task, draws: draws)
    var twin = ModularMLPTwin(task: task, draws: draws)
    let start = engine.evaluate().train
    let found = differences(&engine, &twin, steps: 600)
    #expect(found.loss < 1e-9)
    #expect(found.accuracies == 0)
    #expect(largestDifference(engine, twin) < 1e-9)
    // The agreement means something only if the network has learned on the way.
    #expect(engine.evaluate().train < start * 0.8)
  }

  @Test(arguments: [(2, 1), (3, 5), (5, 16), (16, 17), (17, 40)])
  func `any modulus and width take the twin's steps`(modulus: Int, units: Int) {
    let draws = draws(modulus: modulus, units: units, fraction: 0.6)
    let task = ModularMLPTask(alpha: 1, learningRate: 3)
    var engine = ModularMLPEngine<Double>(task: task, draws: draws)
    var twin = ModularMLPTwin(task: task, draws: draws)
    let found = differences(&engine, &twin, steps: 20)
    #expect(found.loss < 1e-9)
    #expect(found.accuracies == 0)
    #expect(largestDifference(engine, twin) < 1e-9)
  }

  @Test func `alignment is that of the kernel that all slopes of all outputs make`() {
    let draws = draws(modulus: 5, units: 7, fraction: 0.5)
    let task = ModularMLPTask(alpha: 1.5, learningRate: 3)
    var engine = ModularMLPEngine<Double>(task: task, draws: draws)
    var twin = ModularMLPTwin(task: task, draws: draws)
    for _ in 0..<20 {
      let found = engine.costlyObservables()
      let expected = twin.alignments(twin.test)
      #expect(abs((found["alignment"] ?? 0) - expected.plain) < 1e-10)
      #expect(abs((found["centred_alignment"] ?? 0) - expected.centred) < 1e-10)
      _ = engine.evaluate()
      engine.descend()
      twin.descend()
    }
  }

  @Test func `single precision follows the twin`() {
    let draws = draws()
    let task = ModularMLPTask(alpha: 1, learningRate: 20)
    var engine = ModularMLPEngine<Float>(task: task, draws: draws)
    var twin = ModularMLPTwin(task: task, draws: draws)
    #expect(differences(&engine, &twin, steps: 200).loss < 1e-5)
    #expect(largestDifference(engine, twin) < 1e-5)
  }

  @Test func `examples that pass in several blocks count as those of one`() {
    // 23² · 0.99 = 523 pairs are more than the 120 of a block at most.
    let draws = draws(modulus: 23, units: 6, fraction: 0.99)
    let task = ModularMLPTask(alpha: 1, learningRate: 10)
    var engine = ModularMLPEngine<Double>(task: task, draws: draws)
    var twin = ModularMLPTwin(task: task, draws: draws)
    let found = differences(&engine, &twin, steps: 3)
    #expect(found.loss < 1e-9)
    #expect(largestDifference(engine, twin) < 1e-9)
  }

  @Test(arguments: [0, 1, 2])
  func `the gradient is the slope of the train loss`(seed: Int) {
    let draws = draws(modulus: 11, units: 21, seed: seed)
    var engine = ModularMLPEngine<Double>(task: ModularMLPTask(alpha: 1.5), draws: draws)
    var generator = Xoshiro256(seed: UInt64(seed), stream: 77)
    func direction(like matrix: Matrix<Double>) -> Matrix<Double> {
      Matrix<Double>(
        rows: matrix.rows, columns: matrix.columns,
        elements: NormalDeviates.array(
          count: matrix.rows * matrix.columns, using: &generator))
    }
    let directions = (
      embedding: direction(like: engine.embedding), readout: direction(like: engine.readout)
    )
    let centre = (embedding: engine.embedding, readout: engine.readout)
    _ = engine.evaluate()
    let gradient = engine.gradient
    func product(_ left: Matrix<Double>, _ right: Matrix<Double>) -> Double {
      zip(left.elements, right.elements).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let slopes = (
      embedding: product(gradient.embedding, directions.embedding),
      readout: product(gradient.readout, directions.readout)
    )
    // Each layer by itself: an error in one cannot hide behind the other's slope.
    func loss(_ shares: (embedding: Double, readout: Double)) -> Double {
      engine.embedding = centre.embedding
      engine.readout = centre.readout
      engine.embedding.add(directions.embedding, times: shares.embedding)
      engine.readout.add(directions.readout, times: shares.readout)
      return engine.evaluate().train
    }
    let h = 1e-4
    let differences = (
      embedding: (loss((h, 0)) - loss((-h, 0))) / (2 * h),
      readout: (loss((0, h)) - loss((0, -h))) / (2 * h)
    )
    let misses = (
      embedding: (slopes.embedding - differences.embedding).magnitude,
      readout: (slopes.readout - differences.readout).magnitude
    )
    #expect(misses.embedding < 1e-5 * slopes.embedding.magnitude)
    #expect(misses.readout < 1e-5 * slopes.readout.magnitude)
  }

  @Test func `weights of scale sigma learn as unit weights with alpha and rate scaled`() {
    let sizes = ModularMLPDraws.Sizes(modulus: 7, hiddenUnits: 19, trainExamples: 40)
    let sigma = 1.3
    var scaled = ModularMLPEngine<Double>(
      task: ModularMLPTask(alpha: 0.9, learningRate: 15),
      draws: ModularMLPDraws(sizes: sizes, sigma: sigma, seed: 2))
    let power = sigma * sigma * sigma
    var unit = ModularMLPEngine<Double>(
      task: ModularMLPTask(alpha: 0.9 * power, learningRate: 15 * power * sigma),
      draws: ModularMLPDraws(sizes: sizes, seed: 2))
    for _ in 0..<200 {
      let (left, right) = (scaled.evaluate(), unit.evaluate())
      #expect((left.train - right.train).magnitude < 1e-9 * right.train)
      scaled.descend()
      unit.descend()
    }
  }

  @Test func `an accuracy counts labels whose output is above all others`() throws {
    // p = 2, N = 1, all weights 1: every output is the same, so no label is above the other.
    let ones = Matrix<Double>(rows: 4, columns: 1, elements: [1.0, 1, 1, 1])
    let readout = Matrix<Double>(rows: 2, columns: 1, elements: [1.0, 1])
    let draws = ModularMLPDraws(embedding: ones, readout: readout, trainPairs: [0, 1, 3])
    var engine = ModularMLPEngine<Double>(task: ModularMLPTask(), draws: draws)
    _ = engine.evaluate()
    #expect(try #require(engine.accuracies) == (train: 0, test: 0))
    // Class 1 above class 0: right for 0 + 1, wrong for 0 + 0 and 1 + 1; the test pair is 1 + 0.
    engine.readout = Matrix<Double>(rows: 2, columns: 1, elements: [-2.0, -1])
    _ = engine.evaluate()
    #expect(try #require(engine.accuracies) == (train: 1.0 / 3, test: 1))
    engine.readout = Matrix<Double>(rows: 2, columns: 1, elements: [.nan, 1])
    _ = engine.evaluate()
    #expect(try #require(engine.accuracies) == (train: 0, test: 0))
  }
}

import Experiments
import Foundation
import LinearAlgebra
import Testing

import Networks

@Suite struct TransformerEngineTests {
  /// Small networks of every kind.
  static let shapes = [
    small(),
    small(norm: .pre, hasBiases: true, sequence: .pair),
    small(norm: .none, isCausal: true, hasTokenLogits: true),
    small(positions: .sinusoidal, isCausal: true, hasBiases: false, sequence: .statement),
    small(layers: 3, norm: .pre, isCausal: true, hasBiases: false, hasTokenLogits: true),
    small(layers: 1, norm: .pre, positions: .sinusoidal, sequence: .statement),
    small(layers: 1, sequence: .pair),
    small(layers: 1, width: 1, heads: 1, feedForward: 1, norm: .none, isCausal: true),
    small(layers: 2, width: 34, heads: 2, feedForward: 33, isCausal: true),
    small(activation: .gelu),
    small(activation: .gelu, norm: .pre, sequence: .pair),
    small(activation: .gelu, norm: .none, isCausal: true, hasBiases: false, sequence: .statement),
    small(layers: 1, activation: .tanh, norm: .pre),
    small(layers: 1, activation: .square, norm: .none, hasBiases: false),
  ]

  static func small(
    layers: Int = 2, width: Int = 12, heads: Int = 3, feedForward: Int = 17,
    activation: Activation = .relu, norm: TransformerShape.Norm = .post,
    positions: TransformerShape.Positions = .learned,
    isCausal: Bool = false, hasBiases: Bool = true,
    sequence: TransformerShape.Sequence = .equation, hasTokenLogits: Bool = false
  ) -> TransformerShape {
    TransformerShape(
      modulus: 5, layers: layers, width: width, heads: heads, feedForward: feedForward,
      activation: activation, norm: norm, positions: positions, isCausal: isCausal,
      hasBiases: hasBiases, sequence: sequence,
      hasTokenLogits: hasTokenLogits)
  }

  /// Draws whose vectors are neither 0 nor 1: there a mistake with them would not show.
  static func draws(
    _ shape: TransformerShape = small(), operation: BinaryOperation = .subtraction,
    fraction: Double = 0.6, seed: Int = 1
  ) -> TransformerDraws {
    let split = PairSplit(
      operation, modulus: shape.modulus,
      trainExamples: PairSplit.trainExamples(fraction, of: operation, modulus: shape.modulus),
      seed: seed)
    let drawn = TransformerDraws(shape, seed: seed, split: split)
    var generator = Xoshiro256(seed: UInt64(seed), stream: 99)
    let weights = drawn.weights.map { tensor in
      guard tensor.shape.count == 1, case .float64(let old) = tensor.elements else { return tensor }
      let moved = zip(
        old, NormalDeviates.array(count: old.count, scale: 0.3, using: &generator)
      ).map { $0 + $1 }
      return Tensor(name: tensor.name, shape: tensor.shape, elements: .float64(moved))
    }
    return TransformerDraws(shape, weights: weights, split: split)
  }

  private static func elements(_ tensor: Tensor) -> [Double] {
    switch tensor.elements {
    case .float32(let elements): elements.map { Double($0) }
    case .float64(let elements): elements
    }
  }

  /// ‖left − right‖ over ‖right‖.
  private static func miss(_ left: [Double], _ right: [Double]) -> Double {
    let difference = zip(left, right).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (difference / right.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }

  /// Expects the twin's slope in the direction of the gradient to be the gradient's squared norm.
  private func expectSlope(
    of engine: TransformerEngine<Double>, _ task: TransformerTask, _ draws: TransformerDraws,
    _ examples: [Int]
  ) {
    let gradient = OneLayerTransformerTwin.rows(engine.gradient)
    func loss(_ shift: Double) -> Double {
      var twin = TransformerTwin(task: task, draws: draws)
      twin.weights = OneLayerTransformerTwin.rows(engine.weights).merging(gradient) { old, slopes in
        zip(old, slopes).map { zip($0, $1).map { $0 + shift * $1 } }
      }
      return twin.measure(twin.train, examples).loss
    }
    let h = 1e-5
    let slope = (loss(h) - loss(-h)) / (2 * h)
    let square = gradient.values.joined().joined().reduce(0) { $0 + $1 * $1 }
    #expect((slope - square).magnitude < 1e-6 * square)
  }

  @Test(arguments: shapes)
  func `rows that examples share give the losses of loops over every example`(
    shape: TransformerShape
  ) {
    let draws = Self.draws(shape)
    let task = TransformerTask(alpha: 1.3, batchSize: 1000, learningRate: 3e-3, warmUp: 3)
    var engine = TransformerEngine<Double>(task: task, draws: draws)
    var twin = TransformerTwin(task: task, draws: draws)
    for step in 0...40 {
      let losses = engine.evaluate()
      if step.isMultiple(of: 20) {
        twin.weights = OneLayerTransformerTwin.rows(engine.weights)
        let (train, test) = (twin.measure(twin.train), twin.measure(twin.test))
        #expect((losses.train - train.loss).magnitude < 1e-10 * train.loss)
        #expect((losses.test - test.loss).magnitude < 1e-10 * test.loss)
        #expect(engine.accuracies?.train == train.accuracy)
        #expect(engine.accuracies?.test == test.accuracy)
      }
      engine.descend()
    }
  }

  @Test(arguments: shapes)
  func `each weight's gradient is the slope of the twin's loss`(shape: TransformerShape) {
    let draws = Self.draws(shape)
    let task = TransformerTask(alpha: 1.3, batchSize: 1000)
    var engine = TransformerEngine<Double>(task: task, draws: draws)
    _ = engine.evaluate()
    let twin = TransformerTwin(task: task, draws: draws)
    for gradient in engine.gradient {
      let columns = gradient.shape[gradient.shape.count - 1]
      var (misses, norm) = (0.0, 0.0)
      // Of large matrices some weights; the first and the last row and column are among them.
      let all = Self.elements(gradient)
      let step = max(all.count / 12, 1)
      for (index, slope) in all.enumerated() where index % step == 0 || index == all.count - 1 {
        func loss(_ shift: Double) -> Double {
          var moved = twin
          moved.weights[gradient.name]?[index / columns][index % columns] += shift
          return moved.measure(moved.train).loss
        }
        let h = 1e-5
        let difference = (loss(h) - loss(-h)) / (2 * h)
        misses += (slope - difference) * (slope - difference)
        norm += difference * difference
      }
      #expect(misses.squareRoot() < 1e-6 * norm.squareRoot() + 2e-10, "\(gradient.name)")
    }
  }

  @Test(arguments: shapes)
  func `sharing changes nothing but the time`(shape: TransformerShape) {
    let draws = Self.draws(shape, fraction: 0.9)
    let task = TransformerTask(batchSize: 7)
    var shared = TransformerEngine<Double>(task: task, draws: draws)
    var single = TransformerEngine<Double>(task: task, draws: draws, isShared: false)
    for _ in 0..<5 {
      let (found, expected) = (shared.evaluate(), single.evaluate())
      #expect((found.train - expected.train).magnitude < 1e-12 * expected.train)
      #expect((found.test - expected.test).magnitude < 1e-12 * expected.test)
      let whole = single.gradient.flatMap(Self.elements).reduce(0) { $0 + $1 * $1 }.squareRoot()
      for (left, right) in zip(shared.gradient, single.gradient) {
        let difference = zip(Self.elements(left), Self.elements(right))
          .reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        #expect(difference < 1e-12 * whole, "\(right.name)")
      }
      shared.descend()
      single.descend()
    }
  }

  @Test func `a step takes the slope of its own batch, and an epoch takes every example once`() {
    let draws = Self.draws(fraction: 0.9)
    let task = TransformerTask(batchSize: 9, learningRate: 1e-3, weightDecay: 0, seed: 4)
    #expect(draws.split.train.count == 22)
    var batches = MiniBatches(count: 22, size: 9, seed: 4)
    var orders: Set<[Int32]> = []
    var engine = TransformerEngine<Double>(task: task, draws: draws)
    for epoch in 0..<3 {
      var taken: [Int32] = []
      for batch in 0..<3 {
        let range = batches.take(step: 3 * epoch + batch)
        let examples = batches.order[range].map { Int($0) }
        #expect(examples.count == [9, 9, 4][batch])
        taken += batches.order[range]
        engine.prepare()
        expectSlope(of: engine, task, draws, examples)
        engine.descend()
      }
      #expect(taken.sorted() == (0..<22).map { Int32($0) })
      orders.insert(taken)
    }
    #expect(orders.count == 3)
  }

  @Test func `blocks of examples count as one`() {
    // 23² · 0.98 = 518 pairs are more than the 512 of a block.
    let shape = TransformerShape(modulus: 23, layers: 1, width: 8, heads: 2, feedForward: 8)
    let draws = Self.draws(shape, fraction: 0.98)
    let task = TransformerTask(batchSize: 10_000)
    var engine = TransformerEngine<Double>(task: task, draws: draws)
    let loss = engine.evaluate().train
    let expected = TransformerTwin(task: task, draws: draws).measure(draws.split.train).loss
    #expect((loss - expected).magnitude < 1e-11 * expected)
    expectSlope(of: engine, task, draws, Array(0..<518))
  }

  @Test func `the gradient in single precision is that in double precision, at the full size`() {
    useOneBLASThread()
    let shapes = [
      TransformerShape(),
      TransformerShape(
        positions: .sinusoidal, isCausal: true, hasBiases: false, sequence: .statement,
        hasTokenLogits: true),
      TransformerShape(feedForward: 256, activation: .gelu, norm: .pre, sequence: .pair),
    ]
    for shape in shapes {
      let split = PairSplit(.addition, modulus: 97, trainExamples: 600, seed: 0)
      let draws = TransformerDraws(shape, seed: 3, split: split)
      var single = TransformerEngine<Float>(task: TransformerTask(), draws: draws)
      var double = TransformerEngine<Double>(task: TransformerTask(), draws: draws)
      let (found, expected) = (single.evaluate(), double.evaluate())
      #expect((found.train - expected.train).magnitude < 1e-6 * expected.train)
      #expect((found.test - expected.test).magnitude < 1e-6 * expected.test)
      let whole = double.gradient.flatMap(Self.elements).reduce(0) { $0 + $1 * $1 }.squareRoot()
      for (left, right) in zip(single.gradient, double.gradient) {
        let (values, references) = (Self.elements(left), Self.elements(right))
        let norm = references.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(
          Self.miss(values, references) * norm < 1e-5 * max(norm, whole / 1000), "\(right.name)")
      }
    }
  }

  @Test(arguments: [7, 1000])
  func `restored, an engine goes on to the bit, and refuses what does not fit`(
    batchSize: Int
  ) throws {
    let draws = Self.draws()
    let task = TransformerTask(batchSize: batchSize, warmUp: 4)
    var engine = TransformerEngine<Float>(task: task, draws: draws)
    func advance(_ engine: inout TransformerEngine<Float>) -> [Double] {
      (0..<20).map { _ in
        defer { engine.descend() }
        return engine.evaluate().train
      }
    }
    _ = advance(&engine)
    let state = Safetensors(tensors: engine.state())
    var other = TransformerEngine<Float>(task: task, draws: draws)
    try other.restore(try Safetensors(bytes: state.bytes))
    #expect(advance(&other) == advance(&engine))
    #expect(other.weights == engine.weights)
    var wider = TransformerEngine<Float>(task: task, draws: Self.draws(Self.small(width: 15)))
    #expect(throws: SafetensorsError("embedding.weight is [6 × 12], [6 × 15] is needed")) {
      try wider.restore(state)
    }
  }
}

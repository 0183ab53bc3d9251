import Experiments
import Foundation
import LinearAlgebra
import Networks
import Testing

@Suite struct OneLayerTransformerEngineTests {
  typealias Sizes = OneLayerTransformerDraws.Sizes

  /// Draws whose biases are not zero either: at zero a mistake with them would not show.
  static func draws(
    _ sizes: Sizes = Sizes(modulus: 7, width: 12, heads: 3, hiddenUnits: 17),
    operation: BinaryOperation = .addition, fraction: Double = 0.6, seed: Int = 1
  ) -> OneLayerTransformerDraws {
    let split = PairSplit(
      operation, modulus: sizes.modulus,
      trainExamples: PairSplit.trainExamples(fraction, of: operation, modulus: sizes.modulus),
      seed: seed)
    let drawn = OneLayerTransformerDraws(sizes: sizes, seed: seed, split: split)
    var generator = Xoshiro256(seed: UInt64(seed), stream: 99)
    let weights = drawn.weights.map { tensor in
      tensor.shape.count == 2
        ? tensor
        : Tensor(
          name: tensor.name, shape: tensor.shape,
          elements: .float64(
            NormalDeviates.array(count: tensor.shape[0], scale: 0.3, using: &generator)))
    }
    return OneLayerTransformerDraws(sizes: sizes, weights: weights, split: split)
  }

  private static func elements(_ tensor: Tensor) -> [Double] {
    switch tensor.elements {
    case .float32(let elements): elements.map { Double($0) }
    case .float64(let elements): elements
    }
  }

  @Test(arguments: [
    OneLayerTransformerTask(warmUp: 0),
    OneLayerTransformerTask(alpha: 0.4, isCentred: true, learningRate: 3e-3, warmUp: 5),
    OneLayerTransformerTask(
      alpha: 2, optimiser: .momentum(0.9), learningRate: 0.05, weightDecay: 1e-3, warmUp: 3),
  ])
  func `tables and folded products give the losses of three tokens and loops`(
    task: OneLayerTransformerTask
  ) {
    let draws = Self.draws()
    var engine = OneLayerTransformerEngine<Double>(task: task, draws: draws)
    var twin = OneLayerTransformerTwin(task: task, draws: draws)
    let start = engine.evaluateTrain()
    for step in 0..<300 {
      let losses = engine.evaluate()
      if step.isMultiple(of: 20) {
        twin.weights = OneLayerTransformerTwin.rows(engine.weights)
        let (train, test) = (
          twin.measure(twin.train, isTrain: true), twin.measure(twin.test, isTrain: false)
        )
        #expect((losses.train - train.loss).magnitude < 1e-10 * train.loss)
        #expect((losses.test - test.loss).magnitude < 1e-10 * test.loss)
        #expect(engine.accuracies?.train == train.accuracy)
        #expect(engine.accuracies?.test == test.accuracy)
      }
      engine.descend()
    }
    // The agreement means something only if the network has learned on the way.
    #expect(engine.evaluateTrain() < 0.7 * start)
  }

  @Test(arguments: [
    Sizes(modulus: 2, width: 1, heads: 1, hiddenUnits: 1),
    Sizes(modulus: 3, width: 4, heads: 4, hiddenUnits: 16),
    Sizes(modulus: 5, width: 32, heads: 2, hiddenUnits: 15),
    Sizes(modulus: 16, width: 20, heads: 4, hiddenUnits: 33),
    Sizes(modulus: 23, width: 17, heads: 1, hiddenUnits: 40),
  ])
  func `any shape and operation gives the losses of the twin`(sizes: Sizes) {
    for operation in [BinaryOperation.subtraction, .cubicAndSecond] {
      let draws = Self.draws(sizes, operation: operation, fraction: 0.7)
      let task = OneLayerTransformerTask(alpha: 1.5)
      var engine = OneLayerTransformerEngine<Double>(task: task, draws: draws)
      let twin = OneLayerTransformerTwin(task: task, draws: draws)
      let losses = engine.evaluate()
      let (train, test) = (
        twin.measure(twin.train, isTrain: true), twin.measure(twin.test, isTrain: false)
      )
      #expect((losses.train - train.loss).magnitude < 1e-11 * train.loss)
      #expect((losses.test - test.loss).magnitude < 1e-11 * test.loss)
      #expect(engine.accuracies?.test == test.accuracy)
    }
  }

  @Test(arguments: [
    ("W_E", 0), ("W_pos", 1), ("W_Q", 2), ("W_K", 3), ("W_V", 4), ("W_O", 5), ("W_in", 6),
    ("b_in", 7), ("W_out", 8), ("b_out", 9), ("W_U", 10),
  ])
  func `each weight's gradient is the slope of the twin's loss`(name: String, place: Int) throws {
    for task in [
      OneLayerTransformerTask(), OneLayerTransformerTask(alpha: 1.7, isCentred: true),
    ] {
      let draws = Self.draws(Sizes(modulus: 5, width: 6, heads: 2, hiddenUnits: 9))
      var engine = OneLayerTransformerEngine<Double>(task: task, draws: draws)
      var twin = OneLayerTransformerTwin(task: task, draws: draws)
      // Away from the initial state, where a centred predictor is zero whatever the weights are.
      for _ in 0..<30 {
        _ = engine.evaluateTrain()
        engine.descend()
      }
      _ = engine.evaluateTrain()
      twin.weights = OneLayerTransformerTwin.rows(engine.weights)
      let gradient = engine.gradient[place]
      #expect(gradient.name == name)
      let columns = gradient.shape[gradient.shape.count - 1]
      var (misses, norm) = (0.0, 0.0)
      for (index, slope) in Self.elements(gradient).enumerated() {
        func loss(_ shift: Double) -> Double {
          var moved = twin
          moved.weights[name]?[index / columns][index % columns] += shift
          return moved.measure(moved.train, isTrain: true).loss
        }
        let h = 1e-5
        let difference = (loss(h) - loss(-h)) / (2 * h)
        misses += (slope - difference) * (slope - difference)
        norm += difference * difference
      }
      #expect(norm > 0)
      #expect(misses.squareRoot() < 1e-7 * norm.squareRoot() + 1e-10, "\(task.alpha)")
    }
  }

  @Test func `the gradient in single precision is that in double precision, at the full size`()
    throws
  {
    useOneBLASThread()
    let draws = OneLayerTransformerDraws(
      sizes: Sizes(), seed: 3,
      split: PairSplit(.addition, modulus: 113, trainExamples: 3830, seed: 0))
    var single = OneLayerTransformerEngine<Float>(task: OneLayerTransformerTask(), draws: draws)
    var double = OneLayerTransformerEngine<Double>(task: OneLayerTransformerTask(), draws: draws)
    let (found, expected) = (single.evaluate(), double.evaluate())
    #expect((found.train - expected.train).magnitude < 1e-6 * expected.train)
    #expect((found.test - expected.test).magnitude < 1e-6 * expected.test)
    let whole = double.gradient.flatMap(Self.elements).reduce(0) { $0 + $1 * $1 }.squareRoot()
    for (left, right) in zip(single.gradient, double.gradient) {
      let (values, references) = (Self.elements(left), Self.elements(right))
      let norm = references.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let miss = zip(values, references).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        .squareRoot()
      #expect(miss < 1e-5 * max(norm, whole / 1000), "\(right.name)")
    }
  }

  @Test func `examples that pass in several blocks count as those of one`() {
    // 17² · 0.9 = 260 pairs are more than the 192 of a block.
    let draws = Self.draws(
      Sizes(modulus: 17, width: 8, heads: 2, hiddenUnits: 12), fraction: 0.9)
    let task = OneLayerTransformerTask(alpha: 0.7, isCentred: true)
    var engine = OneLayerTransformerEngine<Double>(task: task, draws: draws)
    var twin = OneLayerTransformerTwin(task: task, draws: draws)
    for _ in 0..<12 {
      _ = engine.evaluateTrain()
      engine.descend()
    }
    let loss = engine.evaluate().train
    twin.weights = OneLayerTransformerTwin.rows(engine.weights)
    let expected = twin.measure(twin.train, isTrain: true).loss
    #expect((loss - expected).magnitude < 1e-10 * expected)
  }

  @Test func `a centred predictor starts with all classes alike`() {
    let draws = Self.draws()
    var engine = OneLayerTransformerEngine<Float>(
      task: OneLayerTransformerTask(alpha: 3, isCentred: true), draws: draws)
    let losses = engine.evaluate()
    #expect((losses.train - log(8)).magnitude < 1e-6)
    #expect((losses.test - log(8)).magnitude < 1e-6)
    #expect(engine.accuracies?.train == 0)
  }

  @Test func `restored, an engine goes on to the bit, and refuses what does not fit`() throws {
    let draws = Self.draws()
    let task = OneLayerTransformerTask(alpha: 1.2, isCentred: true)
    var engine = OneLayerTransformerEngine<Float>(task: task, draws: draws)
    func advance(_ engine: inout OneLayerTransformerEngine<Float>) -> [Double] {
      (0..<20).map { _ in
        defer { engine.descend() }
        return engine.evaluate().train
      }
    }
    _ = advance(&engine)
    let state = Safetensors(tensors: engine.state())
    var other = OneLayerTransformerEngine<Float>(task: task, draws: draws)
    try other.restore(try Safetensors(bytes: state.bytes))
    #expect(advance(&other) == advance(&engine))
    #expect(other.weights == engine.weights)
    var wider = OneLayerTransformerEngine<Float>(
      task: task, draws: Self.draws(Sizes(modulus: 7, width: 15, heads: 3, hiddenUnits: 17)))
    #expect(throws: SafetensorsError("W_E is [8 × 12], [8 × 15] is needed")) {
      try wider.restore(state)
    }
  }
}

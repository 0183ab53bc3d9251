import Experiments
import Foundation
import LinearAlgebra
import Networks
import Testing

@Suite struct EmbeddingMLPEngineTests {
  typealias Sizes = EmbeddingMLPSizes

  /// Every way to make the first layer's inputs, with and without biases, of one layer and of several.
  static let shapes = [
    Sizes(modulus: 7, width: 5, hiddenUnits: 9),
    Sizes(
      modulus: 7, width: 5, combination: .summed, hiddenLayers: 2, hiddenUnits: 17,
      hasBiases: false),
    Sizes(modulus: 7, width: 5, sharesEmbedding: false, hiddenLayers: 3, hiddenUnits: 8),
    Sizes(modulus: 7, width: 16, combination: .summed, sharesEmbedding: false, hiddenUnits: 10),
    Sizes(modulus: 5, width: 1, combination: .summed, hiddenLayers: 2, hiddenUnits: 6),
  ]

  static let tasks = [
    EmbeddingMLPTask(activation: .relu, learningRate: 3e-3),
    EmbeddingMLPTask(
      alpha: 0.7, isCentred: true, activation: .gelu, learningRate: 3e-3, warmUp: 5),
    EmbeddingMLPTask(alpha: 1.5, activation: .tanh, loss: .meanSquare, learningRate: 3e-3),
    EmbeddingMLPTask(
      alpha: 2, isCentred: true, activation: .square, loss: .meanSquare,
      optimiser: .momentum(0.9), learningRate: 0.02, weightDecay: 1e-3),
  ]

  /// Draws whose biases are not zero either: at zero a mistake with them would not show.
  static func draws(
    _ sizes: Sizes = shapes[0], operation: BinaryOperation = .addition, fraction: Double = 0.6,
    seed: Int = 1
  ) -> EmbeddingMLPDraws {
    let split = PairSplit(
      operation, modulus: sizes.modulus,
      trainExamples: PairSplit.trainExamples(fraction, of: operation, modulus: sizes.modulus),
      seed: seed)
    return EmbeddingMLPDraws(
      sizes: sizes, initialisation: .standard, weightScale: 0.8, seed: seed, split: split)
  }

  private static func elements(_ tensor: Tensor) -> [Double] {
    switch tensor.elements {
    case .float32(let elements): elements.map { Double($0) }
    case .float64(let elements): elements
    }
  }

  @Test(arguments: shapes, tasks)
  func `the table of the first layer gives the losses of loops over examples`(
    sizes: Sizes, task: EmbeddingMLPTask
  ) {
    let draws = Self.draws(sizes, operation: .subtraction)
    var engine = EmbeddingMLPEngine<Double>(task: task, draws: draws)
    var twin = EmbeddingMLPTwin(task: task, draws: draws)
    let start = engine.evaluateTrain()
    for step in 0...90 {
      let losses = engine.evaluate()
      if step.isMultiple(of: 30) {
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
    #expect(engine.evaluateTrain() < start)
  }

  @Test(arguments: shapes, tasks)
  func `each weight's gradient is the slope of the twin's loss`(
    sizes: Sizes, task: EmbeddingMLPTask
  ) {
    let draws = Self.draws(sizes)
    var engine = EmbeddingMLPEngine<Double>(task: task, draws: draws)
    var twin = EmbeddingMLPTwin(task: task, draws: draws)
    // Away from the initial state, where a centred predictor is zero whatever the weights are.
    for _ in 0..<10 {
      _ = engine.evaluateTrain()
      engine.descend()
    }
    _ = engine.evaluateTrain()
    twin.weights = OneLayerTransformerTwin.rows(engine.weights)
    #expect(engine.gradient.map(\.name) == sizes.parameters.map(\.name))
    for gradient in engine.gradient {
      let columns = gradient.shape[gradient.shape.count - 1]
      let slopes = Self.elements(gradient)
      var (misses, norm) = (0.0, 0.0)
      // A part of the large matrices: every seventh weight, whatever its row.
      for index in stride(from: 0, to: slopes.count, by: slopes.count > 40 ? 7 : 1) {
        func loss(_ shift: Double) -> Double {
          var moved = twin
          moved.weights[gradient.name]?[index / columns][index % columns] += shift
          return moved.measure(moved.train, isTrain: true).loss
        }
        let h = 1e-5
        let difference = (loss(h) - loss(-h)) / (2 * h)
        misses += (slopes[index] - difference) * (slopes[index] - difference)
        norm += difference * difference
      }
      #expect(norm > 0)
      #expect(misses.squareRoot() < 1e-7 * norm.squareRoot() + 1e-10, "\(gradient.name)")
    }
  }

  @Test func `the gradient in single precision is that in double precision, at the full size`() {
    useOneBLASThread()
    // Not rectified units: one of millions lies so near to zero that rounding decides its sign, and with it its slope.
    for activation in [Activation.gelu, .tanh] {
      let draws = EmbeddingMLPDraws(
        sizes: Sizes(hiddenLayers: 2), seed: 3,
        split: PairSplit(.addition, modulus: 113, trainExamples: 3830, seed: 0))
      let task = EmbeddingMLPTask(activation: activation)
      var single = EmbeddingMLPEngine<Float>(task: task, draws: draws)
      var double = EmbeddingMLPEngine<Double>(task: task, draws: draws)
      let (found, expected) = (single.evaluate(), double.evaluate())
      #expect((found.train - expected.train).magnitude < 1e-6 * expected.train)
      #expect((found.test - expected.test).magnitude < 1e-6 * expected.test)
      for (left, right) in zip(single.gradient, double.gradient) {
        let (values, references) = (Self.elements(left), Self.elements(right))
        let norm = references.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let miss = zip(values, references).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
          .squareRoot()
        #expect(miss < 1e-5 * norm, "\(activation), \(right.name)")
      }
    }
  }

  @Test(arguments: [false, true])
  func `examples that pass in several blocks count as those of one`(sharesRows: Bool) {
    // 17² · 0.9 = 260 pairs are more than the 192 of a block.
    let draws = Self.draws(
      Sizes(
        modulus: 17, width: 6, combination: sharesRows ? .summed : .concatenated,
        hiddenLayers: 2, hiddenUnits: 12), fraction: 0.9)
    let task = EmbeddingMLPTask(alpha: 0.7, isCentred: true, activation: .gelu)
    var engine = EmbeddingMLPEngine<Double>(task: task, draws: draws)
    var twin = EmbeddingMLPTwin(task: task, draws: draws)
    for _ in 0..<12 {
      _ = engine.evaluateTrain()
      engine.descend()
    }
    let loss = engine.evaluate().train
    twin.weights = OneLayerTransformerTwin.rows(engine.weights)
    let expected = twin.measure(twin.train, isTrain: true).loss
    #expect((loss - expected).magnitude < 1e-10 * expected)
  }

  @Test func `initial weights have the deviations of their distribution, and a stream each`() {
    let sizes = Sizes(modulus: 40, width: 50, sharesEmbedding: false, hiddenUnits: 60)
    let split = PairSplit(.addition, modulus: 40, trainExamples: 700, seed: 0)
    func deviations(_ initialisation: Sizes.Initialisation) -> [Double] {
      let draws = EmbeddingMLPDraws(
        sizes: sizes, initialisation: initialisation, weightScale: 2, seed: 5, split: split)
      return draws.weights.map { tensor in
        let elements = Self.elements(tensor)
        return (elements.reduce(0) { $0 + $1 * $1 } / Double(elements.count)).squareRoot()
      }
    }
    func expect(_ found: [Double], _ expected: [Double]) {
      #expect(found.count == expected.count)
      for (one, other) in zip(found, expected) {
        #expect((one - other).magnitude <= 0.2 * other, "\(found)")
      }
    }
    let (embedding, inner, outer) = (0.02.squareRoot(), 0.01.squareRoot(), (1 / 60.0).squareRoot())
    expect(
      deviations(.normal), [2 * embedding, 2 * embedding, 2 * inner, 0, 2 * outer, 0])
    let uniform = 2 / 3.0.squareRoot()
    expect(
      deviations(.standard),
      [2, 2, uniform * inner, uniform * inner, uniform * outer, uniform * outer])
  }

  @Test func `restored, an engine goes on to the bit, and refuses what does not fit`() throws {
    let draws = Self.draws()
    let task = EmbeddingMLPTask(alpha: 1.2, isCentred: true, activation: .gelu)
    var engine = EmbeddingMLPEngine<Float>(task: task, draws: draws)
    func advance(_ engine: inout EmbeddingMLPEngine<Float>) -> [Double] {
      (0..<20).map { _ in
        defer { engine.descend() }
        return engine.evaluate().train
      }
    }
    _ = advance(&engine)
    let state = Safetensors(tensors: engine.state())
    var other = EmbeddingMLPEngine<Float>(task: task, draws: draws)
    try other.restore(try Safetensors(bytes: state.bytes))
    #expect(advance(&other) == advance(&engine))
    #expect(other.weights == engine.weights)
    var wider = EmbeddingMLPEngine<Float>(
      task: task, draws: Self.draws(Sizes(modulus: 7, width: 6, hiddenUnits: 9)))
    #expect(throws: SafetensorsError("embedding.weight is [7 × 5], [7 × 6] is needed")) {
      try wider.restore(state)
    }
  }
}

import Foundation
import LinearAlgebra
import Networks
import OrderedCollections
import Testing

@Suite struct SparseParityEngineTests {
  static let losses = [SparseParityTask.Loss.hinge, .meanSquare, .crossEntropy]

  static func draws(
    _ loss: SparseParityTask.Loss = .hinge, activation: Activation = .relu,
    hasOutputBias: Bool = true, layers: Int = 2, examples: Int = 23, seed: Int = 1
  ) -> SparseParityDraws {
    SparseParityDraws(
      sizes: SparseParityDraws.Sizes(
        inputDimension: 7, secretBits: 3, hiddenLayers: layers, hiddenUnits: 11,
        outputs: loss.outputs, trainExamples: examples, testExamples: 9),
      activation: activation, hasOutputBias: hasOutputBias, seed: seed, dataSeed: 5)
  }

  /// Loss and accuracy of some examples through loops, one at a time.
  private func twin(
    _ weights: [Matrix<Double>], _ inputs: Matrix<Double>, _ labels: [Int],
    _ task: SparseParityTask
  ) -> (loss: Double, accuracy: Double) {
    var (sum, right) = (0.0, 0)
    for example in 0..<inputs.rows {
      var values = (0..<inputs.columns).map { inputs[example, $0] }
      for layer in 0..<weights.count / 2 {
        let (matrix, bias) = (weights[2 * layer], weights[2 * layer + 1])
        values = (0..<matrix.columns).map { column in
          let sum = values.indices.reduce(bias[0, column]) {
            $0 + values[$1] * matrix[$1, column]
          }
          return layer < weights.count / 2 - 1 ? max(sum, 0) : task.alpha * sum
        }
      }
      let y = Double(labels[example])
      switch task.loss {
      case .hinge: sum += max(1 - y * values[0], 0)
      case .meanSquare: sum += (values[0] - y) * (values[0] - y)
      case .crossEntropy: sum += log(1 + exp(-y * (values[1] - values[0])))
      }
      let output = task.loss == .crossEntropy ? values[1] - values[0] : values[0]
      if y * output > 0 { right += 1 }
    }
    return (sum / Double(inputs.rows), Double(right) / Double(inputs.rows))
  }

  @Test(arguments: losses, [23, 600])
  func `products give the losses and accuracies of loops`(
    loss: SparseParityTask.Loss, examples: Int
  ) throws {
    let draws = Self.draws(loss, examples: examples)
    let task = SparseParityTask(
      alpha: 1.5, loss: loss, hasOutputBias: true, batchSize: 10,
      optimiser: .adamW(beta1: 0.9, beta2: 0.99, epsilon: 1e-8), learningRate: 0.02)
    var engine = SparseParityEngine<Double>(task: task, draws: draws, batchSeed: 2)
    let labels = (draws.labels(of: draws.trainInputs), draws.labels(of: draws.testInputs))
    var trainLosses: Set<Double> = []
    for _ in 0..<60 {
      let train = twin(engine.weights, draws.trainInputs, labels.0, task)
      let test = twin(engine.weights, draws.testInputs, labels.1, task)
      let losses = engine.evaluate()
      #expect((losses.train - train.loss).magnitude < 1e-12 * max(train.loss, 0.001))
      #expect((losses.test - test.loss).magnitude < 1e-12 * test.loss)
      #expect(try #require(engine.accuracies) == (train.accuracy, test.accuracy))
      trainLosses.insert(train.loss)
      engine.descend()
    }
    #expect(trainLosses.count > 30)
  }

  @Test(arguments: losses, [Activation.relu, .gelu, .tanh, .square])
  func `the gradient of every matrix and bias is the slope of the train loss`(
    loss: SparseParityTask.Loss, activation: Activation
  ) {
    let draws = Self.draws(loss, activation: activation)
    let task = SparseParityTask(
      alpha: 0.7, loss: loss, hasOutputBias: true, batchSize: 1000)
    var engine = SparseParityEngine<Double>(task: task, draws: draws, batchSeed: 0)
    _ = engine.evaluate()
    let (centre, gradient) = (engine.weights, engine.gradient)
    var generator = Xoshiro256(seed: 3, stream: 77)
    for index in centre.indices {
      let shape = centre[index]
      let direction = Matrix<Double>(
        rows: shape.rows, columns: shape.columns,
        elements: NormalDeviates.array(count: shape.rows * shape.columns, using: &generator))
      func loss(at distance: Double) -> Double {
        engine.weights = centre
        engine.weights[index].add(direction, times: distance)
        return engine.evaluate().train
      }
      let slope = (loss(at: 1e-6) - loss(at: -1e-6)) / 2e-6
      let expected = zip(gradient[index].elements, direction.elements)
        .reduce(0) { $0 + $1.0 * $1.1 }
      #expect((slope - expected).magnitude < 1e-7 * max(expected.magnitude, 0.01), "\(index)")
    }
  }

  /// Every epoch has every example once: the gradients of its batches, by their sizes, add up to the whole one.
  @Test func `the batches of an epoch make up the whole gradient`() {
    let draws = Self.draws(.meanSquare)
    func engine(_ batchSize: Int) -> SparseParityEngine<Double> {
      let task = SparseParityTask(
        loss: .meanSquare, hasOutputBias: true, batchSize: batchSize, learningRate: 1e-30,
        weightDecay: 0)
      return SparseParityEngine<Double>(task: task, draws: draws, batchSeed: 8)
    }
    var (whole, batches) = (engine(23), engine(10))
    whole.prepare()
    for epoch in 0..<2 {
      var sums = whole.gradient.map { Matrix<Double>(rows: $0.rows, columns: $0.columns) }
      for size in [10.0, 10, 3] {
        batches.prepare()
        for index in sums.indices { sums[index].add(batches.gradient[index], times: size / 23) }
        batches.descend()
      }
      for (sum, gradient) in zip(sums, whole.gradient) {
        for (found, expected) in zip(sum.elements, gradient.elements) {
          #expect((found - expected).magnitude < 1e-14, "epoch \(epoch)")
        }
      }
    }
  }

  @Test func `outputs without a bias keep it at zero, whatever the optimiser does`() {
    for rule in [OptimiserRule.momentum(0.9), .adamW(beta1: 0.9, beta2: 0.99, epsilon: 1e-8)] {
      let task = SparseParityTask(
        hasOutputBias: false, batchSize: 5, optimiser: rule, weightDecay: 0.1)
      var engine = SparseParityEngine<Float>(
        task: task, draws: Self.draws(hasOutputBias: false), batchSeed: 0)
      for _ in 0..<50 {
        engine.prepare()
        engine.descend()
      }
      #expect(engine.weights[5].elements == [0])
      #expect(engine.weights[3].elements.contains { $0 != 0 })
    }
  }

  @Test(arguments: losses)
  func `single precision follows double precision`(loss: SparseParityTask.Loss) {
    let task = SparseParityTask(loss: loss, hasOutputBias: true, batchSize: 10, learningRate: 0.01)
    let draws = Self.draws(loss)
    var single = SparseParityEngine<Float>(task: task, draws: draws, batchSeed: 1)
    var double = SparseParityEngine<Double>(task: task, draws: draws, batchSeed: 1)
    let start = double.evaluate().train
    for _ in 0..<200 {
      let (left, right) = (single.evaluate(), double.evaluate())
      #expect((left.train - right.train).magnitude < 1e-4 * right.train)
      #expect((left.test - right.test).magnitude < 1e-4 * right.test)
      single.descend()
      double.descend()
    }
    #expect(double.evaluate().train < start)
  }

  @Test(arguments: [
    OptimiserRule.adamW(beta1: 0.9, beta2: 0.99, epsilon: 1e-8), .momentum(0.9),
  ])
  func `a state that is taken up again in the middle of an epoch goes on to the bit`(
    rule: OptimiserRule
  ) throws {
    let task = SparseParityTask(batchSize: 10, optimiser: rule, learningRate: 0.01)
    let draws = Self.draws(hasOutputBias: false)
    var whole = SparseParityEngine<Float>(task: task, draws: draws, batchSeed: 1)
    for _ in 0..<31 {
      _ = whole.evaluate()
      whole.descend()
    }
    var resumed = SparseParityEngine<Float>(task: task, draws: draws, batchSeed: 1)
    try resumed.restore(try Safetensors(bytes: Safetensors(tensors: whole.state()).bytes))
    for _ in 0..<30 {
      let (left, right) = (whole.evaluate(), resumed.evaluate())
      #expect(left == right)
      whole.descend()
      resumed.descend()
    }
    #expect(whole.weights == resumed.weights)
  }
}

@Suite struct SparseParityDrawsTests {
  private func draws(seed: Int = 0, dataSeed: Int = 0, examples: Int = 2000) -> SparseParityDraws {
    SparseParityDraws(
      sizes: SparseParityDraws.Sizes(
        inputDimension: 70, secretBits: 3, hiddenUnits: 5, trainExamples: examples),
      seed: seed, dataSeed: dataSeed)
  }

  @Test func `inputs are independent signs, and labels their product at the secret places`() {
    let draws = draws()
    #expect(draws.secret.count == 3)
    #expect(draws.secret == Set(draws.secret).sorted())
    let elements = draws.trainInputs.elements
    #expect(Set(elements) == [1, -1])
    // Two thousand signs have a mean of 0.022 in size; places 64 and on begin another word of random bits.
    for column in 0..<70 {
      let sum = (0..<2000).reduce(0) { $0 + draws.trainInputs[$1, column] }
      #expect((sum / 2000).magnitude < 0.11)
      let both = (0..<2000).reduce(0) {
        $0 + draws.trainInputs[$1, column] * draws.trainInputs[$1, (column + 6) % 70]
      }
      #expect((both / 2000).magnitude < 0.11)
    }
    let labels = draws.labels(of: draws.trainInputs)
    for row in 0..<20 {
      let product = draws.secret.map { draws.trainInputs[row, $0] }.reduce(1, *)
      #expect(Double(labels[row]) == product)
    }
    #expect(labels.reduce(0, +).magnitude < 220)
  }

  @Test func `the seed draws the weights, the data's seed bits and examples`() {
    let usual = draws()
    let weights = draws(seed: 1)
    #expect(weights.network.matrices != usual.network.matrices)
    #expect(weights.secret == usual.secret && weights.trainInputs == usual.trainInputs)
    let data = draws(dataSeed: 1)
    #expect(data.network.matrices == usual.network.matrices)
    #expect(data.secret != usual.secret && data.trainInputs != usual.trainInputs)
    #expect(data.testInputs != usual.testInputs)
  }

  @Test func `another number of examples keeps the first ones and the test set`() {
    let (few, many) = (draws(examples: 10), draws(examples: 30))
    #expect(few.trainInputs.elements == Array(many.trainInputs.elements.prefix(700)))
    #expect(few.testInputs == many.testInputs)
  }
}

@Suite struct SignSlopesTests {
  @Test func `a hinge has a slope up to its edge, and what is not a number is no loss of zero`() {
    var outputs = Matrix<Double>(rows: 5, columns: 1, elements: [0.5, 1, 2, -1, .nan])
    var correct = 0
    let sum = outputs.setSignSlopes(
      labels: [1, 1, 1, 0, 1], rows: 4, isHinge: true, factor: 0.25, correct: &correct)
    #expect(sum == 0.5)
    #expect(outputs.elements.prefix(4) == [-0.25, -0.25, 0, 0.25])
    #expect(correct == 4)
    outputs = Matrix(rows: 1, columns: 1, elements: [Double.nan])
    let lost = outputs.setSignSlopes(
      labels: [1], rows: 1, isHinge: true, factor: 1, correct: &correct)
    #expect(lost.isNaN)
    #expect(correct == 4)
  }

  @Test func `squares have the slope of squares, and an output of zero has no sign`() {
    var outputs = Matrix<Float>(rows: 3, columns: 1, elements: [0, 3, -2])
    var correct = 0
    let sum = outputs.setSignSlopes(
      labels: [1, 0, 0], rows: 3, isHinge: false, factor: 0.5, correct: &correct)
    #expect(sum == 18)
    #expect(outputs.elements == [-1, 4, -1])
    #expect(correct == 1)
  }
}

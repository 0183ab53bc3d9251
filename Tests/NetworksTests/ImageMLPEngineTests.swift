import LinearAlgebra
import Networks
import OrderedCollections
import Testing

@Suite struct ImageMLPEngineTests {
  static let sizes = ImageMLPDraws.Sizes(
    hiddenLayers: 2, hiddenUnits: 9, classes: 3, trainExamples: 13, testExamples: 7)
  static let parametrisations = [ImageMLPTask.Parametrisation.standard, .tangentKernel]

  static let hiddenPixel = 4

  static func images(_ count: Int, stream: UInt64) -> LabelledImages {
    var generator = Xoshiro256(seed: 5, stream: stream)
    // Black pixels among them, and one that is black in every image of the train set.
    let pixels = (0..<count * 6).map { place in
      place % 6 == hiddenPixel && stream == 1 || generator.next() % 3 == 0
        ? 0 : Double(generator.next() % 256) / 255
    }
    return LabelledImages(
      images: Matrix(rows: count, columns: 6, elements: pixels),
      labels: (0..<count).map { _ in Int(generator.next() % 3) })
  }

  static func draws(
    _ parametrisation: ImageMLPTask.Parametrisation, seed: Int = 1, weightScale: Double = 2
  ) -> ImageMLPDraws {
    ImageMLPDraws(
      sizes: sizes, parametrisation: parametrisation, weightScale: weightScale, seed: seed,
      train: images(sizes.trainExamples, stream: 1), test: images(sizes.testExamples, stream: 2))
  }

  /// The outputs for one image, by loops.
  func outputs(
    _ image: Int, of set: LabelledImages, _ weights: [Matrix<Double>], _ task: ImageMLPTask
  ) -> [Double] {
    var values = (0..<set.images.columns).map { set.images[image, $0] }
    let hasBiases = task.parametrisation == .standard
    let layers = weights.count / (hasBiases ? 2 : 1)
    for layer in 0..<layers {
      let matrix = weights[hasBiases ? 2 * layer : layer]
      let inputs = Double(matrix.rows)
      let scale = hasBiases ? 1 : layer == layers - 1 ? 1 / inputs : 1 / inputs.squareRoot()
      values = (0..<matrix.columns).map { column in
        var sum = 0.0
        for row in 0..<matrix.rows { sum += scale * values[row] * matrix[row, column] }
        if hasBiases { sum += weights[2 * layer + 1][0, column] }
        return layer < layers - 1 ? max(sum, 0) : sum
      }
    }
    return values.map { task.alpha * $0 }
  }

  /// The mean squared error and the share of images that are classified rightly, by loops.
  private func twin(
    _ set: LabelledImages, _ rows: Range<Int>, _ weights: [Matrix<Double>], _ task: ImageMLPTask
  ) -> (loss: Double, accuracy: Double) {
    var (sum, right) = (0.0, 0)
    for row in rows {
      let found = outputs(row, of: set, weights, task)
      for (place, value) in found.enumerated() {
        let error = value - (place == set.labels[row] ? 1 : 0)
        sum += error * error
      }
      if found.firstIndex(of: found.max() ?? 0) == set.labels[row] { right += 1 }
    }
    let count = Double(rows.count)
    return (sum / (count * 3), Double(right) / count)
  }

  @Test(arguments: parametrisations, [0.5, 3])
  func `products give the losses and accuracies of loops`(
    parametrisation: ImageMLPTask.Parametrisation, alpha: Double
  ) throws {
    let task = ImageMLPTask(
      alpha: alpha, parametrisation: parametrisation, batchSize: 5, learningRate: 0.01)
    let draws = Self.draws(parametrisation)
    var engine = ImageMLPEngine<Double>(task: task, draws: draws)
    for _ in 0..<20 {
      let train = twin(draws.train, 0..<13, engine.weights, task)
      let test = twin(draws.test, 0..<7, engine.weights, task)
      let losses = engine.evaluate()
      #expect((losses.train - train.loss).magnitude < 1e-13 * train.loss)
      #expect((losses.test - test.loss).magnitude < 1e-13 * test.loss)
      #expect(try #require(engine.accuracies) == (train.accuracy, test.accuracy))
      engine.descend()
    }
  }

  @Test(arguments: parametrisations, [0, 1, 2, 3])
  func `the gradient is the slope of the loss of the batch, one after the other, over and over`(
    parametrisation: ImageMLPTask.Parametrisation, step: Int
  ) {
    // Batches of 5, 5 and 3 images.
    let task = ImageMLPTask(
      alpha: 1.5, parametrisation: parametrisation, batchSize: 5, learningRate: 1e-3)
    let batch = [0..<5, 5..<10, 10..<13, 0..<5][step]
    let draws = Self.draws(parametrisation, seed: step)
    var engine = ImageMLPEngine<Double>(task: task, draws: draws)
    for _ in 0..<step {
      engine.prepare()
      engine.descend()
    }
    engine.prepare()
    let (centre, gradient) = (engine.weights, engine.gradient)
    var generator = Xoshiro256(seed: UInt64(step), stream: 77)
    for index in centre.indices {
      let shape = centre[index]
      let direction = Matrix<Double>(
        rows: shape.rows, columns: shape.columns,
        elements: NormalDeviates.array(count: shape.rows * shape.columns, using: &generator))
      func loss(at distance: Double) -> Double {
        var weights = centre
        weights[index].add(direction, times: distance)
        return twin(draws.train, batch, weights, task).loss
      }
      let slope = (loss(at: 1e-6) - loss(at: -1e-6)) / 2e-6
      let expected = zip(gradient[index].elements, direction.elements)
        .reduce(0) { $0 + $1.0 * $1.1 }
      #expect((slope - expected).magnitude < 1e-7 * max(expected.magnitude, 0.01), "\(index)")
    }
  }

  @Test(arguments: parametrisations)
  func `a step of sgd is the weights less the gradient`(
    parametrisation: ImageMLPTask.Parametrisation
  ) {
    let task = ImageMLPTask(
      parametrisation: parametrisation, batchSize: 4, optimiser: .momentum(0), learningRate: 0.1,
      weightDecay: 0)
    var engine = ImageMLPEngine<Double>(task: task, draws: Self.draws(parametrisation))
    for _ in 0..<5 {
      _ = engine.evaluate()
      let (weights, gradient) = (engine.weights, engine.gradient)
      engine.descend()
      for index in weights.indices {
        for (after, (before, slope)) in zip(
          engine.weights[index].elements, zip(weights[index].elements, gradient[index].elements))
        {
          #expect((after - (before - 0.1 * slope)).magnitude < 1e-15)
        }
      }
    }
  }

  @Test func `the weights of a pixel that no train image shows decay, and do nothing else`() {
    let (rate, decay, momentum) = (0.1, 0.05, 0.8)
    for rule in [OptimiserRule.momentum(momentum), .adamW(beta1: 0.9, beta2: 0.99, epsilon: 1e-8)] {
      let task = ImageMLPTask(
        batchSize: 5, optimiser: rule, learningRate: rate, weightDecay: decay)
      var engine = ImageMLPEngine<Double>(task: task, draws: Self.draws(.standard))
      var (expected, velocity) = (engine.weights[0][Self.hiddenPixel, 2], 0.0)
      for _ in 0..<8 {
        engine.prepare()
        #expect((0..<9).allSatisfy { engine.gradient[0][Self.hiddenPixel, $0] == 0 })
        engine.descend()
        if case .momentum = rule {
          velocity = momentum * velocity + decay * expected
          expected -= rate * velocity
        } else {
          expected *= 1 - rate * decay
        }
        #expect((engine.weights[0][Self.hiddenPixel, 2] - expected).magnitude < 1e-14)
      }
    }
  }

  @Test(arguments: parametrisations)
  func `single precision follows double precision, and both learn`(
    parametrisation: ImageMLPTask.Parametrisation
  ) throws {
    let task = ImageMLPTask(
      alpha: 2, parametrisation: parametrisation, batchSize: 5, learningRate: 0.003)
    var single = ImageMLPEngine<Float>(task: task, draws: Self.draws(parametrisation))
    var double = ImageMLPEngine<Double>(task: task, draws: Self.draws(parametrisation))
    let start = double.evaluate().train
    _ = single.evaluate()
    for _ in 0..<100 {
      single.descend()
      double.descend()
      let (left, right) = (single.evaluate(), double.evaluate())
      #expect((left.train - right.train).magnitude < 1e-3 * right.train)
      #expect((left.test - right.test).magnitude < 1e-3 * right.test)
    }
    #expect(double.evaluate().train < 0.9 * start)
  }

  @Test(arguments: parametrisations, [7, 8])
  func `a run that is taken up again goes on to the bit, in the midst of a round of batches`(
    parametrisation: ImageMLPTask.Parametrisation, pause: Int
  ) throws {
    let task = ImageMLPTask(parametrisation: parametrisation, batchSize: 5, learningRate: 0.01)
    var whole = ImageMLPEngine<Float>(task: task, draws: Self.draws(parametrisation))
    for _ in 0..<pause {
      whole.prepare()
      whole.descend()
    }
    var resumed = ImageMLPEngine<Float>(task: task, draws: Self.draws(parametrisation))
    try resumed.restore(try Safetensors(bytes: Safetensors(tensors: whole.state()).bytes))
    for step in 0..<12 {
      // Whether the state is measured makes no difference to the steps.
      if step % 2 == 0 { _ = whole.evaluate() } else { whole.prepare() }
      resumed.prepare()
      whole.descend()
      resumed.descend()
    }
    #expect(whole.weights == resumed.weights)
    #expect(whole.evaluate() == resumed.evaluate())
  }

  @Test func `weights begin as both papers say`() {
    let sizes = ImageMLPDraws.Sizes(
      hiddenLayers: 1, hiddenUnits: 3000, classes: 3, trainExamples: 1, testExamples: 1)
    let one = Self.images(1, stream: 1)
    func variance(_ matrix: Matrix<Double>) -> Double {
      matrix.elements.reduce(0) { $0 + $1 * $1 } / Double(matrix.elements.count)
    }
    let standard = ImageMLPDraws(
      sizes: sizes, parametrisation: .standard, weightScale: 8, seed: 3, train: one, test: one)
    #expect(standard.weights.map(\.shape) == ["[6 × 3000]", "[1 × 3000]", "[3000 × 3]", "[1 × 3]"])
    for (index, inputs) in [6.0, 6, 3000].enumerated() {
      let bound = 8 / inputs.squareRoot()
      #expect(standard.weights[index].elements.allSatisfy { $0.magnitude <= bound })
      let expected = bound * bound / 3
      #expect((variance(standard.weights[index]) - expected).magnitude < 0.1 * expected)
    }
    let kernel = ImageMLPDraws(
      sizes: sizes, parametrisation: .tangentKernel, weightScale: 150, seed: 3, train: one,
      test: one)
    #expect(kernel.weights.map(\.shape) == ["[6 × 3000]", "[3000 × 3]"])
    for (index, inputs) in [6.0, 3000].enumerated() {
      let expected = 150 * 150 * 2 / inputs
      #expect((variance(kernel.weights[index]) - expected).magnitude < 0.1 * expected)
    }
  }

  @Test func `what is not a number is not rectified away`() {
    var layer = Matrix<Float>(rows: 1, columns: 4, elements: [.nan, -1, 2, .infinity] as [Float])
    layer.applyRectifier(bias: Matrix(rows: 1, columns: 4), rows: 1)
    #expect(layer[0, 0].isNaN)
    #expect(Array(layer.elements.dropFirst()) == [0, 2, .infinity])
  }
}

import Foundation
import LinearAlgebra
import Networks
import OrderedCollections
import Testing

@Suite struct AdditionToyEngineTests {
  static let shapes = [
    AdditionToyDraws.Sizes(
      numbers: 6, width: 1, hiddenLayers: 2, hiddenUnits: 9, targetDimension: 4, trainExamples: 15),
    AdditionToyDraws.Sizes(
      numbers: 5, width: 3, hiddenLayers: 1, hiddenUnits: 7, targetDimension: nil,
      trainExamples: 9),
  ]

  static func draws(_ sizes: AdditionToyDraws.Sizes = shapes[0], seed: Int = 1) -> AdditionToyDraws
  {
    AdditionToyDraws(sizes: sizes, weightScale: 1.5, seed: seed, splitSeed: 4)
  }

  /// Loss and accuracy of some pairs through loops, one pair at a time.
  private func twin(
    _ matrices: [Matrix<Double>], _ pairs: TokenPairs, _ targets: Matrix<Double>?, alpha: Double
  ) -> (loss: Double, accuracy: Double) {
    var (sum, right) = (0.0, 0)
    for place in 0..<pairs.count {
      let (a, b, label) = pairs[place]
      var values = (0..<matrices[0].columns).map { matrices[0][a, $0] + matrices[0][b, $0] }
      for layer in 0..<matrices.count / 2 {
        let (matrix, bias) = (matrices[2 * layer + 1], matrices[2 * layer + 2])
        values = (0..<matrix.columns).map { column in
          let sum = values.indices.reduce(bias[0, column]) {
            $0 + values[$1] * matrix[$1, column]
          }
          return layer < matrices.count / 2 - 1 ? tanh(sum) : alpha * sum
        }
      }
      guard let targets else {
        sum += log(values.reduce(0) { $0 + exp($1 - values[label]) })
        if values.indices.allSatisfy({ $0 == label || values[$0] < values[label] }) { right += 1 }
        continue
      }
      let distances = (0..<targets.rows).map { row in
        values.indices.reduce(0) { total, column in
          let distance = values[column] - targets[row, column]
          return total + distance * distance
        }
      }
      sum += distances[label] / Double(targets.columns)
      if distances.firstIndex(of: distances.min() ?? 0) == label { right += 1 }
    }
    return (sum / Double(pairs.count), Double(right) / Double(pairs.count))
  }

  @Test(arguments: shapes, [0.5, 1.0, 3.0])
  func `products give the losses and the nearest targets of loops`(
    sizes: AdditionToyDraws.Sizes, alpha: Double
  ) throws {
    let draws = Self.draws(sizes)
    let task = AdditionToyTask(alpha: alpha, learningRate: 0.02, embeddingLearningRate: 0.02)
    var engine = AdditionToyEngine<Double>(task: task, draws: draws)
    var shares: Set<Double> = []
    for _ in 0..<100 {
      let train = twin(engine.matrices, draws.train, draws.targets, alpha: alpha)
      let test = twin(engine.matrices, draws.test, draws.targets, alpha: alpha)
      let losses = engine.evaluate()
      #expect((losses.train - train.loss).magnitude < 1e-13 * train.loss)
      #expect((losses.test - test.loss).magnitude < 1e-13 * test.loss)
      #expect(try #require(engine.accuracies) == (train.accuracy, test.accuracy))
      shares.insert(train.accuracy)
      engine.descend()
    }
    #expect(shares.count > 3)
  }

  @Test(arguments: shapes, [0, 1, 2])
  func `the gradient of every parameter is the slope of the train loss`(
    sizes: AdditionToyDraws.Sizes, seed: Int
  ) {
    let draws = Self.draws(sizes, seed: seed)
    var engine = AdditionToyEngine<Double>(task: AdditionToyTask(alpha: 1.5), draws: draws)
    _ = engine.evaluate()
    let (centre, gradient) = (engine.matrices, engine.gradient)
    var generator = Xoshiro256(seed: UInt64(seed), stream: 77)
    for index in centre.indices {
      let shape = centre[index]
      let direction = Matrix<Double>(
        rows: shape.rows, columns: shape.columns,
        elements: NormalDeviates.array(count: shape.rows * shape.columns, using: &generator))
      func loss(at distance: Double) -> Double {
        engine.matrices = centre
        engine.matrices[index].add(direction, times: distance)
        return engine.evaluate().train
      }
      let slope = (loss(at: 1e-5) - loss(at: -1e-5)) / 2e-5
      // Tensors have a row a unit, but for the embeddings and the biases.
      let isTransposed = index > 0 && index % 2 == 1
      let expected = zip(
        gradient[index].doubles, (isTransposed ? direction.transposed : direction).elements
      ).reduce(0) { $0 + $1.0 * $1.1 }
      #expect((slope - expected).magnitude < 1e-8 * max(expected.magnitude, 0.1), "\(index)")
    }
  }

  @Test(arguments: shapes)
  func `single precision follows double precision`(sizes: AdditionToyDraws.Sizes) {
    let task = AdditionToyTask(learningRate: 0.003)
    var single = AdditionToyEngine<Float>(task: task, draws: Self.draws(sizes))
    var double = AdditionToyEngine<Double>(task: task, draws: Self.draws(sizes))
    let start = double.evaluate().train
    for _ in 0..<200 {
      let (left, right) = (single.evaluate(), double.evaluate())
      #expect((left.train - right.train).magnitude < 1e-4 * right.train)
      #expect((left.test - right.test).magnitude < 1e-4 * right.test)
      single.descend()
      double.descend()
    }
    #expect(double.evaluate().train < 0.8 * start)
  }

  @Test(arguments: [
    OptimiserRule.adamW(beta1: 0.9, beta2: 0.99, epsilon: 1e-8), .momentum(0.9),
  ])
  func `a state that is taken up again goes on to the bit`(rule: OptimiserRule) throws {
    let task = AdditionToyTask(
      optimiser: rule, learningRate: 0.01, weightDecay: 1, embeddingWeightDecay: 0.1)
    var whole = AdditionToyEngine<Float>(task: task, draws: Self.draws())
    for _ in 0..<30 {
      _ = whole.evaluate()
      whole.descend()
    }
    var resumed = AdditionToyEngine<Float>(task: task, draws: Self.draws())
    try resumed.restore(try Safetensors(bytes: Safetensors(tensors: whole.state()).bytes))
    for _ in 0..<30 {
      let (left, right) = (whole.evaluate(), resumed.evaluate())
      #expect(left == right)
      whole.descend()
      resumed.descend()
    }
    #expect(whole.matrices == resumed.matrices)
    #expect(whole.state() == resumed.state())
  }

  @Test func `embeddings and decoder have rates and decays of their own`() {
    let task = AdditionToyTask(
      optimiser: .momentum(0), learningRate: 0.5, weightDecay: 0.25, embeddingLearningRate: 0.125,
      embeddingWeightDecay: 2)
    var engine = AdditionToyEngine<Double>(task: task, draws: Self.draws())
    _ = engine.evaluate()
    let (before, gradient) = (engine.matrices, engine.gradient)
    engine.descend()
    for (index, after) in engine.matrices.enumerated() {
      let (rate, decay) = index == 0 ? (0.125, 2.0) : (0.5, 0.25)
      let isTransposed = index > 0 && index % 2 == 1
      let (from, to) =
        isTransposed
        ? (before[index].transposed, after.transposed) : (before[index], after)
      for (place, slope) in gradient[index].doubles.enumerated() {
        let expected = from.elements[place] - rate * (slope + decay * from.elements[place])
        #expect((to.elements[place] - expected).magnitude < 1e-15)
      }
    }
  }
}

@Suite struct AdditionToyDrawsTests {
  @Test func `every pair is in one of both sets, and its label is its sum`() {
    let draws = AdditionToyDraws(sizes: AdditionToyDraws.Sizes(), seed: 0, splitSeed: 3)
    #expect(draws.train.count == 45)
    #expect(draws.test.count == 10)
    #expect(draws.train.classes == 19)
    var seen: Set<[Int]> = []
    for set in [draws.train, draws.test] {
      for place in 0..<set.count {
        let (a, b, label) = set[place]
        #expect(a <= b && b < 10 && label == a + b)
        seen.insert([a, b])
      }
    }
    #expect(seen.count == 55)
  }

  @Test func `the seed draws the network, the split's seed the task`() {
    let sizes = AdditionToyDraws.Sizes()
    let draws = AdditionToyDraws(sizes: sizes, seed: 0, splitSeed: 0)
    let network = AdditionToyDraws(sizes: sizes, seed: 1, splitSeed: 0)
    #expect(network.embeddings != draws.embeddings)
    #expect(network.decoder.matrices != draws.decoder.matrices)
    #expect(network.targets == draws.targets)
    #expect(network.train == draws.train)
    let task = AdditionToyDraws(sizes: sizes, seed: 0, splitSeed: 1)
    #expect(task.embeddings == draws.embeddings)
    #expect(task.decoder.matrices == draws.decoder.matrices)
    #expect(task.targets != draws.targets)
    #expect(task.train != draws.train)
  }

  @Test func `embeddings are uniform between halves, the decoder begins as PyTorch's does`() {
    let sizes = AdditionToyDraws.Sizes(numbers: 100, width: 10, hiddenUnits: 100)
    let draws = AdditionToyDraws(
      sizes: sizes, embeddingScale: 3, weightScale: 2, seed: 5, splitSeed: 0)
    let bounds = [1.5] + [10.0, 10, 100, 100, 100, 100].map { 2 / $0.squareRoot() }
    for (matrix, bound) in zip([draws.embeddings] + draws.decoder.matrices, bounds) {
      let elements = matrix.elements
      #expect(elements.allSatisfy { $0.magnitude <= bound })
      #expect(elements.contains { $0.magnitude > 0.9 * bound })
      guard elements.count >= 1000 else { continue }
      let variance = elements.reduce(0) { $0 + $1 * $1 } / Double(elements.count)
      #expect((variance - bound * bound / 3).magnitude < 0.1 * variance)
    }
  }

  @Test func `a share of the pairs is rounded down, and leaves both sets something`() {
    let sizes = AdditionToyDraws.Sizes()
    #expect(sizes.trainExamples(0.82) == 45)
    #expect(sizes.trainExamples(0.2) == 11)
    #expect(sizes.trainExamples(0.01) == 1)
    #expect(sizes.trainExamples(0.999) == 54)
  }

  /// With (0, 0) and (8, 9) in the test set, two of four test pairs have a sum of which nothing was learned.
  @Test func `test pairs whose sum no train pair has are not known`() {
    let whole = AdditionToyDraws(sizes: AdditionToyDraws.Sizes(), seed: 0, splitSeed: 0)
    // (0, 0), (0, 2), (3, 4), (8, 9) by their places.
    let test = [0, 2, 28, 53]
    let draws = AdditionToyDraws(
      embeddings: whole.embeddings, decoder: whole.decoder, targets: whole.targets,
      trainPlaces: (0..<55).filter { !test.contains($0) })
    #expect(draws.test[2] == (3, 4, 7))
    #expect(draws.knownTestShare == 0.5)
  }
}

@Suite struct RepresentationQualityTests {
  /// The index of embeddings, as runs record it.
  private func index(_ embeddings: [[Double]]) throws -> Double {
    let sizes = AdditionToyDraws.Sizes(
      numbers: embeddings.count, width: embeddings[0].count, hiddenUnits: 2, trainExamples: 2)
    let draws = AdditionToyDraws(sizes: sizes, seed: 0, splitSeed: 0)
    var engine = AdditionToyEngine<Double>(task: AdditionToyTask(), draws: draws)
    engine.matrices[0] = Matrix(
      rows: embeddings.count, columns: embeddings[0].count, elements: Array(embeddings.joined()))
    return try #require(engine.observables()["rqi"])
  }

  @Test func `numbers in line have an index of one, at any scale and in any direction`() throws {
    #expect(try index((0..<10).map { [Double($0)] }) == 1)
    #expect(try index((0..<10).map { [7 - 0.001 * Double($0)] }) == 1)
    #expect(try index((0..<10).map { [Double($0), -3 * Double($0), 5 - Double($0)] }) == 1)
  }

  /// Of 0, 1, 2, 3 there are three parallelograms: 0 + 2 = 1 + 1, 0 + 3 = 1 + 2, 1 + 3 = 2 + 2.
  @Test func `the index is the share of parallelograms that close`() throws {
    #expect(try index([[0], [1], [2], [2]]) == 1.0 / 3)
    #expect(try index([[0], [1], [0], [5]]) == 0)
  }

  /// Two parallelograms of 0, 1, 2, 3 + δ miss by δ; the deviation is 1.338 with δ = 0.12, where the one of all four numbers
  /// with p in place of p − 1 would be 1.159, and 1.346 with δ = 0.14.
  @Test func `a parallelogram closes if it misses by less than a tenth of the deviation`() throws {
    #expect(try index([[0], [1], [2], [3.12]]) == 1)
    #expect(try index([[0], [1], [2], [3.14]]) == 1.0 / 3)
  }

  @Test func `in several dimensions the squares of misses are averaged`() throws {
    #expect(try index([[0, 0], [1, 1], [2, 2], [3.12, 3.12]]) == 1)
    #expect(try index([[0, 0], [1, 1], [2, 2], [3.12, 3.4]]) == 1.0 / 3)
  }
}

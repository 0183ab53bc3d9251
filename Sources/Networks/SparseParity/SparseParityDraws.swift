public import LinearAlgebra

/// What a run on sparse parity draws: which bits matter, the examples, and the weights at step 0.
///
/// The secret bits, the train and the test inputs have a stream each of the data's seed, the weights one of the run's: another
/// number of examples keeps the others.
public struct SparseParityDraws: Sendable {
  /// The sizes of a run.
  public struct Sizes: Hashable, Sendable {
    /// n, the bits of an input.
    public var inputDimension: Int
    /// k, how many of them make the label.
    public var secretBits: Int
    public var hiddenLayers: Int
    /// N, the units of each hidden layer.
    public var hiddenUnits: Int
    /// One, or two with cross-entropy.
    public var outputs: Int
    public var trainExamples: Int
    public var testExamples: Int

    public init(
      inputDimension: Int = 40, secretBits: Int = 3, hiddenLayers: Int = 1,
      hiddenUnits: Int = 1000, outputs: Int = 1, trainExamples: Int = 1000, testExamples: Int = 100
    ) {
      precondition(
        1...inputDimension ~= secretBits && hiddenLayers >= 1,
        "\(secretBits) of \(inputDimension) bits, \(hiddenLayers) layers")
      self.inputDimension = inputDimension
      self.secretBits = secretBits
      self.hiddenLayers = hiddenLayers
      self.hiddenUnits = hiddenUnits
      self.outputs = outputs
      self.trainExamples = trainExamples
      self.testExamples = testExamples
    }

    /// The inputs, the units of each hidden layer, the outputs.
    var widths: [Int] {
      [inputDimension] + Array(repeating: hiddenUnits, count: hiddenLayers) + [outputs]
    }

    /// The memory that a run of these sizes takes at its peak, in bytes.
    ///
    /// What is drawn; weights, gradients and two moments; examples, and what the layers make of a batch and of a block that is
    /// measured, with slopes; at the end a checkpoint's tensors and bytes.
    ///
    /// - Parameters:
    ///   - batchSize: the examples of a step.
    ///   - copies: how often the options of the optimiser take the memory of the weights.
    ///   - scalarBytes: the size of the engine's numbers.
    /// - Returns: an estimate that is neither far below nor far above.
    public func bytes(batchSize: Int, copies: Int = 0, scalarBytes: Int) -> Int {
      let weights = zip(widths, widths.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
      let examples = (trainExamples + testExamples) * (inputDimension + 1)
      let rows =
        SparseParityEngine<Float>.blockRows + 2 * min(batchSize, trainExamples)
      let passes = rows * (hiddenLayers * hiddenUnits + inputDimension)
      return 8 * (weights + examples)
        + scalarBytes * ((10 + copies) * weights + examples + passes)
    }
  }

  /// The bits whose product is the label, ascending, from 0.
  public let secret: [Int]
  /// Examples of 1 and −1, `[train examples × n]`.
  public let trainInputs: Matrix<Double>
  /// `[test examples × n]`.
  public let testInputs: Matrix<Double>
  /// The weights at step 0.
  public let network: PerceptronLayers<Double>

  /// - Parameters:
  ///   - sizes: the shapes.
  ///   - activation: of the hidden layers.
  ///   - weightScale: what all initial weights and biases are multiplied by.
  ///   - hasOutputBias: whether the outputs begin with a bias.
  ///   - seed: of the weights.
  ///   - dataSeed: of the secret bits and of all inputs.
  public init(
    sizes: Sizes, activation: Activation = .relu, weightScale: Double = 1,
    hasOutputBias: Bool = false, seed: Int, dataSeed: Int
  ) {
    func generator(_ seed: Int, _ stream: UInt64) -> Xoshiro256 {
      Xoshiro256(seed: UInt64(bitPattern: Int64(seed)), stream: stream)
    }
    func inputs(_ count: Int, stream: UInt64) -> Matrix<Double> {
      var generator = generator(dataSeed, stream)
      var signs: [Double] = []
      signs.reserveCapacity(count * sizes.inputDimension)
      for _ in 0..<count {
        var bits: UInt64 = 0
        for place in 0..<sizes.inputDimension {
          if place % 64 == 0 { bits = generator.next() }
          signs.append(bits & 1 == 1 ? 1 : -1)
          bits >>= 1
        }
      }
      return Matrix(rows: count, columns: sizes.inputDimension, elements: signs)
    }
    var (ofSecret, ofWeights) = (generator(dataSeed, 1), generator(seed, 4))
    // Sorted by a random number each: the same order in every version of Swift, which `shuffled` does not promise.
    let order = (0..<sizes.inputDimension).map { (key: ofSecret.next(), bit: $0) }
      .sorted { ($0.key, $0.bit) < ($1.key, $1.bit) }.map(\.bit)
    var network = PerceptronLayers<Double>.standard(
      widths: sizes.widths, scale: weightScale, activation: activation, using: &ofWeights)
    if !hasOutputBias { network.matrices[network.matrices.count - 1].fillWithZeros() }
    self.init(
      secret: order.prefix(sizes.secretBits).sorted(),
      trainInputs: inputs(sizes.trainExamples, stream: 2),
      testInputs: inputs(sizes.testExamples, stream: 3), network: network)
  }

  /// Takes secret bits, examples and weights as they are.
  ///
  /// - Parameters:
  ///   - secret: the bits whose product is the label.
  ///   - trainInputs: a row an example.
  ///   - testInputs: likewise.
  ///   - network: the weights at step 0; a bias of the outputs that is not trained must be 0.
  /// - Precondition: the shapes fit.
  public init(
    secret: [Int], trainInputs: Matrix<Double>, testInputs: Matrix<Double>,
    network: PerceptronLayers<Double>
  ) {
    let bits = network.matrices[0].rows
    precondition(
      trainInputs.columns == bits && testInputs.columns == bits && trainInputs.rows > 0
        && testInputs.rows > 0 && !secret.isEmpty && secret.allSatisfy((0..<bits).contains)
        && 1...2 ~= network.outputBias.columns,
      "\(trainInputs.shape) and \(testInputs.shape), the bits \(secret) of \(bits)")
    self.secret = secret
    self.trainInputs = trainInputs
    self.testInputs = testInputs
    self.network = network
  }

  /// The labels of examples: 1, or −1.
  ///
  /// - Parameter inputs: a row an example.
  /// - Returns: one for each.
  public func labels(of inputs: Matrix<Double>) -> [Int] {
    (0..<inputs.rows).map { row in
      secret.reduce(1) { inputs[row, $1] < 0 ? -$0 : $0 }
    }
  }
}

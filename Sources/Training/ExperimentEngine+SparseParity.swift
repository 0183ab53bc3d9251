import LinearAlgebra
import Networks
import OrderedCollections

extension ExperimentEngine {
  private static func sparseParityLoss(
    _ parameters: RunParameters
  ) throws(TrainingError) -> SparseParityTask.Loss {
    switch try parameters.text("loss") {
    case "cross-entropy": .crossEntropy
    case "mean-square": .meanSquare
    default: .hinge
    }
  }

  static func sparseParitySizes(
    _ parameters: RunParameters
  ) throws(TrainingError) -> SparseParityDraws.Sizes {
    SparseParityDraws.Sizes(
      inputDimension: try parameters.integer("input_dimension"),
      secretBits: try parameters.integer("secret_bits"),
      hiddenLayers: try parameters.integer("hidden_layers"),
      hiddenUnits: try parameters.integer("hidden_units"),
      outputs: try sparseParityLoss(parameters).outputs,
      trainExamples: try parameters.integer("train_examples"),
      testExamples: try parameters.integer("test_examples"))
  }

  /// Weights and examples as the run draws them, or as files say.
  private static func sparseParityDraws(
    _ parameters: RunParameters, _ files: OrderedDictionary<String, RunInput>,
    activation: Activation, hasOutputBias: Bool
  ) throws(TrainingError) -> SparseParityDraws {
    let sizes = try sparseParitySizes(parameters)
    // What a file settles is no parameter of the run, and drawn to be replaced.
    var draws = SparseParityDraws(
      sizes: sizes, activation: activation,
      weightScale: parameters.number("weight_scale", otherwise: 1), hasOutputBias: hasOutputBias,
      seed: try parameters.integer("seed"), dataSeed: parameters.integer("data_seed", otherwise: 0))
    if let weights = try sparseParityWeights(parameters, files) {
      do {
        draws = try draws.replacingWeights(by: weights)
      } catch {
        throw TrainingError("initial_weights: \(error)")
      }
    }
    if let examples = try sparseParityExamples(parameters, files) {
      draws = draws.replacingExamples(by: examples)
    }
    return draws
  }

  /// The initial weights of a file; nil if the run draws its own.
  static func sparseParityWeights(
    _ parameters: RunParameters, _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> [Tensor]? {
    let weights = try givenWeights(try sparseParitySizes(parameters).parameters, files)
    if let bias = weights?.last, try parameters.text("output_bias") == "none",
      !bias.doubles.allSatisfy({ $0 == 0 })
    {
      throw TrainingError(
        "initial_weights: \(bias.name) is not 0, and the outputs have no bias (output_bias: none)")
    }
    return weights
  }

  /// The examples of a file; nil if the run draws its own.
  static func sparseParityExamples(
    _ parameters: RunParameters, _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> SparseParityExamples? {
    guard let file = files["split"]?.tensors else { return nil }
    let sizes = try sparseParitySizes(parameters)
    do {
      return try SparseParityExamples(file: file, sizes: sizes)
    } catch {
      throw TrainingError("split: \(error)")
    }
  }

  static func sparseParity(
    _ parameters: RunParameters, _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> any TrainingEngine {
    let name = try parameters.text("activation")
    guard let activation = Activation(rawValue: name) else {
      throw TrainingError("activation: there is no \"\(name)\"")
    }
    var task = SparseParityTask(
      alpha: try parameters.number("alpha"), loss: try sparseParityLoss(parameters),
      hasOutputBias: try parameters.text("output_bias") == "trained",
      batchSize: try parameters.integer("batch_size"), optimiser: try optimiser(parameters),
      learningRate: try parameters.number("learning_rate"),
      weightDecay: try parameters.number("weight_decay"))
    task.options = try optimiserOptions(parameters)
    let seed = try parameters.integer("seed")
    let draws = try sparseParityDraws(
      parameters, files, activation: activation, hasOutputBias: task.hasOutputBias)
    return switch try parameters.text("precision") {
    case "float64": SparseParityEngine<Double>(task: task, draws: draws, batchSeed: seed)
    default: SparseParityEngine<Float>(task: task, draws: draws, batchSeed: seed)
    }
  }

  static func sparseParityBytes(_ parameters: RunParameters) throws(TrainingError) -> Int {
    try sparseParitySizes(parameters).bytes(
      batchSize: try parameters.integer("batch_size"),
      copies: try optimiserOptions(parameters).weightCopies,
      scalarBytes: try parameters.scalarBytes())
  }
}

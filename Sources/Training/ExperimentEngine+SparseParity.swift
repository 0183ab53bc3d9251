import LinearAlgebra
import Networks

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

  private static func sparseParitySizes(
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

  static func sparseParity(_ parameters: RunParameters) throws(TrainingError) -> any TrainingEngine
  {
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
    let draws = SparseParityDraws(
      sizes: try sparseParitySizes(parameters), activation: activation,
      weightScale: try parameters.number("weight_scale"), hasOutputBias: task.hasOutputBias,
      seed: seed, dataSeed: try parameters.integer("data_seed"))
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

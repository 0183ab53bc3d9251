import Networks

extension ExperimentEngine {
  static func additionToySizes(
    _ parameters: RunParameters
  ) throws(TrainingError) -> AdditionToyDraws.Sizes {
    let hasTargets = try parameters.text("loss") == "mean-square"
    var sizes = AdditionToyDraws.Sizes(
      numbers: try parameters.integer("p"), width: try parameters.integer("embedding_width"),
      hiddenLayers: try parameters.integer("hidden_layers"),
      hiddenUnits: try parameters.integer("hidden_units"),
      targetDimension: hasTargets ? try parameters.integer("target_dimension") : nil)
    sizes.trainExamples = sizes.trainExamples(try parameters.number("train_fraction"))
    return sizes
  }

  static func additionToy(_ parameters: RunParameters) throws(TrainingError) -> any TrainingEngine {
    var task = AdditionToyTask(
      alpha: try parameters.number("alpha"), optimiser: try optimiser(parameters),
      learningRate: try parameters.number("learning_rate"),
      weightDecay: try parameters.number("weight_decay"),
      embeddingLearningRate: try parameters.number("embedding_learning_rate"),
      embeddingWeightDecay: try parameters.number("embedding_weight_decay"))
    task.options = try optimiserOptions(parameters)
    let draws = AdditionToyDraws(
      sizes: try additionToySizes(parameters),
      embeddingScale: try parameters.number("embedding_scale"),
      weightScale: try parameters.number("weight_scale"), seed: try parameters.integer("seed"),
      splitSeed: try parameters.integer("split_seed"))
    return switch try parameters.text("precision") {
    case "float64": AdditionToyEngine<Double>(task: task, draws: draws)
    default: AdditionToyEngine<Float>(task: task, draws: draws)
    }
  }
}

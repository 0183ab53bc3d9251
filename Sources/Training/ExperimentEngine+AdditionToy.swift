import Networks
import OrderedCollections

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
    sizes.trainExamples = sizes.trainExamples(
      parameters.number("train_fraction", otherwise: 0.5))
    return sizes
  }

  /// Weights and split as the run draws them, or as files say.
  static func additionToyDraws(
    _ parameters: RunParameters, _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> AdditionToyDraws {
    let sizes = try additionToySizes(parameters)
    // What a file settles is no parameter of the run, and drawn to be replaced.
    var draws = AdditionToyDraws(
      sizes: sizes, embeddingScale: parameters.number("embedding_scale", otherwise: 1),
      weightScale: parameters.number("weight_scale", otherwise: 1),
      seed: parameters.integer("seed", otherwise: 0),
      splitSeed: parameters.integer("split_seed", otherwise: 0))
    if let weights = try givenWeights(sizes.parameters, files) {
      do {
        draws = try draws.replacingWeights(by: weights)
      } catch {
        throw TrainingError("initial_weights: \(error)")
      }
    }
    if let file = files["split"]?.tensors {
      do {
        draws = draws.replacingSplit(by: try AdditionToySplit(file: file, sizes: sizes))
      } catch {
        throw TrainingError("split: \(error)")
      }
    }
    return draws
  }

  static func additionToy(
    _ parameters: RunParameters, _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> any TrainingEngine {
    var task = AdditionToyTask(
      alpha: try parameters.number("alpha"), optimiser: try optimiser(parameters),
      learningRate: try parameters.number("learning_rate"),
      weightDecay: try parameters.number("weight_decay"),
      embeddingLearningRate: try parameters.number("embedding_learning_rate"),
      embeddingWeightDecay: try parameters.number("embedding_weight_decay"))
    task.options = try optimiserOptions(parameters)
    let draws = try additionToyDraws(parameters, files)
    return switch try parameters.text("precision") {
    case "float64": AdditionToyEngine<Double>(task: task, draws: draws)
    default: AdditionToyEngine<Float>(task: task, draws: draws)
    }
  }
}

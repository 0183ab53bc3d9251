import Experiments
import Networks

extension ExperimentEngine {
  static func modularMLPSizes(
    _ parameters: RunParameters
  ) throws(TrainingError) -> ModularMLPDraws.Sizes {
    let operation = try operation(parameters)
    return ModularMLPDraws.Sizes(
      modulus: try modulus(parameters, operation),
      hiddenUnits: try parameters.integer("hidden_units"),
      trainFraction: try parameters.number("train_fraction"), operation: operation)
  }

  static func modularMLP(
    _ parameters: RunParameters
  ) throws(TrainingError) -> any TrainingEngine {
    let task = ModularMLPTask(
      alpha: try parameters.number("alpha"), learningRate: try parameters.number("learning_rate"),
      weightDecay: try parameters.number("weight_decay"),
      momentum: try parameters.number("momentum"))
    let draws = ModularMLPDraws(
      sizes: try modularMLPSizes(parameters), operation: try operation(parameters),
      sigma: try parameters.number("sigma"),
      seed: try parameters.integer("seed"))
    return switch try parameters.text("precision") {
    case "float64": ModularMLPEngine<Double>(task: task, draws: draws)
    default: ModularMLPEngine<Float>(task: task, draws: draws)
    }
  }
}

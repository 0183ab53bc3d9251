import Experiments
import Networks
import OrderedCollections

extension ExperimentEngine {
  static func oneLayerTransformerSizes(
    _ parameters: RunParameters
  ) throws(TrainingError) -> OneLayerTransformerDraws.Sizes {
    let (width, heads) = (
      try parameters.integer("width"), try parameters.integer("heads")
    )
    guard heads > 0, width.isMultiple(of: heads) else {
      throw TrainingError("width: expected a multiple of \(heads) heads, found \(width)")
    }
    return OneLayerTransformerDraws.Sizes(
      modulus: try modulus(parameters, try operation(parameters)), width: width, heads: heads,
      hiddenUnits: try parameters.integer("hidden_units"))
  }

  static func oneLayerTransformer(
    _ parameters: RunParameters, _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> any TrainingEngine {
    let sizes = try oneLayerTransformerSizes(parameters)
    var task = OneLayerTransformerTask(
      alpha: try parameters.number("alpha"),
      isCentred: try parameters.text("predictor") == "centred",
      optimiser: try optimiser(parameters), learningRate: try scaledRate(parameters),
      weightDecay: try parameters.number("weight_decay"),
      warmUp: try parameters.integer("warm_up"))
    task.options = try optimiserOptions(parameters)
    let split = try pairSplit(parameters, files)
    let draws =
      if let weights = try givenWeights(sizes.parameters, files) {
        OneLayerTransformerDraws(sizes: sizes, weights: weights, split: split)
      } else {
        OneLayerTransformerDraws(
          sizes: sizes, seed: try parameters.integer("seed"), split: split)
      }
    return switch try parameters.text("precision") {
    case "float64": OneLayerTransformerEngine<Double>(task: task, draws: draws)
    default: OneLayerTransformerEngine<Float>(task: task, draws: draws)
    }
  }

  static func oneLayerTransformerBytes(
    _ parameters: RunParameters
  ) throws(TrainingError) -> Int {
    let sizes = try oneLayerTransformerSizes(parameters)
    return sizes.bytes(
      pairs: PairSplit.pairs(try operation(parameters), modulus: sizes.modulus),
      isCentred: try parameters.text("predictor") == "centred",
      copies: try optimiserOptions(parameters).weightCopies,
      scalarBytes: try parameters.scalarBytes())
  }
}

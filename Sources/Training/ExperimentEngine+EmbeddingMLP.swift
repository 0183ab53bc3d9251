import Experiments
import LinearAlgebra
import Networks
import OrderedCollections

extension ExperimentEngine {
  static func embeddingMLPSizes(
    _ parameters: RunParameters
  ) throws(TrainingError) -> EmbeddingMLPSizes {
    EmbeddingMLPSizes(
      modulus: try modulus(parameters, try operation(parameters)),
      width: try parameters.integer("embedding_width"),
      combination: try parameters.text("combination") == "summed" ? .summed : .concatenated,
      sharesEmbedding: try parameters.text("embeddings") == "shared",
      hiddenLayers: try parameters.integer("hidden_layers"),
      hiddenUnits: try parameters.integer("hidden_units"),
      hasBiases: try parameters.text("biases") == "trained")
  }

  static func embeddingMLP(
    _ parameters: RunParameters, _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> any TrainingEngine {
    let sizes = try embeddingMLPSizes(parameters)
    let name = try parameters.text("activation")
    guard let activation = Activation(rawValue: name) else {
      throw TrainingError("activation: there is no \"\(name)\"")
    }
    var task = EmbeddingMLPTask(
      alpha: try parameters.number("alpha"),
      isCentred: try parameters.text("predictor") == "centred", activation: activation,
      loss: try parameters.text("loss") == "mean-square" ? .meanSquare : .crossEntropy,
      optimiser: try optimiser(parameters), learningRate: try scaledRate(parameters),
      weightDecay: try parameters.number("weight_decay"),
      warmUp: try parameters.integer("warm_up"))
    task.options = try optimiserOptions(parameters)
    let split = try pairSplit(parameters, files)
    let draws =
      if let weights = try givenWeights(sizes.parameters, files) {
        EmbeddingMLPDraws(sizes: sizes, weights: weights, split: split)
      } else {
        EmbeddingMLPDraws(
          sizes: sizes,
          initialisation: try parameters.text("initialisation") == "standard" ? .standard : .normal,
          weightScale: try parameters.number("weight_scale"),
          seed: try parameters.integer("seed"), split: split)
      }
    return switch try parameters.text("precision") {
    case "float64": EmbeddingMLPEngine<Double>(task: task, draws: draws)
    default: EmbeddingMLPEngine<Float>(task: task, draws: draws)
    }
  }

  static func embeddingMLPBytes(_ parameters: RunParameters) throws(TrainingError) -> Int {
    let sizes = try embeddingMLPSizes(parameters)
    return sizes.bytes(
      pairs: PairSplit.pairs(try operation(parameters), modulus: sizes.modulus),
      isCentred: try parameters.text("predictor") == "centred",
      copies: try optimiserOptions(parameters).weightCopies,
      scalarBytes: try parameters.scalarBytes())
  }
}

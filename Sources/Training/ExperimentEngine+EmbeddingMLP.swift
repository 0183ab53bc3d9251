import Experiments
import LinearAlgebra
import Networks

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
    _ parameters: RunParameters
  ) throws(TrainingError) -> any TrainingEngine {
    let sizes = try embeddingMLPSizes(parameters)
    let name = try parameters.text("activation")
    guard let activation = Activation(rawValue: name) else {
      throw TrainingError("activation: there is no \"\(name)\"")
    }
    let task = EmbeddingMLPTask(
      alpha: try parameters.number("alpha"),
      isCentred: try parameters.text("predictor") == "centred", activation: activation,
      loss: try parameters.text("loss") == "mean-square" ? .meanSquare : .crossEntropy,
      optimiser: try optimiser(parameters), learningRate: try scaledRate(parameters),
      weightDecay: try parameters.number("weight_decay"),
      warmUp: try parameters.integer("warm_up"))
    let draws = EmbeddingMLPDraws(
      sizes: sizes,
      initialisation: try parameters.text("initialisation") == "standard" ? .standard : .normal,
      weightScale: try parameters.number("weight_scale"), seed: try parameters.integer("seed"),
      split: try pairSplit(parameters))
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
      scalarBytes: try parameters.text("precision") == "float64" ? 8 : 4)
  }

  /// η, divided by α² if that is asked for.
  static func scaledRate(_ parameters: RunParameters) throws(TrainingError) -> Double {
    let (rate, alpha) = (
      try parameters.number("learning_rate"), try parameters.number("alpha")
    )
    let isScaled = try parameters.text("rate_scaling") == "inverse-alpha-squared"
    return isScaled ? rate / (alpha * alpha) : rate
  }

  /// The pairs of an operation, split by a train fraction and a seed of its own.
  static func pairSplit(_ parameters: RunParameters) throws(TrainingError) -> PairSplit {
    let operation = try operation(parameters)
    let modulus = try modulus(parameters, operation)
    return PairSplit(
      operation, modulus: modulus,
      trainExamples: PairSplit.trainExamples(
        try parameters.number("train_fraction"), of: operation, modulus: modulus),
      seed: try parameters.integer("split_seed"))
  }
}

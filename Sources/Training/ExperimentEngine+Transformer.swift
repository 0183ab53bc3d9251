import Experiments
import LinearAlgebra
import Networks
import OrderedCollections

extension ExperimentEngine {
  static func transformerShape(
    _ parameters: RunParameters
  ) throws(TrainingError) -> TransformerShape {
    let (width, heads) = (try parameters.integer("width"), try parameters.integer("heads"))
    guard heads > 0, width.isMultiple(of: heads) else {
      throw TrainingError("width: expected a multiple of \(heads) heads, found \(width)")
    }
    let norm: TransformerShape.Norm =
      switch try parameters.text("layer_norm") {
      case "pre": .pre
      case "none": .none
      default: .post
      }
    let sequence: TransformerShape.Sequence =
      switch try parameters.text("sequence") {
      case "a-b": .pair
      case "eos-a-op-b-=": .statement
      default: .equation
      }
    let name = try parameters.text("activation")
    guard let activation = Activation(rawValue: name) else {
      throw TrainingError("activation: there is no \"\(name)\"")
    }
    return TransformerShape(
      modulus: try modulus(parameters, try operation(parameters)),
      layers: try parameters.integer("layers"), width: width, heads: heads,
      feedForward: try parameters.integer("feed_forward"), activation: activation, norm: norm,
      positions: try parameters.text("positions") == "sinusoidal" ? .sinusoidal : .learned,
      isCausal: try parameters.text("attention") == "causal",
      hasBiases: try parameters.text("biases") == "trained", sequence: sequence,
      hasTokenLogits: try parameters.text("logits") == "tokens")
  }

  static func transformer(
    _ parameters: RunParameters, _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> any TrainingEngine {
    let shape = try transformerShape(parameters)
    let seed = try parameters.integer("seed")
    var task = TransformerTask(
      alpha: try parameters.number("alpha"), batchSize: try parameters.integer("batch_size"),
      optimiser: try optimiser(parameters),
      learningRate: try parameters.number("learning_rate"),
      weightDecay: try parameters.number("weight_decay"),
      warmUp: try parameters.integer("warm_up"), seed: seed)
    task.options = try optimiserOptions(parameters)
    let split = try pairSplit(parameters, files)
    let draws =
      if let weights = try givenWeights(shape.parameters, files) {
        TransformerDraws(shape, weights: weights, split: split)
      } else {
        TransformerDraws(
          shape, try transformerInitialisation(parameters, shape), seed: seed, split: split)
      }
    return switch try parameters.text("precision") {
    case "float64": TransformerEngine<Double>(task: task, draws: draws)
    default: TransformerEngine<Float>(task: task, draws: draws)
    }
  }

  private static func transformerInitialisation(
    _ parameters: RunParameters, _ shape: TransformerShape
  ) throws(TrainingError) -> TransformerInitialisation {
    TransformerInitialisation(
      attention: try parameters.text("attention_init") == "linear" ? .linear : .xavier,
      // Left out where positions are not learned.
      positionDeviation: shape.positions == .learned
        ? try parameters.number("position_deviation") : 1)
  }

  static func transformerBytes(_ parameters: RunParameters) throws(TrainingError) -> Int {
    let shape = try transformerShape(parameters)
    return shape.bytes(
      pairs: PairSplit.pairs(try operation(parameters), modulus: shape.modulus),
      copies: try optimiserOptions(parameters).weightCopies,
      scalarBytes: try parameters.scalarBytes())
  }
}

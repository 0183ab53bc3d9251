import Experiments
import Networks

// What OptimiserParameters says, as the networks take it.
extension ExperimentEngine {
  static func optimiser(
    _ parameters: RunParameters
  ) throws(TrainingError) -> OptimiserRule {
    let name = try parameters.text("optimiser")
    if name == "sgd" { return .momentum(try parameters.number("momentum")) }
    let beta1 = try parameters.number("beta1")
    let beta2 = try parameters.number("beta2")
    let epsilon = try parameters.number("adam_epsilon")
    return name == "adam"
      ? .adam(beta1: beta1, beta2: beta2, epsilon: epsilon)
      : .adamW(beta1: beta1, beta2: beta2, epsilon: epsilon)
  }

  static func optimiserOptions(
    _ parameters: RunParameters
  ) throws(TrainingError) -> OptimiserOptions {
    var options = OptimiserOptions()
    let steps = try parameters.integer("schedule_steps")
    switch try parameters.text("schedule") {
    case "linear": options.schedule = .linear(steps: steps)
    case "cosine": options.schedule = .cosine(steps: steps)
    default: break
    }
    let clip = try parameters.number("clip_norm")
    options.clipNorm = clip > 0 ? clip : nil
    options.decaysTowardsInitial = try parameters.text("decay_towards") == "initial"
    options.keepsNorm = try parameters.text("norm") == "kept"
    let factor = try parameters.number("grokfast_lambda")
    switch try parameters.text("grokfast") {
    case "ema":
      options.slowGradient = .exponential(
        decay: try parameters.number("grokfast_alpha"), factor: factor)
    case "ma":
      options.slowGradient = .mean(
        window: try parameters.integer("grokfast_window"), factor: factor)
    default: break
    }
    return options
  }

  /// What decides which tensors an optimiser keeps.
  static func optimiserKind(_ parameters: RunParameters) throws(TrainingError) -> String {
    let slow = try parameters.text("grokfast")
    let window = slow == "ma" ? try parameters.integer("grokfast_window") : 0
    return
      "\(try parameters.text("optimiser")) \(slow) \(window) \(try parameters.text("precision"))"
  }
}

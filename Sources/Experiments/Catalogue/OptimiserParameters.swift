/// The parameters of the optimisers, for experiments that offer all of them.
enum OptimiserParameters {
  /// All of them.
  ///
  /// - Parameters:
  ///   - rule: the rule if nobody says.
  ///   - learningRate: η if nobody says.
  ///   - weightDecay: λ if nobody says.
  ///   - beta2: β₂ if nobody says, with where it comes from.
  ///   - source: where η and λ come from.
  /// - Returns: the parameters, the rule itself first.
  static func all(
    rule: ParameterValue = "adamw", learningRate: ParameterValue, weightDecay: ParameterValue,
    beta2: (value: ParameterValue, source: String) = (0.999, "PyTorch's default"), source: String
  ) -> [ParameterDefinition] {
    [
      ParameterDefinition(
        name: "optimiser", kind: .choice(["adamw", "adam", "sgd"]), defaultValue: rule,
        meaning:
          "as in PyTorch: adamw decays weights by 1 − ηλ beside the step, adam and sgd add λ w to "
          + "the gradient; moments are corrected for their bias, ε lies outside of the root",
        unit: nil, source: source),
      ParameterDefinition(
        name: "learning_rate", kind: .number(.above(0)), defaultValue: learningRate,
        meaning: "η", unit: nil, source: source),
      ParameterDefinition(
        name: "weight_decay", kind: .number(.atLeast(0)), defaultValue: weightDecay,
        meaning: "λ", unit: nil, source: source),
      ParameterDefinition(
        name: "beta1", kind: .number(.within(0, 0.9999)), defaultValue: 0.9,
        meaning: "β₁ of adamw and adam", unit: nil, source: "PyTorch's default", effect: hasMoments),
      ParameterDefinition(
        name: "beta2", kind: .number(.within(0, 0.999999)), defaultValue: beta2.value,
        meaning: "β₂ of adamw and adam", unit: nil, source: beta2.source, effect: hasMoments),
      ParameterDefinition(
        name: "adam_epsilon", kind: .number(.above(0)), defaultValue: 0.00000001,
        meaning: "ε of adamw and adam", unit: nil, source: "PyTorch's default", effect: hasMoments),
      ParameterDefinition(
        name: "momentum", kind: .number(.within(0, 0.9999)), defaultValue: 0,
        meaning: "μ of sgd; heavy ball: v ← μ v + gradient, w ← w − η v", unit: nil,
        source: "none: \(source)", effect: .when("optimiser", is: "sgd")),
    ] + options
  }

  /// What is done around the rule; configurations leave it out where nothing is.
  private static let options: [ParameterDefinition] = [
    ParameterDefinition(
      name: "schedule", kind: .choice(["constant", "linear", "cosine"]), defaultValue: "constant",
      meaning:
        "how the learning rate falls to 0 over schedule_steps: linear, or as half a cosine; a warm-up "
        + "multiplies it besides", unit: nil, source: "none: ours", isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "schedule_steps", kind: .integer(1...1_000_000_000), defaultValue: 10_000,
      meaning: "T, after which the rate is 0, with a schedule", unit: "steps", source: "ours",
      isLeftOutAtDefault: true, effect: .unless("schedule", is: "constant")),
    ParameterDefinition(
      name: "clip_norm", kind: .number(.atLeast(0)), defaultValue: 0,
      meaning:
        "largest norm of the gradient of all weights together, as clip_grad_norm_ has it; 0 for none",
      unit: nil, source: "none: ours; 1: Xu 2026, arXiv 2602.16746", isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "decay_towards", kind: .choice(["zero", "initial"]), defaultValue: "zero",
      meaning: "initial: weight decay is towards the initial weights, λ (w − w₀) for λ w",
      unit: nil,
      source: "initial: Power 2022, to_init", isLeftOutAtDefault: true,
      effect: .unless("weight_decay", is: 0)),
    ParameterDefinition(
      name: "norm", kind: .choice(["free", "kept"]), defaultValue: "free",
      meaning:
        "kept: after each step all weights are multiplied so that their norm is the initial one",
      unit: nil, source: "kept: Omnigrok, arXiv 2210.01117", isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "grokfast", kind: .choice(["none", "ema", "ma"]), defaultValue: "none",
      meaning:
        "ema: λ times an exponential mean of gradients is added to the gradient before anything else; ma: "
        + "λ times the mean of the last grokfast_window, once there are so many, which takes the memory of "
        + "as many gradients", unit: nil, source: "Lee et al. 2024, arXiv 2405.20233",
      isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "grokfast_alpha", kind: .number(.within(0, 0.999999)), defaultValue: 0.98,
      meaning: "a of ema: μ ← a μ + (1 − a) g, the first μ being the first g", unit: nil,
      source: "Lee et al. 2024", isLeftOutAtDefault: true, effect: .when("grokfast", is: "ema")),
    ParameterDefinition(
      name: "grokfast_lambda", kind: .number(.atLeast(0)), defaultValue: 2,
      meaning: "λ of ema and ma", unit: nil, source: "Lee et al. 2024; 5 with ma",
      isLeftOutAtDefault: true, effect: .unless("grokfast", is: "none")),
    ParameterDefinition(
      name: "grokfast_window", kind: .integer(1...10_000), defaultValue: 100,
      meaning: "how many gradients ma takes", unit: "steps", source: "Lee et al. 2024",
      isLeftOutAtDefault: true, effect: .when("grokfast", is: "ma")),
  ]

  private static let hasMoments = EffectCondition.when("optimiser", is: "adamw", "adam")
}

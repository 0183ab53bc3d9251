import OrderedCollections

/// The parameters of the optimisers, for experiments that offer all of them.
enum OptimiserParameters {
  /// All of them.
  ///
  /// - Parameters:
  ///   - learningRate: η if nobody says.
  ///   - weightDecay: λ if nobody says.
  ///   - beta2: β₂ if nobody says, with where it comes from.
  ///   - source: where η and λ come from.
  /// - Returns: the parameters, the rule itself first.
  static func all(
    learningRate: ParameterValue, weightDecay: ParameterValue,
    beta2: (value: ParameterValue, source: String) = (0.999, "PyTorch's default"), source: String
  ) -> [ParameterDefinition] {
    [
      ParameterDefinition(
        name: "optimiser", kind: .choice(["adamw", "adam", "sgd"]), defaultValue: "adamw",
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
        meaning: "β₁ of adamw and adam", unit: nil, source: "PyTorch's default"),
      ParameterDefinition(
        name: "beta2", kind: .number(.within(0, 0.999999)), defaultValue: beta2.value,
        meaning: "β₂ of adamw and adam", unit: nil, source: beta2.source),
      ParameterDefinition(
        name: "adam_epsilon", kind: .number(.above(0)), defaultValue: 0.00000001,
        meaning: "ε of adamw and adam", unit: nil, source: "PyTorch's default"),
      ParameterDefinition(
        name: "momentum", kind: .number(.within(0, 0.9999)), defaultValue: 0,
        meaning: "μ of sgd; heavy ball: v ← μ v + gradient, w ← w − η v", unit: nil,
        source: "none: \(source)"),
    ]
  }

  /// Leaves out what the optimiser has not got: it makes no other run.
  static let resolve: @Sendable (inout OrderedDictionary<String, ParameterValue>, Bool) -> Void = {
    values, _ in
    let isSGD = values["optimiser"] == "sgd"
    for name in isSGD ? ["beta1", "beta2", "adam_epsilon"] : ["momentum"] { values[name] = nil }
  }
}

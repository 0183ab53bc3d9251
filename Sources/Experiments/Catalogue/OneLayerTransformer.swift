import OrderedCollections

extension ExperimentDefinition {
  /// A transformer of one layer learns the table of an operation, such as addition modulo p.
  ///
  /// Tokens a, b and =, learned embeddings and positions, one layer of attention and one of N rectified units, no
  /// LayerNorm; read at the last position. The only biases are those of the rectified units and of their output, 0 at
  /// first; all other weights ~ N(0, 1/d), those to the logits ~ N(0, 1/(p + 1)). The loss is the cross-entropy over
  /// p + 1 logits, that of = included; full batch. Nanda et al. 2023 (arXiv 2301.05217), section 3 and appendix A, with
  /// the numbers of the authors' code. α and the centred predictor: Kumar et al. 2024 (arXiv 2310.06110), Fig. 6b and 12.
  public static let oneLayerTransformer = ExperimentDefinition(
    name: "one-layer-transformer", version: 2,
    summary:
      "A one-layer transformer learns a + b mod p or another table; weight decay makes it grok.",
    source: "Nanda et al. 2023, arXiv 2301.05217; Kumar et al. 2024, arXiv 2310.06110, Fig. 6b, 12",
    isHidden: false,
    parameters: OneLayerTransformerRules.network + OneLayerTransformerRules.data
      + OptimiserParameters.all(
        learningRate: 0.001, weightDecay: 1, beta2: (0.98, "Nanda's code"), source: "Nanda, app. A")
      + OneLayerTransformerRules.computation + GivenFiles.all(split: GivenFiles.split),
    thresholds: Thresholds(
      loss: [0.0001, 0.001, 0.01, 0.1, 1], accuracy: [0.5, 0.9, 0.95, 0.99]),
    grokked: GrokkedRule(measure: .accuracy, train: 0.99, test: 0.95),
    maxSteps: 40_000,
    convergenceRule: nil,
    resolve: PairTaskParameters.resolve,
    conflict: OneLayerTransformerRules.conflict,
    weights: OneLayerTransformerRules.weights,
    observables: [.weightNorm],
    interdependent: ["operation", "p", "width", "heads"])
}

/// The parameters of the transformer, and how they depend on one another.
private enum OneLayerTransformerRules {
  static let network =
    PairTaskParameters.laziness(outputs: "logits", uncentred: "Nanda") + [
      ParameterDefinition(
        name: "width", kind: .integer(1...1024), defaultValue: 128,
        meaning: "d, the width of the residual stream; a multiple of the number of heads",
        unit: nil, source: "Nanda, app. A"),
      ParameterDefinition(
        name: "heads", kind: .integer(1...64), defaultValue: 4,
        meaning: "attention heads, of width d/heads each", unit: nil, source: "Nanda, app. A"),
      ParameterDefinition(
        name: "hidden_units", kind: .integer(1...8192), defaultValue: 512,
        meaning: "N, the rectified units", unit: nil, source: "Nanda, app. A"),
    ]

  static let data = PairTaskParameters.data(
    p: 113, fraction: 0.3, source: "Nanda, app. A",
    fractionSource: "Nanda, app. A; 0.4: Kumar, Fig. 12",
    splitSource: "one split for all seeds: Nanda's code")

  static let weights =
    "W_E [p+1 × d], W_pos [3 × d], W_Q, W_K, W_V, W_O [d × d], W_in [d × N], b_in [N], W_out [N × d], "
    + "b_out [d], W_U [d × p+1], all to be multiplied from the left (x W); the columns of W_Q, W_K and "
    + "W_V and the rows of W_O are in the order of the heads" + GivenFiles.moments

  static let computation = PairTaskParameters.computation(
    warmUp: 10, warmUpSource: "Nanda's code",
    precisionSource: "float32: Nanda, whose loss alone is in float64")

  static let conflict: @Sendable (Configuration) -> ParameterError? = { configuration in
    let values = configuration.completeParameters
    if let width = values["width"]?.number?.integerValue,
      let heads = values["heads"]?.number?.integerValue, !width.isMultiple(of: heads)
    {
      return ParameterError(
        name: "width", problem: "expected a multiple of \(heads) heads, found \(width)")
    }
    return ParameterDefinition.operationConflict(configuration)
  }
}

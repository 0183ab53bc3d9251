import OrderedCollections

extension ExperimentDefinition {
  /// An MLP on learned embeddings learns the table of an operation, such as addition modulo p.
  ///
  /// f(a, b) = W_L h_L + b_L over hidden layers hₗ₊₁ = φ(Wₗ hₗ + bₗ), h₀ the embeddings of a and b, side by side or summed;
  /// full batch. The defaults are those of the MLP that GROKVERSE (github.com/HenrikBrehm/GROKVERSE, 2026) trains beside
  /// Nanda's transformer: one table of embeddings, d = 128, concatenated, one layer of 512 rectified units, embeddings ~
  /// N(0, 1/d), weights ~ N(0, 1/inputs), biases 0 at first, cross-entropy. α and the centred predictor: Kumar et al. 2024
  /// (arXiv 2310.06110), Fig. 6b and 12, of a transformer.
  public static let embeddingMLP = ExperimentDefinition(
    name: "embedding-mlp", version: 2,
    summary:
      "An MLP on learned embeddings learns a + b mod p or another table; weight decay makes it grok.",
    source:
      "GROKVERSE 2026; Liu et al. 2022, arXiv 2205.10343; Kumar et al. 2024, arXiv 2310.06110",
    isHidden: false,
    parameters: EmbeddingMLPRules.network + EmbeddingMLPRules.data
      + OptimiserParameters.all(
        learningRate: 0.001, weightDecay: 1, beta2: (0.98, "GROKVERSE"), source: "GROKVERSE")
      + EmbeddingMLPRules.computation + GivenFiles.all(split: GivenFiles.split),
    thresholds: Thresholds(
      loss: [0.0001, 0.001, 0.01, 0.1, 1], accuracy: [0.5, 0.9, 0.95, 0.99]),
    grokked: GrokkedRule(measure: .accuracy, train: 0.99, test: 0.95),
    maxSteps: 30_000,
    convergenceRule: nil,
    resolve: PairTaskParameters.resolve,
    conflict: ParameterDefinition.operationConflict,
    weights: EmbeddingMLPRules.weights,
    observables: [.weightNorm],
    interdependent: ["operation", "p"])
}

/// The parameters of the MLP.
private enum EmbeddingMLPRules {
  static let network =
    PairTaskParameters.laziness(outputs: "outputs", uncentred: "GROKVERSE") + [
      ParameterDefinition(
        name: "embeddings", kind: .choice(["shared", "separate"]), defaultValue: "shared",
        meaning: "shared: a and b have one table of embeddings; separate: each has its own",
        unit: nil, source: "GROKVERSE"),
      ParameterDefinition(
        name: "embedding_width", kind: .integer(1...1024), defaultValue: 128,
        meaning: "d, the width of an embedding", unit: nil, source: "GROKVERSE"),
      ParameterDefinition(
        name: "combination", kind: .choice(["concatenated", "summed"]),
        defaultValue: "concatenated",
        meaning:
          "what enters the first layer: both embeddings side by side, 2d inputs, or their sum",
        unit: nil, source: "concatenated: GROKVERSE; summed: Liu"),
      ParameterDefinition(
        name: "hidden_layers", kind: .integer(1...8), defaultValue: 1,
        meaning: "L, layers of hidden units", unit: nil, source: "GROKVERSE; 2: Liu"),
      ParameterDefinition(
        name: "hidden_units", kind: .integer(1...8192), defaultValue: 512,
        meaning: "N, units of each hidden layer", unit: nil, source: "GROKVERSE; 200: Liu"),
      ParameterDefinition(
        name: "activation", kind: .choice(["relu", "gelu", "tanh", "square"]),
        defaultValue: "relu",
        meaning:
          "φ of every hidden layer; gelu is x Φ(x) with the error function, PyTorch's default",
        unit: nil, source: "relu: GROKVERSE; tanh: Liu; square: Gromov 2023"),
      ParameterDefinition(
        name: "biases", kind: .choice(["trained", "none"]), defaultValue: "trained",
        meaning: "whether every layer has biases", unit: nil,
        source: "trained: GROKVERSE; none: Gromov 2023"),
      ParameterDefinition(
        name: "initialisation", kind: .choice(["normal", "standard"]), defaultValue: "normal",
        meaning:
          "normal: embeddings of N(0, 1/d), weights of N(0, 1/inputs), biases 0; standard: as PyTorch's "
          + "layers begin, embeddings of N(0, 1), weights and biases uniform between ∓1/√inputs",
        unit: nil, source: "normal: GROKVERSE; standard: PyTorch", effect: GivenFiles.drawsWeights),
      ParameterDefinition(
        name: "weight_scale", kind: .number(.above(0)), defaultValue: 1,
        meaning: "factor of all initial weights, embeddings and biases", unit: nil,
        source: "none: GROKVERSE; Omnigrok's α of other networks", effect: GivenFiles.drawsWeights),
      ParameterDefinition(
        name: "loss", kind: .choice(["cross-entropy", "mean-square"]),
        defaultValue: "cross-entropy",
        meaning:
          "mean-square: the mean of (α f − y)² over examples and classes, y the one-hot vector of the label",
        unit: nil, source: "cross-entropy: GROKVERSE; mean-square: Liu, Gromov 2023"),
    ]

  static let data = PairTaskParameters.data(
    p: 113, fraction: 0.3, source: "GROKVERSE", splitSource: "ours")

  static let weights =
    "embedding.weight [p × d], or embedding_a.weight and embedding_b.weight; for each layer l from 0 "
    + "layers.l.weight [units × inputs] and layers.l.bias [units], the last the outputs': as in a "
    + "PyTorch module with an nn.Embedding and an nn.ModuleList of nn.Linear; the first d inputs of "
    + "layer 0 are those of a" + GivenFiles.moments

  static let computation = PairTaskParameters.computation(
    warmUp: 0, warmUpSource: "none: GROKVERSE", precisionSource: "float32: GROKVERSE")
}

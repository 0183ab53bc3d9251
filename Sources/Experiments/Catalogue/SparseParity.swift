import OrderedCollections

extension ExperimentDefinition {
  /// A perceptron learns the product of k secret bits of n.
  ///
  /// x has n independent signs, y is the product of those at k places that a seed draws; train and test examples are drawn
  /// independently. f(x) = α times the outputs of a network that begins as PyTorch's linear layers do. The defaults are those of
  /// Merrill, Tsilivis and Shukla 2023 (arXiv 2303.11873) and their code (github.com/Tsili42/parity-nn): one layer of 1000 rectified
  /// units with biases, one output without, hinge loss, SGD on batches of 32 with coupled weight decay, 300 epochs.
  public static let sparseParity = ExperimentDefinition(
    name: "sparse-parity", version: 1,
    summary: "A perceptron learns the parity of k secret bits of n; weight decay makes it grok.",
    source: "Merrill et al. 2023, arXiv 2303.11873; Barak et al. 2022, arXiv 2207.08799",
    isHidden: false,
    parameters: SparseParityRules.network + SparseParityRules.data
      + OptimiserParameters.all(
        rule: "sgd", learningRate: 0.1, weightDecay: 0.01, source: "Merrill")
      + SparseParityRules.computation + GivenFiles.all(split: GivenFiles.paritySplit),
    thresholds: Thresholds(
      loss: [0.001, 0.01, 0.1, 0.5], accuracy: [0.6, 0.9, 0.95, 0.98, 0.99]),
    grokked: GrokkedRule(measure: .accuracy, train: 0.98, test: 0.98),
    maxSteps: 9600,
    convergenceRule: nil,
    resolve: { _, _ in },
    conflict: { configuration in
      guard let bits = configuration.parameters["secret_bits"]?.number,
        let dimension = configuration.parameters["input_dimension"]?.number, bits > dimension
      else { return nil }
      return ParameterError(
        name: "secret_bits",
        problem: "expected at most input_dimension, \(dimension), found \(bits)")
    },
    weights:
      "for each layer l from 0 layers.l.weight [units × inputs] and layers.l.bias [units], the last the outputs': "
      + "as in a PyTorch module with an nn.ModuleList of nn.Linear; without an output bias the last one is 0; "
      + "beside them first_moment_k and second_moment_k of the k-th tensor from 0, weights [inputs × units] and biases "
      + "[1 × units] in turn, and optimiser_steps, with Grokfast slow_gradient_k and gradient_sum_j_k",
    observables: [
      .weightNorm,
      ObservableDefinition(
        name: "secret_share",
        meaning: "the share of the first layer's squared weights that lies on the secret bits"),
    ],
    interdependent: ["secret_bits", "input_dimension"])
}

/// The parameters of sparse parity.
private enum SparseParityRules {
  static let network = [
    ParameterDefinition(
      name: "alpha", kind: .number(.above(0)), defaultValue: 1,
      meaning: "output scale α, the factor of the outputs: how lazy the network is", unit: nil,
      source: "none: Merrill"),
    ParameterDefinition(
      name: "hidden_layers", kind: .integer(1...8), defaultValue: 1,
      meaning: "L, layers of hidden units", unit: nil, source: "Merrill"),
    ParameterDefinition(
      name: "hidden_units", kind: .integer(1...8192), defaultValue: 1000,
      meaning: "N, units of each hidden layer", unit: nil, source: "Merrill"),
    ParameterDefinition(
      name: "activation", kind: .choice(["relu", "gelu", "tanh", "square"]),
      defaultValue: "relu", meaning: "φ of every hidden layer", unit: nil,
      source: "Merrill; others: ours"),
    ParameterDefinition(
      name: "output_bias", kind: .choice(["none", "trained"]), defaultValue: "none",
      meaning: "whether the outputs have a bias", unit: nil, source: "Merrill"),
    ParameterDefinition(
      name: "weight_scale", kind: .number(.above(0)), defaultValue: 1,
      meaning: "factor of all initial weights and biases", unit: nil, source: "none: Merrill",
      effect: GivenFiles.drawsWeights),
    ParameterDefinition(
      name: "loss", kind: .choice(["hinge", "mean-square", "cross-entropy"]),
      defaultValue: "hinge",
      meaning:
        "hinge: the mean of max(1 − y f, 0); mean-square: that of (f − y)²; cross-entropy: of two outputs, "
        + "one a label", unit: nil, source: "hinge: Merrill; others: Barak"),
  ]

  static let data = [
    ParameterDefinition(
      name: "input_dimension", kind: .integer(1...4096), defaultValue: 40,
      meaning: "n, the bits of an input", unit: nil, source: "Merrill"),
    ParameterDefinition(
      name: "secret_bits", kind: .integer(1...4096), defaultValue: 3,
      meaning: "k, how many of the bits make the label; at most n", unit: nil,
      source: "Merrill"),
    ParameterDefinition(
      name: "train_examples", kind: .integer(1...1_000_000), defaultValue: 1000,
      meaning: "P, training examples", unit: nil, source: "Merrill"),
    ParameterDefinition(
      name: "test_examples", kind: .integer(1...1_000_000), defaultValue: 100,
      meaning: "examples of the test set", unit: nil, source: "Merrill's code"),
    ParameterDefinition(
      name: "data_seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
      meaning:
        "draws of the secret bits and of all examples; they are the same for all seeds unless this changes too",
      unit: nil, source: "ours", effect: GivenFiles.drawsSplit),
    ParameterDefinition(
      name: "batch_size", kind: .integer(1...1_000_000), defaultValue: 32,
      meaning:
        "B, examples of a step; every epoch puts them in another order, the last batch of one may be smaller; "
        + "P or more is a full batch", unit: nil, source: "Merrill"),
  ]

  static let computation = [
    ParameterDefinition(
      name: "seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
      meaning:
        "draws of the initial weights and of the order of examples; shared by all cells of a map",
      unit: nil, source: "ours"),
    ParameterDefinition(
      name: "precision", kind: .choice(["float32", "float64"]), defaultValue: "float32",
      meaning: "arithmetic of the training step", unit: nil, source: "float32: Merrill"),
  ]
}

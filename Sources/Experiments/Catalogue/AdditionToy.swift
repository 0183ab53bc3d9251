import OrderedCollections

extension ExperimentDefinition {
  /// A decoder of the sum of two learned embeddings learns addition that is not modular: Liu's toy.
  ///
  /// f(i, j) = α D(Eᵢ + Eⱼ), i and j below p, i + j and j + i one example; E has d dimensions, one if nobody says, and D is
  /// tanh layers with biases. A sum has a target, fixed and of N(0, 1) in each of K dimensions, and the loss is the mean of (f − t)²
  /// over examples and dimensions; an example counts as right if its target is the nearest to f of all. Or the
  /// sums are classes, with cross-entropy. E starts uniform between ∓1/2, D as PyTorch's linear layers do. Embeddings and decoder have
  /// an optimiser each, full batch. Liu et al. 2022 (arXiv 2205.10343); the code: github.com/ejmichaud/grokking-squared,
  /// toy/train_add.py and phase_diagram_plot/phase_diagram.ipynb.
  public static let additionToy = ExperimentDefinition(
    name: "addition-toy", version: 1,
    summary:
      "A decoder of the sum of two embeddings learns a + b: the toy behind the four phases of learning.",
    source: "Liu et al. 2022, arXiv 2205.10343, Sec. 3 and 4, Fig. 5",
    isHidden: false,
    parameters: AdditionToyRules.network + AdditionToyRules.data
      + OptimiserParameters.all(
        learningRate: 0.001, weightDecay: 0, source: "Liu, the decoder's")
      + AdditionToyRules.embeddings + AdditionToyRules.computation
      + GivenFiles.all(split: GivenFiles.toySplit),
    thresholds: Thresholds(
      loss: [0.0001, 0.001, 0.01, 0.1, 1], accuracy: [0.5, 0.9, 0.95, 0.99]),
    grokked: GrokkedRule(measure: .accuracy, train: 0.9, test: 0.9),
    maxSteps: 100_000,
    convergenceRule: nil,
    resolve: { _, _ in },
    weights:
      "embedding.weight [p × d]; for each layer l of the decoder from 0 layers.l.weight [units × inputs] and "
      + "layers.l.bias [units], the last the outputs': as in a PyTorch module with an nn.Embedding and an "
      + "nn.ModuleList of nn.Linear; beside them first_moment_k and second_moment_k of the k-th tensor of the decoder from 0, weights "
      + "[inputs × units] and biases [1 × units] in turn, embedding_first_moment_0 and embedding_second_moment_0, optimiser_steps and "
      + "embedding_optimiser_steps, with Grokfast slow_gradient_k and gradient_sum_j_k; train, test and targets, the split",
    observables: [
      ObservableDefinition(
        name: "weight_norm", meaning: "the Frobenius norm of the decoder's weights and biases"),
      ObservableDefinition(
        name: "rqi",
        meaning:
          "representation quality index: the share of i < j ≤ m < n with i + n = j + m whose normalised embeddings "
          + "make a parallelogram, up to a squared distance of 0.01"),
      ObservableDefinition(
        name: "known_test_share",
        meaning: "the share of test pairs whose sum some train pair has; at step 0"),
    ])
}

/// The parameters of the toy.
private enum AdditionToyRules {
  static let network = [
    ParameterDefinition(
      name: "alpha", kind: .number(.above(0)), defaultValue: 1,
      meaning: "output scale α, the factor of the decoder's outputs: how lazy the network is",
      unit: nil, source: "none: Liu"),
    ParameterDefinition(
      name: "embedding_width", kind: .integer(1...1024), defaultValue: 1,
      meaning: "d, the width of an embedding", unit: nil, source: "Liu"),
    ParameterDefinition(
      name: "embedding_scale", kind: .number(.above(0)), defaultValue: 1,
      meaning: "initial embeddings are uniform between ∓ half of it", unit: nil, source: "Liu",
      effect: GivenFiles.drawsWeights),
    ParameterDefinition(
      name: "hidden_layers", kind: .integer(1...8), defaultValue: 2,
      meaning: "L, tanh layers of the decoder", unit: nil, source: "Liu"),
    ParameterDefinition(
      name: "hidden_units", kind: .integer(1...8192), defaultValue: 200,
      meaning: "N, units of each hidden layer", unit: nil, source: "Liu"),
    ParameterDefinition(
      name: "weight_scale", kind: .number(.above(0)), defaultValue: 1,
      meaning: "factor of the decoder's initial weights and biases", unit: nil,
      source: "none: Liu", effect: GivenFiles.drawsWeights),
    ParameterDefinition(
      name: "loss", kind: .choice(["mean-square", "cross-entropy"]), defaultValue: "mean-square",
      meaning:
        "mean-square: every sum has a target, the nearest is the prediction; cross-entropy: every sum is a "
        + "class, 2p − 1 outputs", unit: nil, source: "Liu: regression and classification"),
    ParameterDefinition(
      name: "target_dimension", kind: .integer(1...4096), defaultValue: 30,
      meaning: "K, dimension of the targets and outputs", unit: nil,
      source: "Liu", effect: .when("loss", is: "mean-square")),
  ]

  static let data = [
    ParameterDefinition(
      name: "p", kind: .integer(3...128), defaultValue: 10,
      meaning: "p, how many numbers there are, from 0 on; an example is one of p (p + 1)/2 pairs",
      unit: nil, source: "Liu"),
    ParameterDefinition(
      name: "train_fraction", kind: .number(.within(0.01, 0.99)), defaultValue: 0.82,
      meaning:
        "share of the pairs in the train set, rounded down, at least one; the rest is the test set",
      unit: nil, source: "45 of 55: Liu", effect: GivenFiles.drawsSplit),
    ParameterDefinition(
      name: "split_seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
      meaning:
        "draw of the train set and of the targets; they are the same for all seeds unless this changes too",
      unit: nil, source: "ours; one seed for all: Liu", effect: GivenFiles.drawsSplit),
  ]

  static let embeddings = [
    ParameterDefinition(
      name: "embedding_learning_rate", kind: .number(.above(0)), defaultValue: 0.001,
      meaning:
        "η of the embeddings, whose optimiser has the decoder's rule; learning_rate, weight_decay, schedule, "
        + "clipping, the kept norm and Grokfast are the decoder's alone", unit: nil, source: "Liu"),
    ParameterDefinition(
      name: "embedding_weight_decay", kind: .number(.atLeast(0)), defaultValue: 0,
      meaning: "λ of the embeddings", unit: nil, source: "none: Liu"),
  ]

  static let computation = [
    ParameterDefinition(
      name: "seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
      meaning: "draws of the initial embeddings and weights; shared by all cells of a map",
      unit: nil, source: "ours", effect: GivenFiles.drawsWeights),
    ParameterDefinition(
      name: "precision", kind: .choice(["float32", "float64"]), defaultValue: "float32",
      meaning: "arithmetic of the training step", unit: nil, source: "float32: Liu"),
  ]
}

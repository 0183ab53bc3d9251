import OrderedCollections

extension ExperimentDefinition {
  /// A transformer of some layers learns the table of an operation, such as addition modulo p.
  ///
  /// Of the authors whose settings it can be given: Power et al. 2022 (arXiv 2201.02177, github.com/openai/grok), Brenndoerfer's tutorial
  /// on grokking (2025), Xu 2026 (arXiv 2602.16746, github.com/skydancerosel/grokking-integrability).
  ///
  /// Tokens are the elements 0 to p − 1, then = (p), op (p + 1) and ⟨eos⟩ (p + 2), as many as the sequence has. LayerNorm has
  /// ε = 10⁻⁵, there is no dropout. The loss is the mean over the examples of a batch of the cross-entropy of α times the
  /// logits at the one position that is read; records have the loss over the whole train set. AdamW's decay takes every
  /// parameter, biases and LayerNorm's among them.
  public static let transformer = ExperimentDefinition(
    name: "transformer", version: 2,
    summary:
      "A transformer of layers with LayerNorm learns a + b mod p or another table, by mini-batches.",
    source:
      "Power et al. 2022, arXiv 2201.02177; Brenndoerfer's tutorial, 2025; Xu 2026, arXiv 2602.16746",
    isHidden: false,
    parameters: TransformerParameters.network + TransformerParameters.data
      + OptimiserParameters.all(
        learningRate: 0.001, weightDecay: 1, source: "the tutorial; Power, A.1.2; Xu")
      + TransformerParameters.computation + GivenFiles.all(split: GivenFiles.split),
    thresholds: Thresholds(
      loss: [0.0001, 0.001, 0.01, 0.1, 1], accuracy: [0.5, 0.9, 0.95, 0.99]),
    grokked: GrokkedRule(measure: .accuracy, train: 0.99, test: 0.95),
    maxSteps: 10_000,
    convergenceRule: nil,
    resolve: { _, _ in },
    conflict: TransformerParameters.conflict,
    weights: TransformerParameters.weights,
    observables: [.weightNorm],
    interdependent: ["operation", "p", "width", "heads", "attention", "sequence"])
}

private enum TransformerParameters {
  static let network = [
    ParameterDefinition(
      name: "layers", kind: .integer(1...8), defaultValue: 2,
      meaning: "layers, each attention and a feed-forward network", unit: nil,
      source: "the tutorial; Power; Xu"),
    ParameterDefinition(
      name: "width", kind: .integer(1...1024), defaultValue: 128,
      meaning: "d, the width of the residual stream; a multiple of the number of heads", unit: nil,
      source: "the tutorial; Power; Xu"),
    ParameterDefinition(
      name: "heads", kind: .integer(1...64), defaultValue: 4,
      meaning: "attention heads, of width d/heads each", unit: nil,
      source: "the tutorial; Power; Xu"),
    ParameterDefinition(
      name: "feed_forward", kind: .integer(1...8192), defaultValue: 512,
      meaning: "N, the hidden units of each layer", unit: nil,
      source: "the tutorial; Power; 256: Xu"),
    ParameterDefinition(
      name: "activation", kind: .choice(["relu", "gelu"]), defaultValue: "relu",
      meaning:
        "φ of the hidden units; gelu is x Φ(x) with the error function, PyTorch's default",
      unit: nil, source: "relu: the tutorial, Power; gelu: Xu", isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "layer_norm", kind: .choice(["post", "pre", "none"]), defaultValue: "post",
      meaning:
        "where LayerNorm stands; post: LN(x + A(x)); pre: x + A(LN(x)), and a last one before the "
        + "logits", unit: nil, source: "post: the tutorial, Power; pre: Xu"),
    ParameterDefinition(
      name: "positions", kind: .choice(["learned", "sinusoidal"]), defaultValue: "learned",
      meaning: "what is added to the embeddings", unit: nil,
      source: "learned: the tutorial, Xu; sinusoidal: Power"),
    ParameterDefinition(
      name: "attention", kind: .choice(["full", "causal"]), defaultValue: "full",
      meaning: "full: every position sees all; causal: itself and those before it", unit: nil,
      source: "full: the tutorial, Xu; causal: Power"),
    ParameterDefinition(
      name: "biases", kind: .choice(["trained", "none"]), defaultValue: "trained",
      meaning: "whether linear maps have biases; LayerNorm always has its own", unit: nil,
      source: "trained: the tutorial, Xu; none: Power"),
    ParameterDefinition(
      name: "sequence", kind: .choice(["a-b-=", "eos-a-op-b-=", "a-b"]), defaultValue: "a-b-=",
      meaning: "the tokens of an example; read at =, and without one at a", unit: nil,
      source:
        "a-b-=: the tutorial; a-b: Xu; eos-a-op-b-=: Power, whose code goes on with the answer "
        + "and ⟨eos⟩ and has the mean of both losses: here the answer alone is predicted"),
    ParameterDefinition(
      name: "logits", kind: .choice(["elements", "tokens"]), defaultValue: "elements",
      meaning: "what the cross-entropy is over: the p elements, or =, op and ⟨eos⟩ too", unit: nil,
      source: "elements: the tutorial, Xu; tokens: Power, whose vocabulary also has what the task "
        + "does not use"),
    ParameterDefinition(
      name: "attention_init", kind: .choice(["xavier", "linear"]), defaultValue: "xavier",
      meaning:
        "initial weights of queries, keys and values, uniform up to √(6/(4d)) (xavier: "
        + "torch.nn.MultiheadAttention) or 1/√d (linear: torch.nn.Linear); all other matrices are "
        + "as in torch.nn.Linear, embeddings ~ N(0, 1)", unit: nil,
      source: "xavier: the tutorial, Xu; linear: Power's code", effect: GivenFiles.drawsWeights),
    ParameterDefinition(
      name: "position_deviation", kind: .number(.above(0)), defaultValue: 1,
      meaning: "standard deviation of initial positions where they are learned", unit: nil,
      source: "torch.nn.Embedding; 1/√d: Xu",
      effect: .when("positions", is: "learned").and(GivenFiles.drawsWeights)),
    ParameterDefinition(
      name: "alpha", kind: .number(.above(0)), defaultValue: 1,
      meaning: "output scale α, the factor of the logits: how lazy the network is", unit: nil,
      source: "none: all three"),
  ]

  static let weights =
    "embedding.weight [tokens × d], positions.weight [positions × d] if they are learned; for each layer l "
    + "from 0, after layers.l., self_attn.in_proj_weight [3d × d] and self_attn.in_proj_bias [3d] (queries, "
    + "keys, values, each a head after the other), self_attn.out_proj.weight [d × d] and "
    + "self_attn.out_proj.bias [d], linear1.weight [N × d] and linear1.bias [N], linear2.weight [d × N] and "
    + "linear2.bias [d], norm1.weight, norm1.bias, norm2.weight and norm2.bias [d]; norm.weight and "
    + "norm.bias [d] with layer_norm pre; head.weight [logits × d] and head.bias [logits]; no norms with "
    + "layer_norm none, no biases of linear maps with biases none: as in a PyTorch module with nn.Embedding, "
    + "a list layers of nn.TransformerEncoderLayer and an nn.Linear; tokens are 0 to p − 1, then =, op and "
    + "⟨eos⟩, as many as the sequence has" + GivenFiles.moments

  static let data =
    PairTaskParameters.data(
      p: 97, fraction: 0.5, source: "the tutorial; Power; Xu",
      fractionSource: "the tutorial; Xu; 0.5 among others: Power",
      splitSource: "one split for all seeds: Power's code") + [
      ParameterDefinition(
        name: "batch_size", kind: .integer(1...1_000_000), defaultValue: 512,
        meaning:
          "examples of a step, drawn without replacement, in an order that every epoch draws anew; the "
          + "last batch of an epoch may be smaller; the train set's size or more: full batch",
        unit: nil,
        source:
          "the tutorial; Power's min(512, half the train set) for train sets of 1,024 or more; "
          + "Xu, whose code draws with replacement")
    ]

  static let computation = [
    ParameterDefinition(
      name: "warm_up", kind: .integer(0...1_000_000), defaultValue: 0,
      meaning:
        "w: the t-th step has the learning rate η min((t − 1)/w, 1), so that the first one moves the "
        + "optimiser's moments alone; 0 for none", unit: "steps",
      source: "none: the tutorial, Xu; 10: Power"),
    ParameterDefinition(
      name: "seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
      meaning: "draws of the initial weights and of the batches", unit: nil, source: "ours"),
    ParameterDefinition(
      name: "precision", kind: .choice(["float32", "float64"]), defaultValue: "float32",
      meaning: "arithmetic of the training step", unit: nil, source: "the tutorial; Power; Xu"),
  ]

  static let conflict: @Sendable (Configuration) -> ParameterError? = { configuration in
    let values = configuration.completeParameters
    if let width = values["width"]?.number?.integerValue,
      let heads = values["heads"]?.number?.integerValue, !width.isMultiple(of: heads)
    {
      return ParameterError(
        name: "width", problem: "expected a multiple of \(heads) heads, found \(width)")
    }
    if values["attention"] == "causal", values["sequence"] == "a-b" {
      return ParameterError(
        name: "attention",
        problem: "the sequence a-b is read at a, which does not see b under causal attention; "
          + "expected full")
    }
    return ParameterDefinition.operationConflict(configuration)
  }
}

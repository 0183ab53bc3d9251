extension ExperimentDefinition {
  /// Addition modulo p by two layers with a quadratic activation, grokking without weight decay.
  ///
  /// f(x) = (α/(DN)) W₂ (W₁ x)², x the one-hot vectors of a and b, D = 2p, y the one-hot vector of a + b mod p;
  /// weights ~ N(0, σ²), no biases, predictor not centred; full-batch gradient descent on the mean of
  /// (f − y)² over examples and classes with η = η₀/α². Kumar et al. 2024 (arXiv 2310.06110), Fig. 2, 16 and
  /// appendix 8.3. The authors' code multiplies the output by `scale` twice and divides the loss by scale²:
  /// α here is their scale², so the values 0.5, 1, 1.5, 2 of Fig. 2c are α = 0.25, 1, 2.25, 4.
  ///
  /// f is of third degree in the weights: a run with σ is one with σ = 1, α σ³ in place of α and η₀ σ⁴ in place
  /// of η₀.
  public static let modularMLP = ExperimentDefinition(
    name: "modular-mlp", version: 2,
    summary: "Two layers with a quadratic activation learn a + b mod p; no weight decay is needed.",
    source: "Kumar et al. 2024, arXiv 2310.06110, Fig. 2 and 16; the network: Gromov 2023",
    isHidden: false,
    parameters: [
      ParameterDefinition(
        name: "alpha", kind: .number(.above(0)), defaultValue: 1,
        meaning: "output scale α: how lazy the network is; the square of the paper's `scale`",
        unit: nil, source: "Fig. 2"),
      ParameterDefinition(
        name: "p", kind: .integer(2...1009), defaultValue: 23,
        meaning: "p, the modulus; an example is one of the p² pairs (a, b)", unit: nil,
        source: "Fig. 2", effect: BinaryOperation.hasModulus),
      ParameterDefinition(
        name: "hidden_units", kind: .integer(1...65536), defaultValue: 100,
        meaning: "N, hidden units", unit: nil, source: "Fig. 2"),
      ParameterDefinition(
        name: "train_fraction", kind: .number(.within(0.01, 0.99)), defaultValue: 0.9,
        meaning:
          "share of the p² pairs in the train set, rounded down, at least one; the rest is the test set",
        unit: nil, source: "Fig. 2"),
      .operation(source: "Fig. 2", isLeftOut: true),
      ParameterDefinition(
        name: "sigma", kind: .number(.above(0)), defaultValue: 1,
        meaning: "σ, the standard deviation of the initial weights of both layers", unit: nil,
        source: "Fig. 2"),
      ParameterDefinition(
        name: "learning_rate", kind: .number(.above(0)), defaultValue: 100,
        meaning: "η₀; the step is η = η₀/α²", unit: nil, source: "Fig. 2"),
      ParameterDefinition(
        name: "weight_decay", kind: .number(.atLeast(0)), defaultValue: 0,
        meaning: "λ; the gradient is that of the loss plus (λ/2)|w|² (the L2 convention, as in "
          + "PyTorch's SGD; without momentum the decoupled one is the same)", unit: nil,
        source: "none: Fig. 2"),
      ParameterDefinition(
        name: "momentum", kind: .number(.within(0, 0.9999)), defaultValue: 0,
        meaning: "μ; heavy ball as in PyTorch's SGD: v ← μ v + gradient, w ← w − η v", unit: nil,
        source: "none: Fig. 2"),
      ParameterDefinition(
        name: "seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
        meaning: "draws of initial weights and split; shared by all cells of a map", unit: nil,
        source: "ours"),
      ParameterDefinition(
        name: "precision", kind: .choice(["float32", "float64"]), defaultValue: "float32",
        meaning: "arithmetic of the training step", unit: nil, source: "float32: Fig. 2"),
    ],
    thresholds: Thresholds(
      loss: [0.001, 0.005, 0.01, 0.02, 0.03], accuracy: [0.5, 0.9, 0.95, 0.99]),
    grokked: GrokkedRule(measure: .accuracy, train: 0.99, test: 0.95),
    maxSteps: 50_000,
    // The initial plateau stands as still as the end does: no rule on losses tells them apart.
    convergenceRule: nil,
    isRepeatedNearThresholds: true,
    resolve: { _, _ in },
    conflict: ParameterDefinition.operationConflict,
    observables: [
      ObservableDefinition(
        name: "weight_norm",
        meaning: "‖W₁‖ + ‖W₂‖, the sum of both layers' Frobenius norms, as in Fig. 2"),
      .weightChange,
    ] + ObservableDefinition.alignment(labels: "one-hot labels"),
    interdependent: ["operation", "p"])
}

import OrderedCollections

extension ExperimentDefinition {
  /// Regression of a quadratic by a committee machine, the task of the α-vs-ε phase map.
  ///
  /// f(x) = (α/N) Σᵢ φ(wᵢ·x), φ(h) = h + (ε/2) h², y = ½ (β·x)², x ~ N(0, I/D), β ~ N(0, I),
  /// w ~ N(0, I); the predictor is centred by subtracting its initial output; full-batch gradient
  /// descent on the mean squared error with η = η₀ N/α². Kumar et al. 2024 (arXiv 2310.06110), eq. 3-7
  /// and Fig. 3e.
  public static let polynomialRegression = ExperimentDefinition(
    name: "polynomial-regression", version: 1,
    summary: "A wide network learns y = ½(β·x)²; grokking as the lazy-to-rich transition.",
    source: "Kumar et al. 2024, arXiv 2310.06110, Fig. 3e",
    isHidden: false,
    parameters: [
      ParameterDefinition(
        name: "alpha", kind: .number(.above(0)), defaultValue: 1,
        meaning: "output scale α: how lazy the network is", unit: nil, source: "eq. 3"),
      ParameterDefinition(
        name: "epsilon", kind: .number(.above(0)), defaultValue: 0.02,
        meaning: "weight of the quadratic part of the activation: alignment of the initial kernel",
        unit: nil, source: "eq. 4"),
      ParameterDefinition(
        name: "seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
        meaning: "draws of examples, target and initial weights; shared by all cells of a map",
        unit: nil, source: "ours"),
      ParameterDefinition(
        name: "input_dimension", kind: .integer(1...4096), defaultValue: 100,
        meaning: "D, components of an input", unit: nil, source: "Fig. 3e"),
      ParameterDefinition(
        name: "hidden_units", kind: .integer(1...65536), defaultValue: 500,
        meaning: "N, hidden units", unit: nil, source: "Fig. 3e"),
      ParameterDefinition(
        name: "train_examples", kind: .integer(1...65536), defaultValue: 550,
        meaning: "P, examples in the train set", unit: nil, source: "Fig. 3e"),
      ParameterDefinition(
        name: "learning_rate", kind: .number(.above(0)), defaultValue: 20,
        meaning: "η₀; the step is η = η₀ N/α²", unit: nil, source: "Fig. 3e"),
      ParameterDefinition(
        name: "test_loss", kind: .choice(["population", "sample"]), defaultValue: "population",
        meaning: "the expected loss in closed form, or the mean over drawn examples", unit: nil,
        source: "population: derived; sample: Fig. 3e"),
      ParameterDefinition(
        name: "test_examples", kind: .integer(1...1_000_000), defaultValue: 1000,
        meaning: "examples in the test set, with test_loss: sample", unit: nil, source: "Fig. 3e"),
      ParameterDefinition(
        name: "engine", kind: .choice(["auto", "direct", "reduced"]), defaultValue: "auto",
        meaning: "direct: through all hidden units; reduced: the exact dynamics of their mean and "
          + "second moment; auto: reduced", unit: nil, source: "ours"),
      ParameterDefinition(
        name: "precision", kind: .choice(["float32", "float64"]), defaultValue: "float32",
        meaning: "arithmetic of the training step", unit: nil, source: "float32: Fig. 3e"),
      ParameterDefinition(
        name: "data", kind: .file, defaultValue: nil,
        meaning: "a safetensors file with x [P × D], beta [D], w [N × D] and optionally test_x "
          + "[T × D], used instead of draws", unit: nil, source: "ours"),
    ],
    thresholds: Thresholds(loss: [0.01, 0.05, 0.1, 0.2, 0.3, 0.4]),
    maxSteps: 110_000,
    convergenceRule: "train and test loss moved by less than 1e-5 within 4 steps, "
      + "and the test loss is below its initial value",
    resolve: { values, hasInputs in
      if values["engine"] == "auto" { values["engine"] = "reduced" }
      if values["test_loss"] == "population" { values["test_examples"] = nil }
      // Given draws leave nothing to the seed.
      if hasInputs { values["seed"] = nil }
    })
}

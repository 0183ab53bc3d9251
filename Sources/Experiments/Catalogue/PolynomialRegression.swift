import OrderedCollections

extension ExperimentDefinition {
  /// Regression of polynomials by a committee machine, the task of the α-vs-ε phase map.
  ///
  /// f(x) = (α/N) Σᵢ aᵢ φ(wᵢ·x), φ(h) = h + (ε/2) h², y = (s/2) (β·x)², x ~ N(0, I/D), β ~ N(0, I),
  /// w ~ N(0, σ² I), a = 1; the predictor is centred by subtracting its initial output; full-batch gradient
  /// descent on the mean squared error with η = η₀ N/(ασ)². Kumar et al. 2024 (arXiv 2310.06110), eq. 3-7 and
  /// Fig. 3e; the other parameters are those of its other figures.
  public static let polynomialRegression = ExperimentDefinition(
    name: "polynomial-regression", version: 2,
    summary: "A wide network learns y = ½(β·x)²; grokking as the lazy-to-rich transition.",
    source: "Kumar et al. 2024, arXiv 2310.06110, Fig. 3e",
    isHidden: false,
    parameters: PolynomialRegressionRules.parameters,
    thresholds: Thresholds(loss: [0.01, 0.05, 0.1, 0.2, 0.3, 0.4]),
    maxSteps: 110_000,
    convergenceRule: "train and test loss moved by less than 1e-5 within 4 steps, "
      + "and the test loss is below its initial value",
    isRepeatedNearThresholds: true,
    resolve: PolynomialRegressionRules.resolve,
    conflict: PolynomialRegressionRules.conflict,
    observables: PolynomialRegressionRules.observables,
    interdependent: [
      "engine", "momentum", "readouts", "target", "test_loss", "interpolation", "directions",
      "hidden_units", "linearised",
    ])
}

/// The parameters of polynomial regression, and how they depend on one another.
private enum PolynomialRegressionRules {
  static let parameters = network + data + optimiser + computation

  private static let network = [
    ParameterDefinition(
      name: "alpha", kind: .number(.above(0)), defaultValue: 1,
      meaning: "output scale α: how lazy the network is", unit: nil, source: "eq. 3"),
    ParameterDefinition(
      name: "epsilon", kind: .number(.above(0)), defaultValue: 0.02,
      meaning:
        "ε, weight of the polynomial part of the activation: alignment of the initial kernel",
      unit: nil, source: "eq. 4"),
    ParameterDefinition(
      name: "seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
      meaning: "draws of examples, target and initial weights; shared by all cells of a map",
      unit: nil, source: "ours", effect: .withoutFile("data")),
    ParameterDefinition(
      name: "input_dimension", kind: .integer(1...4096), defaultValue: 100,
      meaning: "D, components of an input", unit: nil, source: "Fig. 3e"),
    ParameterDefinition(
      name: "hidden_units", kind: .integer(1...65536), defaultValue: 500,
      meaning: "N, hidden units", unit: nil, source: "Fig. 3e"),
    ParameterDefinition(
      name: "predictor", kind: .choice(["centred", "uncentred"]), defaultValue: "centred",
      meaning: "centred: the initial output is subtracted; uncentred: it is part of the predictor",
      unit: nil, source: "uncentred: Fig. 4, 10, 11", isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "readouts", kind: .choice(["fixed", "trained"]), defaultValue: "fixed",
      meaning:
        "a, fixed at 1, or drawn from N(0, 1) and trained with the step of the other weights",
      unit: nil, source: "trained: Fig. 11", isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "sigma", kind: .number(.above(0)), defaultValue: 1,
      meaning: "σ, the standard deviation of the initial weights, or the factor of those of `data`",
      unit: nil, source: "Fig. 7", isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "interpolation", kind: .number(.within(0, 1)), defaultValue: 0,
      meaning: "t, initial weights between those drawn and the solution: (1 − t) w ± t √s β/√(αε), "
        + "+ and − in turn; needs an even number of hidden units",
      unit: nil, source: "Fig. 10", isLeftOutAtDefault: true),
  ]

  private static let data = [
    ParameterDefinition(
      name: "train_examples", kind: .integer(1...65536), defaultValue: 550,
      meaning: "P, examples in the train set", unit: nil, source: "Fig. 3e; others: Fig. 9"),
    ParameterDefinition(
      name: "target", kind: .choice(["quadratic", "hermite-2", "hermite-3", "hermite-4"]),
      defaultValue: "quadratic",
      meaning: "quadratic: y = (s/2) Σ (β·x)² and φ(h) = h + (ε/2) h²; hermite-k: y = s Σ Heₖ(u), "
        + "u = √D β·x/|β|, and φ(h) = h + (ε/2) Heₖ(h), with the probabilists' polynomials",
      unit: nil, source: "hermite: Fig. 15", isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "directions", kind: .integer(1...16), defaultValue: 1,
      meaning: "K, how many directions β the target is a sum over", unit: nil,
      source: "2 and 3: Fig. 14", isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "label_scale", kind: .number(.above(0)), defaultValue: 1,
      meaning: "s, the factor of the target", unit: nil, source: "ours",
      isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "scaling", kind: .choice(["fig3e", "fig3a"]), defaultValue: "fig3e",
      meaning: "fig3e: x ~ N(0, I/D), h = w·x, y = ½(β·x)²; fig3a: x ~ N(0, I), h = w·x/√D, "
        + "y = (β·x/√D)², which is the same as fig3e with label_scale doubled",
      unit: nil, source: "Fig. 3e; fig3a: Fig. 3a and 7", isLeftOutAtDefault: true,
      effect: .when("target", is: "quadratic").or(.withFile("data"))),
    ParameterDefinition(
      name: "test_loss", kind: .choice(["auto", "population", "sample"]), defaultValue: "auto",
      meaning:
        "the expected loss in closed form, or the mean over drawn examples; auto: population, "
        + "for hermite-3 and hermite-4, where they take about the same time, sample",
      unit: nil, source: "population: derived; sample: Fig. 3e"),
    ParameterDefinition(
      name: "test_examples", kind: .integer(1...1_000_000), defaultValue: 1000,
      meaning: "examples in the test set", unit: nil, source: "Fig. 3e",
      effect: .when("test_loss", is: "sample")),
    ParameterDefinition(
      name: "data", kind: .file, defaultValue: nil,
      meaning: "a safetensors file with x [P × D], beta [D] or [K × D], w [N × D], and optionally "
        + "test_x [T × D] and a [N], used instead of draws", unit: nil, source: "ours"),
  ]

  private static let optimiser = [
    ParameterDefinition(
      name: "learning_rate", kind: .number(.above(0)), defaultValue: 20,
      meaning: "η₀; the step is η = η₀ N/(ασ)²", unit: nil,
      source: "Fig. 3e; 0.5: Fig. 3a, 4, 7, 9, 10; 0.05: Fig. 11"),
    ParameterDefinition(
      name: "weight_decay", kind: .number(.atLeast(0)), defaultValue: 0,
      meaning: "λ; the gradient is that of the loss plus (λ/2)|w|² (the L2 convention, as in "
        + "PyTorch's SGD; without momentum the decoupled one is the same)", unit: nil,
      source: "none: Fig. 3e", isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "momentum", kind: .number(.within(0, 0.9999)), defaultValue: 0,
      meaning: "μ; heavy ball as in PyTorch's SGD: v ← μ v + gradient, w ← w − η v", unit: nil,
      source: "0.95: Fig. 13a", isLeftOutAtDefault: true),
  ]

  private static let computation = [
    .linearised,
    ParameterDefinition(
      name: "weight_change", kind: .choice(["auto", "recorded"]), defaultValue: "auto",
      meaning:
        "recorded: relative_weight_change is recorded by the reduced engine too, at 2D³ operations "
        + "a step; the direct one records it in any case",
      unit: nil, source: "Fig. 7", isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "engine", kind: .choice(["auto", "direct", "reduced"]), defaultValue: "auto",
      meaning: "direct: through all hidden units; reduced: the exact dynamics of their mean and "
        + "second moment; auto: reduced where those close and rounding does not grow, that is without "
        + "momentum, trained readouts, hermite-3 and hermite-4, with more hidden units than input "
        + "dimensions, and with αεσ²/s of at least 1e-5 in float32, 1e-13 in float64; else direct",
      unit: nil, source: "ours"),
    ParameterDefinition(
      name: "precision", kind: .choice(["auto", "float32", "float64"]), defaultValue: "auto",
      meaning:
        "arithmetic of the training step; auto: float32, but float64 with ασ²/s of 1000 and more, where learning moves "
        + "weights by less than float32 tells apart", unit: nil, source: "float32: Fig. 3e"),
  ]

  static let observables =
    [
      ObservableDefinition(
        name: "weight_norm", meaning: "the Frobenius norm of all weights, of trained readouts too"),
      ObservableDefinition(
        name: "relative_weight_change",
        meaning:
          "‖W − W₀‖/‖W₀‖ of the first layer, W₀ its initial weights; with the direct engine, "
          + "or weight_change: recorded"),
    ] + ObservableDefinition.populationParts + ObservableDefinition.tangentKernel

  static let resolve:
    @Sendable (inout OrderedDictionary<String, ParameterValue>, Set<String>) -> Void = {
      values, inputs in
      let isQuadratic = values["target"] == "quadratic" || values["target"] == "hermite-2"
      if values["precision"] == "auto" {
        values["precision"] = .text(movesInFloat32(values) ? "float32" : "float64")
      }
      if values["engine"] == "auto" {
        let isReduced =
          reasonAgainstReducing(values) == nil && hasManyUnits(values) && keepsSmallWeights(values)
        values["engine"] = isReduced ? "reduced" : "direct"
      }
      if values["test_loss"] == "auto" {
        values["test_loss"] = isQuadratic ? "population" : "sample"
      }
      // It records the change in any case.
      if values["engine"] == "direct" { values["weight_change"] = "auto" }
      // The scalings differ by a factor of the quadratic target; a file's inputs are another matter.
      if values["scaling"] == "fig3a", values["target"] == "quadratic", inputs.isEmpty,
        let doubled = values["label_scale"]?.number?.multiplied(by: 2)
      {
        values["label_scale"] = .number(doubled)
        values["scaling"] = "fig3e"
      }
    }

  static let conflict: @Sendable (Configuration) -> ParameterError? = { configuration in
    let values = configuration.completeParameters
    let target = values["target"]
    if values["engine"] == "reduced", let reason = reasonAgainstReducing(values) {
      return ParameterError(
        name: "engine", problem: "expected auto or direct with \(reason), found reduced")
    }
    if let linearised = values["linearised"], linearised != "none",
      values["test_loss"] == "population", let target,
      target == "hermite-3" || target == "hermite-4"
    {
      // The linearised network is no sum of units of one direction each, and its loss has no such form.
      return ParameterError(
        name: "test_loss",
        problem: "expected auto or sample with target \(target) and linearised \(linearised), "
          + "found population")
    }
    guard let interpolation = values["interpolation"], interpolation != 0 else { return nil }
    if let target, target != "quadratic" {
      return ParameterError(
        name: "interpolation", problem: "expected 0 with target \(target), found \(interpolation)")
    }
    if let directions = values["directions"], directions != 1 {
      return ParameterError(
        name: "interpolation",
        problem: "expected 0 with \(directions) directions, found \(interpolation)")
    }
    if let units = values["hidden_units"]?.number?.integerValue, !units.isMultiple(of: 2) {
      return ParameterError(
        name: "hidden_units", problem: "expected an even number with interpolation, found \(units)")
    }
    return nil
  }

  /// Whether the weights' covariance has full rank, so that rounding leaves it positive; such few units as do not
  /// reach that are quicker one by one anyway.
  private static func hasManyUnits(_ values: OrderedDictionary<String, ParameterValue>) -> Bool {
    guard let units = values["hidden_units"]?.number, let size = values["input_dimension"]?.number
    else { return false }
    return units > size
  }

  /// Whether the initial covariance σ² is not lost in the rounding of the second moment, which learning takes to about s/(αε).
  private static func keepsSmallWeights(
    _ values: OrderedDictionary<String, ParameterValue>
  ) -> Bool {
    let share = laziness(values) * number("epsilon", values)
    return abs(share) >= (values["precision"] == "float64" ? 1e-13 : 1e-5)
  }

  /// Whether what learning adds to the weights, about s/(ασ²) of them, has digits left in float32.
  private static func movesInFloat32(
    _ values: OrderedDictionary<String, ParameterValue>
  ) -> Bool { laziness(values) < 1000 }

  /// ασ²/|s|.
  private static func laziness(_ values: OrderedDictionary<String, ParameterValue>) -> Double {
    let sigma = number("sigma", values)
    return number("alpha", values) * sigma * sigma / abs(number("label_scale", values))
  }

  private static func number(
    _ name: String, _ values: OrderedDictionary<String, ParameterValue>
  ) -> Double { values[name]?.number?.doubleValue ?? 1 }

  /// What keeps the dynamics from closing on the moments of the weights, or nil.
  private static func reasonAgainstReducing(
    _ values: OrderedDictionary<String, ParameterValue>
  ) -> String? {
    if let momentum = values["momentum"], momentum != 0 { return "momentum \(momentum)" }
    if values["readouts"] == "trained" { return "readouts trained" }
    if let target = values["target"], target != "quadratic", target != "hermite-2" {
      return "target \(target)"
    }
    return nil
  }
}

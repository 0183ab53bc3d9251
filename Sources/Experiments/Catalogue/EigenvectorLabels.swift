import OrderedCollections

extension ExperimentDefinition {
  /// Regression of an eigenvector of the network's own initial kernel.
  ///
  /// f and its training are those of `polynomial-regression`, centred: f(x) = (α/N) Σᵢ φ(wᵢ·x), φ(h) = h + (ε/2) h²,
  /// x ~ N(0, I/D), w ~ N(0, σ² I), η = η₀ N/(ασ)². Of 2P points the tangent kernel by W is taken at initialisation,
  /// less the mean of all its elements; the k-th of its eigenvectors labels the points, P of which are the train set and P
  /// the test set. k counts from 1, as `eigenvectors[:, k - 1]` does in the authors' code. An eigenvector has no sign of
  /// its own: here its component of greatest magnitude is positive. Kumar et al. 2024 (arXiv 2310.06110), Fig. 5 and 19;
  /// the figures have N = 2.
  public static let eigenvectorLabels = ExperimentDefinition(
    name: "eigenvector-labels", version: 2,
    summary: "A network learns an eigenvector of its own initial kernel: from aligned to hopeless.",
    source: "Kumar et al. 2024, arXiv 2310.06110, Fig. 5 and 19",
    isHidden: false,
    parameters: [
      ParameterDefinition(
        name: "eigenvector", kind: .integer(1...4096), defaultValue: 70,
        meaning: "k, the eigenvector that labels the points: 1 is that of the greatest eigenvalue, "
          + "2P that of the least, where the kernel has that rank; its component of greatest magnitude is positive",
        unit: nil, source: "Fig. 5"),
      ParameterDefinition(
        name: "alpha", kind: .number(.above(0)), defaultValue: 1,
        meaning: "output scale α: how lazy the network is", unit: nil, source: "Fig. 5"),
      ParameterDefinition(
        name: "epsilon", kind: .number(.above(0)), defaultValue: 0.25,
        meaning: "ε, weight of the quadratic part of the activation h + (ε/2) h²", unit: nil,
        source: "Fig. 5"),
      ParameterDefinition(
        name: "input_dimension", kind: .integer(1...4096), defaultValue: 100,
        meaning: "D, components of an input", unit: nil, source: "Fig. 5"),
      ParameterDefinition(
        name: "hidden_units", kind: .integer(1...65536), defaultValue: 2,
        meaning: "N, hidden units", unit: nil, source: "Fig. 5"),
      ParameterDefinition(
        name: "train_examples", kind: .integer(1...2048), defaultValue: 100,
        meaning: "P, half of the points; the other half is the test set", unit: nil,
        source: "Fig. 5"),
      ParameterDefinition(
        name: "sigma", kind: .number(.above(0)), defaultValue: 1,
        meaning: "σ, the standard deviation of the initial weights", unit: nil, source: "Fig. 5"),
      ParameterDefinition(
        name: "label_scale", kind: .number(.above(0)), defaultValue: 1,
        meaning: "length of the labels of all 2P points; at the start the mean of both losses is "
          + "its square over 2P", unit: nil, source: "Fig. 5"),
      ParameterDefinition(
        name: "learning_rate", kind: .number(.above(0)), defaultValue: 0.5,
        meaning: "η₀; the step is η = η₀ N/(ασ)²", unit: nil, source: "Fig. 5"),
      ParameterDefinition(
        name: "seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
        meaning: "draws of points and initial weights; shared by all cells of a map", unit: nil,
        source: "ours"),
      .linearised,
      ParameterDefinition(
        name: "precision", kind: .choice(["float32", "float64"]), defaultValue: "float32",
        meaning: "arithmetic of the training step; the eigenvector is found in float64", unit: nil,
        source: "float32: Fig. 5"),
    ],
    // Unit labels of 200 points have a mean square of 0.005: these are a hundredth of that up to a half.
    thresholds: Thresholds(loss: [0.00005, 0.0001, 0.0005, 0.001, 0.0025]),
    grokked: GrokkedRule(measure: .loss, train: 0.0005, test: 0.0025),
    maxSteps: 25_000,
    // The losses are so small that a rule on their movement would hold from the first steps on.
    convergenceRule: nil,
    isRepeatedNearThresholds: true,
    resolve: { _, _ in },
    conflict: { configuration in
      let values = configuration.completeParameters
      guard let eigenvector = values["eigenvector"]?.number?.integerValue,
        let examples = values["train_examples"]?.number?.integerValue,
        let dimension = values["input_dimension"]?.number?.integerValue,
        let units = values["hidden_units"]?.number?.integerValue
      else { return nil }
      let rank = tangentKernelRank(units: units, dimension: dimension)
      guard eigenvector > min(2 * examples, rank) else { return nil }
      return ParameterError(
        name: "eigenvector",
        problem: rank < 2 * examples
          ? "expected a whole number from 1 to \(rank), the rank of the kernel with input_dimension \(dimension) "
            + "and hidden_units \(units): eigenvectors beyond are any, found \(eigenvector)"
          : "expected a whole number from 1 to \(2 * examples), twice train_examples, "
            + "found \(eigenvector)")
    },
    observables: [.weightNorm, .weightChange] + ObservableDefinition.tangentKernel,
    interdependent: ["eigenvector", "train_examples", "input_dimension", "hidden_units"])

  /// How many functions the slopes by W span, on ever so many points.
  ///
  /// They are xⱼ (1 + ε wᵢ·x). Where Σᵢ cᵢⱼ xⱼ (1 + ε wᵢ·x) is 0 everywhere, c = A W with an antisymmetric A whose rows add
  /// up to 0, of which there are (N − 1)(N − 2)/2. With N > D units they span all linear and quadratic forms. Eigenvalues
  /// beyond are 0 but for rounding, and their eigenvectors those of one library.
  private static func tangentKernelRank(units: Int, dimension: Int) -> Int {
    units <= dimension
      ? units * dimension - (units - 1) * (units - 2) / 2 : dimension * (dimension + 3) / 2
  }
}

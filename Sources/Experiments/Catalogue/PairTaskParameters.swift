import OrderedCollections

/// The parameters of networks that learn the table of an operation on pairs.
enum PairTaskParameters {
  /// p, the operation, and which of its pairs are learned.
  ///
  /// - Parameters:
  ///   - p: if nobody says.
  ///   - fraction: the train fraction if nobody says.
  ///   - source: where both come from.
  ///   - fractionSource: what else is to be said of the train fraction's source.
  ///   - splitSource: why the split has a seed of its own.
  /// - Returns: the parameters.
  static func data(
    p: ParameterValue, fraction: ParameterValue, source: String,
    fractionSource: String? = nil,
    splitSource: String
  ) -> [ParameterDefinition] {
    [
      ParameterDefinition(
        name: "p", kind: .integer(2...1009), defaultValue: p,
        meaning: "p, the modulus; an example is one of the p² pairs (a, b)", unit: nil,
        source: source, effect: BinaryOperation.hasModulus),
      .operation(source: source, isLeftOut: false),
      ParameterDefinition(
        name: "train_fraction", kind: .number(.within(0.01, 0.99)), defaultValue: fraction,
        meaning:
          "share of the pairs in the train set, rounded down, at least one; the rest is the test set",
        unit: nil, source: fractionSource ?? source,
        effect: GivenFiles.drawsSplit),
      ParameterDefinition(
        name: "split_seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
        meaning: "draw of the train set; it is the same for all seeds unless this changes too",
        unit: nil, source: splitSource,
        effect: GivenFiles.drawsSplit.or(.unless("label_noise", is: 0))),
      ParameterDefinition(
        name: "label_noise", kind: .number(.within(0, 1)), defaultValue: 0,
        meaning:
          "share of the train set, rounded down, whose labels are replaced by another one each, drawn by "
          + "split_seed; the train accuracy counts these labels", unit: nil,
        source: "none: \(source); 0.1 to 0.9: Doshi et al. 2023, arXiv 2310.13061",
        isLeftOutAtDefault: true),
    ]
  }

  /// The output scale, and whether the initial outputs are subtracted.
  ///
  /// - Parameters:
  ///   - outputs: what is scaled, and subtracted: logits or outputs.
  ///   - uncentred: whose predictor is not centred.
  /// - Returns: the parameters.
  static func laziness(outputs: String, uncentred: String) -> [ParameterDefinition] {
    [
      ParameterDefinition(
        name: "alpha", kind: .number(.above(0)), defaultValue: 1,
        meaning: "output scale α, the factor of the \(outputs): how lazy the network is", unit: nil,
        source: "Kumar, Fig. 12: 0.05 to 1.4; none: \(uncentred)"),
      ParameterDefinition(
        name: "predictor", kind: .choice(["uncentred", "centred"]), defaultValue: "uncentred",
        meaning:
          "centred: the initial \(outputs) are subtracted; uncentred: they are part of the predictor",
        unit: nil, source: "centred: Kumar, Fig. 12; uncentred: \(uncentred)"),
    ]
  }

  /// How the rate depends on the step and on α; the seed of the weights; the precision.
  ///
  /// - Parameters:
  ///   - warmUp: w if nobody says.
  ///   - warmUpSource: where it comes from.
  ///   - precisionSource: where float32 comes from.
  /// - Returns: the parameters.
  static func computation(
    warmUp: ParameterValue, warmUpSource: String, precisionSource: String
  ) -> [ParameterDefinition] {
    [
      ParameterDefinition(
        name: "warm_up", kind: .integer(0...1_000_000), defaultValue: warmUp,
        meaning:
          "w: the t-th step has the learning rate η min((t − 1)/w, 1), so that the first one moves the "
          + "optimiser's moments alone; 0 for none", unit: "steps", source: warmUpSource),
      ParameterDefinition(
        name: "rate_scaling", kind: .choice(["none", "inverse-alpha-squared"]),
        defaultValue: "none",
        meaning: "inverse-alpha-squared: the learning rate is η/α²", unit: nil,
        source: "inverse-alpha-squared: Kumar, Fig. 12, with η = 6e-6"),
      ParameterDefinition(
        name: "seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
        meaning: "draws of the initial weights; shared by all cells of a map", unit: nil,
        source: "ours", effect: GivenFiles.drawsWeights),
      ParameterDefinition(
        name: "precision", kind: .choice(["float32", "float64"]), defaultValue: "float32",
        meaning: "arithmetic of the training step", unit: nil, source: precisionSource),
    ]
  }

  /// With α = 1 both scalings of the rate are one.
  static let resolve:
    @Sendable (inout OrderedDictionary<String, ParameterValue>, Set<String>) -> Void = {
      values, _ in
      if values["alpha"] == 1 { values["rate_scaling"] = "none" }
    }
}

import OrderedCollections

/// Initial weights and splits from files, for experiments that take them.
enum GivenFiles {
  /// Initial weights.
  static let initialWeights = ParameterDefinition(
    name: "initial_weights", kind: .file, defaultValue: nil,
    meaning:
      "a safetensors file with all weights by the names and shapes below, in F32 or F64, used instead "
      + "of draws: a checkpoint, or one that PyTorch has written; moments of an optimiser that it may "
      + "hold are not used",
    unit: nil, source: "ours")

  /// Which pairs are learned.
  static let split = ParameterDefinition(
    name: "split", kind: .file, defaultValue: nil,
    meaning:
      "a safetensors file with a tensor train and perhaps a tensor test, vectors of whole numbers "
      + "(I64, I32), each the number a p + b of a pair; without test, all other pairs are the test set; "
      + "used instead of a draw",
    unit: nil, source: "ours")

  /// Leaves out what a file leaves no room for.
  ///
  /// - Parameters:
  ///   - values: the run's parameters.
  ///   - inputs: the parameters that were given a file.
  ///   - draws: the parameters of the draw of initial weights.
  static func leaveOutDraws(
    _ values: inout OrderedDictionary<String, ParameterValue>, inputs: Set<String>,
    draws: [String]
  ) {
    if inputs.contains(initialWeights.name) { for name in draws { values[name] = nil } }
    if inputs.contains(split.name) {
      values["train_fraction"] = nil
      if values["label_noise"] == 0 { values["split_seed"] = nil }
    }
  }
}

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

  /// The condition of what draws the initial weights.
  static let drawsWeights = EffectCondition.withoutFile(initialWeights.name)
  /// The condition of what draws the split.
  static let drawsSplit = EffectCondition.withoutFile(split.name)
}

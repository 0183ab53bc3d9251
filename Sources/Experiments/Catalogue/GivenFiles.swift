/// Initial weights and splits from files, for experiments that take them.
enum GivenFiles {
  /// The parameters of an experiment that are files.
  ///
  /// - Parameter split: what its data may be taken from.
  /// - Returns: that one with those of weights and optimiser.
  static func all(split: ParameterDefinition) -> [ParameterDefinition] {
    [initialWeights, optimiserState, split]
  }

  /// Initial weights.
  static let initialWeights = ParameterDefinition(
    name: "initial_weights", kind: .file, defaultValue: nil,
    meaning:
      "a safetensors file with all weights by the names and shapes below, in F32 or F64, used instead "
      + "of draws: a checkpoint, or one that PyTorch has written; what it may hold of an optimiser is "
      + "taken over where it is named as optimiser_state, too",
    unit: nil, source: "ours")

  /// Where an optimiser goes on.
  static let optimiserState = ParameterDefinition(
    name: "optimiser_state", kind: .file, defaultValue: nil,
    meaning:
      "a safetensors file with the moments and the steps of the optimiser that brought initial_weights where "
      + "they are, by the names and shapes below, in F32 or F64; without it the optimiser begins anew: a "
      + "checkpoint, mostly the same file",
    unit: nil, source: "ours")

  /// Which pairs are learned.
  static let split = ParameterDefinition(
    name: "split", kind: .file, defaultValue: nil,
    meaning:
      "a safetensors file with a tensor train and perhaps a tensor test, vectors of whole numbers "
      + "(I64, I32), each the number a p + b of a pair; without test, all other pairs are the test set; "
      + "perhaps with train_labels, a number below p for each pair of train, else the operation's results are the labels; "
      + "used instead of a draw",
    unit: nil, source: "ours")

  /// Which pairs the addition toy learns, and what of their sums.
  static let toySplit = ParameterDefinition(
    name: "split", kind: .file, defaultValue: nil,
    meaning:
      "a safetensors file with a tensor train, a vector of whole numbers, each the number i p + j of a pair with "
      + "i ≤ j; all others are the test set, and a tensor test may name them; with loss mean-square also targets "
      + "[2p − 1 × K], a row a sum; used instead of draws: a checkpoint has all of them",
    unit: nil, source: "ours")

  /// The examples of sparse parity.
  static let paritySplit = ParameterDefinition(
    name: "split", kind: .file, defaultValue: nil,
    meaning:
      "a safetensors file with tensors train [P × n] and test [test examples × n] of 1 and −1 and secret_bits [k], "
      + "the bits from 0 whose product is the label; used instead of draws",
    unit: nil, source: "ours")

  /// What else a checkpoint has beside weights of these names.
  static let moments =
    "; beside them first_moment_NAME and second_moment_NAME of each, or the momentum as first_moment_NAME, "
    + "and optimiser_steps, with Grokfast slow_gradient_NAME and gradient_sum_k_NAME; train, test and train_labels, the split"

  /// The condition of what draws the initial weights.
  static let drawsWeights = EffectCondition.withoutFile(initialWeights.name)
  /// The condition of what draws the split.
  static let drawsSplit = EffectCondition.withoutFile(split.name)
}

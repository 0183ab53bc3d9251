import Experiments
import Networks
import OrderedCollections

// What the networks that learn the table of an operation have in common.
extension ExperimentEngine {
  static func operation(_ parameters: RunParameters) throws(TrainingError) -> BinaryOperation {
    let name = try parameters.text("operation")
    guard let operation = BinaryOperation(rawValue: name) else {
      throw TrainingError("operation: there is no \"\(name)\"")
    }
    return operation
  }

  /// p, or how many permutations there are.
  static func modulus(
    _ parameters: RunParameters, _ operation: BinaryOperation
  ) throws(TrainingError) -> Int {
    operation.isOfPermutations
      ? BinaryOperation.permutations : try parameters.integer("p")
  }

  /// η, divided by α² if that is asked for.
  static func scaledRate(_ parameters: RunParameters) throws(TrainingError) -> Double {
    let (rate, alpha) = (
      try parameters.number("learning_rate"), try parameters.number("alpha")
    )
    let isScaled = try parameters.text("rate_scaling") == "inverse-alpha-squared"
    return isScaled ? rate / (alpha * alpha) : rate
  }

  /// The pairs of an operation, split as a file says, or by a train fraction and a seed of its own; with label noise if
  /// that is asked for.
  static func pairSplit(
    _ parameters: RunParameters, _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> PairSplit {
    let operation = try operation(parameters)
    let modulus = try modulus(parameters, operation)
    let split: PairSplit
    if let file = files["split"]?.tensors {
      do {
        split = try PairSplit(file: file, operation, modulus: modulus)
      } catch {
        throw TrainingError("split: \(error)")
      }
    } else {
      split = PairSplit(
        operation, modulus: modulus,
        trainExamples: PairSplit.trainExamples(
          try parameters.number("train_fraction"), of: operation, modulus: modulus),
        seed: try parameters.integer("split_seed"))
    }
    let noise = try parameters.number("label_noise")
    if noise > 0, split.isRelabelled(from: operation, modulus: modulus) {
      throw TrainingError(
        "split: its train_labels are not all results of \(operation.rawValue); leave label_noise out, or they would get noise "
          + "twice")
    }
    return noise == 0
      ? split : split.withLabelNoise(noise, seed: try parameters.integer("split_seed"))
  }

  /// The initial weights of a file; nil if the run draws its own.
  ///
  /// - Parameters:
  ///   - shapes: each weight's name and shape.
  ///   - files: the contents of the input files, by the name of their parameter.
  /// - Returns: a tensor a weight.
  /// - Throws: `TrainingError` if the file has not all of them in their shapes.
  static func givenWeights(
    _ shapes: [(name: String, shape: [Int])], _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> [Tensor]? {
    guard let file = files["initial_weights"]?.tensors else { return nil }
    do {
      return try file.weights(shapes)
    } catch {
      throw TrainingError("initial_weights: \(error)")
    }
  }

  /// Checks that weights, split and optimiser from files fit runs, once for all runs of the same shapes and pairs.
  static func checkPairFiles(
    _ files: OrderedDictionary<String, RunInput>, for configurations: [Configuration]
  ) throws(TrainingError) {
    guard files["initial_weights"] != nil || files["split"] != nil else { return }
    // By what decides whether they fit: shapes written out would take longer than all else of a plan of many runs.
    var checked: Set<[AnyHashable]> = []
    for configuration in configurations {
      guard let sizes = try weightSizes(of: configuration) else { continue }
      let parameters = RunParameters(configuration)
      let network = AnyHashable(sizes)
      switch configuration.experiment {
      case ExperimentDefinition.additionToy.name:
        if checked.insert([network]).inserted { _ = try additionToyDraws(parameters, files) }
      case ExperimentDefinition.sparseParity.name:
        if checked.insert([network, try parameters.text("output_bias")]).inserted {
          _ = try sparseParityWeights(parameters, files)
          _ = try sparseParityExamples(parameters, files)
        }
      default:
        if checked.insert([network]).inserted { _ = try givenWeights(sizes.parameters, files) }
        let operation = try operation(parameters)
        if files["split"] != nil,
          checked.insert([
            operation, try modulus(parameters, operation), try parameters.number("label_noise") > 0,
          ]).inserted
        {
          _ = try pairSplit(parameters, files)
        }
      }
      // Which tensors an optimiser has is known once there is one.
      if files["optimiser_state"] != nil,
        checked.insert([network, "optimiser", try optimiserKind(parameters)]).inserted
      {
        _ = try make(for: configuration, files: files)
      }
    }
  }
}

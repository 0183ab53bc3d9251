import Experiments
import Networks
import OrderedCollections

// Runs that go on with the optimiser of a file.
extension ExperimentEngine {
  /// The sizes that decide which weights an experiment takes from a file; nil of one that takes none.
  static func weightSizes(
    of configuration: Configuration
  ) throws(TrainingError) -> (any WeightSizes)? {
    let parameters = RunParameters(configuration)
    switch configuration.experiment {
    case ExperimentDefinition.embeddingMLP.name: return try embeddingMLPSizes(parameters)
    case ExperimentDefinition.oneLayerTransformer.name:
      return try oneLayerTransformerSizes(parameters)
    case ExperimentDefinition.transformer.name: return try transformerShape(parameters)
    case ExperimentDefinition.additionToy.name: return try additionToySizes(parameters)
    case ExperimentDefinition.sparseParity.name: return try sparseParitySizes(parameters)
    default: return nil
    }
  }

  /// Puts an engine's optimiser where that of a file stopped: all that the engine keeps beside its weights.
  ///
  /// - Parameters:
  ///   - engine: at its initial weights.
  ///   - configuration: what made it.
  ///   - files: the contents of the input files, by the name of their parameter; without `optimiser_state` nothing changes.
  /// - Throws: `TrainingError` if a tensor is missing, of another shape, or what no optimiser leaves.
  static func takeUpOptimiser(
    _ engine: inout any TrainingEngine, of configuration: Configuration,
    _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) {
    guard let file = files["optimiser_state"]?.tensors,
      let sizes = try weightSizes(of: configuration)
    else { return }
    let names = Set(sizes.parameters.map(\.name))
    do {
      let present = engine.state()
      let state = try file.optimiserState(like: present.filter { !names.contains($0.name) })
      try engine.restore(
        Safetensors(tensors: present.filter { names.contains($0.name) } + state))
    } catch {
      throw TrainingError("optimiser_state: \(error)")
    }
  }
}

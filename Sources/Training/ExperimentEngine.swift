import Experiments
import LinearAlgebra
import Networks
import OrderedCollections

/// From a catalogue entry and its parameters to what is stepped through.
enum ExperimentEngine {
  /// - Parameters:
  ///   - configuration: complete and checked, as the catalogue makes it.
  ///   - files: the contents of the input files, by the name of their parameter.
  /// - Returns: the engine at step 0, when it is measured, and when a run of it has converged.
  /// - Throws: `TrainingError` if nothing here runs this experiment, its parameters do not go together, or a file
  ///   does not fit.
  static func make(
    for configuration: Configuration, files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> MadeEngine {
    var made = try begin(configuration, files: files)
    try takeUpOptimiser(&made.engine, of: configuration, files)
    return made
  }

  /// The engine before its optimiser has been anywhere.
  private static func begin(
    _ configuration: Configuration, files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> MadeEngine {
    let parameters = RunParameters(configuration)
    do throws(ParameterError) {
      let definition = Catalogue.experiment(named: configuration.experiment)
      try definition?.checkKnown(configuration)
      try definition?.checkTogether(configuration)
      try definition?.checkFiles(files.keys)
    } catch {
      throw TrainingError(error.description)
    }
    switch configuration.experiment {
    case ExperimentDefinition.polynomialRegression.name:
      return MadeEngine(
        engine: try polynomialRegression(parameters, data: files["data"]?.tensors),
        convergence: .lossesStandStill)
    case ExperimentDefinition.eigenvectorLabels.name:
      return MadeEngine(engine: try eigenvectorLabels(parameters))
    case ExperimentDefinition.modularMLP.name:
      return MadeEngine(engine: try modularMLP(parameters))
    case ExperimentDefinition.embeddingMLP.name:
      return MadeEngine(
        engine: try embeddingMLP(parameters, files), schedule: .sparse,
        constants: try pairSplit(parameters, files).tensors)
    case ExperimentDefinition.oneLayerTransformer.name:
      return MadeEngine(
        engine: try oneLayerTransformer(parameters, files), schedule: .sparse,
        constants: try pairSplit(parameters, files).tensors)
    case ExperimentDefinition.transformer.name:
      return MadeEngine(
        engine: try transformer(parameters, files), schedule: .sparse,
        constants: try pairSplit(parameters, files).tensors)
    case ExperimentDefinition.additionToy.name:
      return MadeEngine(
        engine: try additionToy(parameters, files),
        constants: try additionToyDraws(parameters, files).splitTensors)
    case ExperimentDefinition.sparseParity.name:
      return MadeEngine(engine: try sparseParity(parameters, files), schedule: .sparse)
    case ExperimentDefinition.teacherStudent.name:
      return MadeEngine(engine: try teacherStudent(parameters))
    case ExperimentDefinition.imageMLP.name:
      return MadeEngine(engine: try imageMLP(parameters, files), schedule: .sparse)
    case ExperimentDefinition.noop.name:
      return MadeEngine(
        engine: NoopEngine(), convergence: .steps(try parameters.integer("steps")))
    default:
      throw TrainingError("this trainer has no experiment \"\(configuration.experiment)\"")
    }
  }

  /// Checks that files fit runs, once for all runs of the same sizes.
  static func check(
    _ files: OrderedDictionary<String, RunInput>, for configurations: [Configuration]
  ) throws(TrainingError) {
    try checkPairFiles(files, for: configurations)
    var checkedImages: Set<ImageMLPDraws.Sizes> = []
    for configuration in configurations
    where configuration.experiment == ExperimentDefinition.imageMLP.name {
      var sizes = try imageMLPSizes(RunParameters(configuration))
      // The network does not matter to the files.
      (sizes.hiddenLayers, sizes.hiddenUnits) = (1, 1)
      if checkedImages.insert(sizes).inserted { _ = try imageSets(sizes, files) }
    }
    guard let data = files["data"]?.tensors else { return }
    var checked: Set<PolynomialRegressionDraws.Sizes> = []
    var reduced: Set<PolynomialRegressionDraws.Sizes> = []
    for configuration in configurations
    where configuration.experiment == ExperimentDefinition.polynomialRegression.name {
      let parameters = RunParameters(configuration)
      let sizes = try polynomialRegressionSizes(parameters)
      let isNew = checked.insert(sizes).inserted
      // Interpolation adds a direction to the weights: the run itself looks then.
      let (engine, share) = (
        try parameters.text("engine"), try parameters.number("interpolation")
      )
      let isReduced = engine == "reduced" && share == 0
      let isNewReduced = isReduced && reduced.insert(sizes).inserted
      guard isNew || isNewReduced else { continue }
      let draws = try polynomialRegressionDraws(of: data, sizes: sizes)
      if isNewReduced { try checkRank(of: draws) }
    }
  }

  /// The memory that a run takes at its peak, in bytes.
  static func bytesNeeded(
    for configuration: Configuration, files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> Int {
    let parameters = RunParameters(configuration)
    switch configuration.experiment {
    case ExperimentDefinition.polynomialRegression.name:
      return try polynomialRegressionSizes(parameters).bytes(
        isDirect: try parameters.text("engine") == "direct",
        hasMomentum: try parameters.number("momentum") > 0,
        isLinearised: try parameters.text("linearised") != "none",
        scalarBytes: try parameters.scalarBytes())
    case ExperimentDefinition.eigenvectorLabels.name:
      return try eigenvectorLabelsBytes(parameters)
    case ExperimentDefinition.modularMLP.name:
      return try modularMLPSizes(parameters).bytes(
        hasMomentum: try parameters.number("momentum") > 0,
        scalarBytes: try parameters.scalarBytes())
    case ExperimentDefinition.embeddingMLP.name:
      return try embeddingMLPBytes(parameters)
    case ExperimentDefinition.oneLayerTransformer.name:
      return try oneLayerTransformerBytes(parameters)
    case ExperimentDefinition.transformer.name:
      return try transformerBytes(parameters)
    case ExperimentDefinition.additionToy.name:
      return try additionToySizes(parameters).bytes(
        copies: try optimiserOptions(parameters).weightCopies,
        scalarBytes: try parameters.scalarBytes())
    case ExperimentDefinition.sparseParity.name:
      return try sparseParityBytes(parameters)
    case ExperimentDefinition.teacherStudent.name:
      return try teacherStudentSizes(parameters).bytes(
        linearisation: try linearisation(parameters),
        copies: try optimiserOptions(parameters).weightCopies,
        scalarBytes: try parameters.scalarBytes())
    case ExperimentDefinition.imageMLP.name:
      return try imageMLPSizes(parameters).bytes(
        pixels: imagePixels(files), batchSize: try parameters.integer("batch_size"),
        hasRegression: try linearisation(parameters) != .none,
        copies: try optimiserOptions(parameters).weightCopies,
        scalarBytes: try parameters.scalarBytes())
    default: return 0
    }
  }
}

/// An engine at step 0 with what the loop around it must know of the experiment.
struct MadeEngine {
  var engine: any TrainingEngine
  var schedule = EvaluationSchedule.everyStep
  var convergence = ConvergenceRule.never
  /// What others need to go on with the run, beside what the engine keeps.
  var constants: [Tensor] = []
}

/// The parameters of a configuration by their types.
struct RunParameters {
  private let values: OrderedDictionary<String, ParameterValue>
  private let mayBeRepeated: Bool

  init(_ configuration: Configuration) {
    values = configuration.completeParameters
    let definition = Catalogue.experiment(named: configuration.experiment)
    mayBeRepeated = definition?.isRepeatedNearThresholds == true
  }

  /// The size of the largest numbers that the run's engine may have: one in float32 may be computed again in float64.
  func scalarBytes() throws(TrainingError) -> Int {
    try text("precision") == "float64" || mayBeRepeated ? 8 : 4
  }

  func number(_ name: String) throws(TrainingError) -> Double {
    try exact(name).doubleValue
  }

  func integer(_ name: String) throws(TrainingError) -> Int {
    guard let value = try exact(name).integerValue else {
      throw TrainingError("\(name): a whole number is needed")
    }
    return value
  }

  /// The same for a parameter that a file may settle, which is then no part of the configuration.
  func number(_ name: String, otherwise value: Double) -> Double {
    values[name]?.number?.doubleValue ?? value
  }

  func integer(_ name: String, otherwise value: Int) -> Int {
    values[name]?.number?.integerValue ?? value
  }

  func text(_ name: String) throws(TrainingError) -> String {
    guard case .text(let value) = values[name] else {
      throw TrainingError("\(name): the run has no value for it")
    }
    return value
  }

  private func exact(_ name: String) throws(TrainingError) -> ExactDecimal {
    guard let value = values[name]?.number else {
      throw TrainingError("\(name): the run has no number for it")
    }
    return value
  }
}

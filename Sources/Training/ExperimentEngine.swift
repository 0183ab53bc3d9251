import Experiments
import LinearAlgebra
import Networks
import OrderedCollections

/// From a catalogue entry and its parameters to what is stepped through.
enum ExperimentEngine {
  /// - Parameters:
  ///   - configuration: complete and checked, as the catalogue makes it.
  ///   - files: the contents of the input files, by the name of their parameter.
  /// - Returns: the engine at step 0, and when a run of it has converged.
  /// - Throws: `TrainingError` if nothing here runs this experiment, its parameters do not go together, or a file
  ///   does not fit.
  static func make(
    for configuration: Configuration, files: OrderedDictionary<String, Safetensors>
  ) throws(TrainingError) -> (engine: any TrainingEngine, convergence: ConvergenceRule) {
    let parameters = RunParameters(configuration)
    do throws(ParameterError) {
      try Catalogue.experiment(named: configuration.experiment)?.checkTogether(configuration)
    } catch {
      throw TrainingError(error.description)
    }
    switch configuration.experiment {
    case ExperimentDefinition.polynomialRegression.name:
      return (try polynomialRegression(parameters, data: files["data"]), .lossesStandStill)
    case ExperimentDefinition.eigenvectorLabels.name:
      return (try eigenvectorLabels(parameters), .never)
    case ExperimentDefinition.modularMLP.name:
      return (try modularMLP(parameters), .never)
    case ExperimentDefinition.teacherStudent.name:
      return (try teacherStudent(parameters), .never)
    case ExperimentDefinition.noop.name:
      return (NoopEngine(), .steps(try parameters.integer("steps")))
    default:
      throw TrainingError("this trainer has no experiment \"\(configuration.experiment)\"")
    }
  }

  /// Checks that files fit runs, once for all runs of the same sizes.
  static func check(
    _ files: OrderedDictionary<String, Safetensors>, for configurations: [Configuration]
  ) throws(TrainingError) {
    guard let data = files["data"] else { return }
    var checked: Set<PolynomialRegressionDraws.Sizes> = []
    for configuration in configurations
    where configuration.experiment == ExperimentDefinition.polynomialRegression.name {
      let sizes = try polynomialRegressionSizes(RunParameters(configuration))
      if checked.insert(sizes).inserted {
        _ = try polynomialRegressionDraws(of: data, sizes: sizes)
      }
    }
  }

  /// The memory that a run takes at its peak, in bytes.
  static func bytesNeeded(for configuration: Configuration) throws(TrainingError) -> Int {
    let parameters = RunParameters(configuration)
    switch configuration.experiment {
    case ExperimentDefinition.polynomialRegression.name:
      return try polynomialRegressionSizes(parameters).bytes(
        isDirect: try parameters.text("engine") == "direct",
        hasMomentum: try parameters.number("momentum") > 0,
        isLinearised: try parameters.text("linearised") != "none",
        // A run in float32 may have to be computed again in float64.
        scalarBytes: 8)
    case ExperimentDefinition.eigenvectorLabels.name:
      return try eigenvectorLabelsBytes(parameters)
    case ExperimentDefinition.modularMLP.name:
      return try modularMLPSizes(parameters).bytes(
        hasMomentum: try parameters.number("momentum") > 0,
        scalarBytes: try parameters.text("precision") == "float64" ? 8 : 4)
    case ExperimentDefinition.teacherStudent.name:
      return try teacherStudentSizes(parameters).bytes(
        scalarBytes: try parameters.text("precision") == "float64" ? 8 : 4)
    default: return 0
    }
  }
}

/// The parameters of a configuration by their types.
struct RunParameters {
  private let values: OrderedDictionary<String, ParameterValue>

  init(_ configuration: Configuration) { values = configuration.completeParameters }

  func number(_ name: String) throws(TrainingError) -> Double {
    try exact(name).doubleValue
  }

  func integer(_ name: String) throws(TrainingError) -> Int {
    guard let value = try exact(name).integerValue else {
      throw TrainingError("\(name): a whole number is needed")
    }
    return value
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

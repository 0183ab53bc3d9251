public import OrderedCollections

/// An experiment that runs can name: its parameters, what it records, its version.
///
/// Defaults and ranges live here and nowhere else.
public struct ExperimentDefinition: Sendable {
  public let name: String
  /// Raised when a change alters the numbers of a run with the same parameters.
  public let version: Int
  public let summary: String
  public let source: String
  /// Hidden experiments can be run but are not listed.
  public let isHidden: Bool
  public let parameters: [ParameterDefinition]
  /// What is recorded when nobody asks for more.
  public let thresholds: Thresholds
  /// When a run counts as grokked if a sweep does not say.
  public var grokked = GrokkedRule(measure: .loss, train: 0.1, test: 0.1)
  /// The step limit when a command names none.
  public let maxSteps: Int
  /// What holds once the run has converged, in words; nil if the experiment has no such rule.
  public let convergenceRule: String?
  /// Whether a run in float32 is computed again in float64 if its test loss ends near a recorded threshold.
  public var isRepeatedNearThresholds = false
  /// Resolves choices such as `engine: auto`, so that equal trajectories have equal configurations; `inputs` are the
  /// parameters that were given a file.
  let resolve:
    @Sendable (inout OrderedDictionary<String, ParameterValue>, _ inputs: Set<String>) -> Void
  /// What is wrong with parameters that are right one by one; nil for nothing.
  var conflict: @Sendable (Configuration) -> ParameterError? = { _ in nil }
  /// What the weights of a checkpoint are called and how they lie, in words; nil where it is not said.
  public var weights: String?
  /// What records hold beside losses and accuracies.
  public var observables: [ObservableDefinition] = []
  /// The parameters that `conflict` looks at: runs that differ in others alone need one check.
  public var interdependent: Set<String> = []

  /// When a run is computed twice, in words; nil for never.
  var repetitionRule: String? {
    guard isRepeatedNearThresholds else { return nil }
    return "in float64, if it is in float32 and its test loss ends within 2 % of a recorded "
      + "threshold"
  }

  public func parameter(named name: String) -> ParameterDefinition? {
    parameters.first { $0.name == name }
  }

  /// The full configuration that the given parameters stand for.
  ///
  /// - Parameters:
  ///   - given: the parameters that differ from their defaults, files excluded.
  ///   - inputs: the SHA-256 of every given file, in hexadecimal, by the parameter's name.
  /// - Returns: the configuration that is run and that has the key; `checkTogether` has not seen it.
  /// - Throws: `ParameterError` for the first unknown name or value out of range.
  public func configuration(
    _ given: OrderedDictionary<String, ParameterValue>,
    inputs: OrderedDictionary<String, String> = [:]
  ) throws(ParameterError) -> Configuration {
    for (name, value) in given { try check(name, value) }
    return configuration(ofChecked: given, inputs: inputs)
  }

  /// The same for parameters that have been checked, each by itself.
  func configuration(
    ofChecked given: OrderedDictionary<String, ParameterValue>,
    inputs: OrderedDictionary<String, String>
  ) -> Configuration {
    configuration(ofComplete: completed(given), inputs: inputs)
  }

  /// Given parameters and the defaults of all others, files excluded, by name in code-point order.
  func completed(
    _ given: OrderedDictionary<String, ParameterValue>
  ) -> OrderedDictionary<String, ParameterValue> {
    var values: OrderedDictionary<String, ParameterValue> = [:]
    for parameter in parameters where parameter.kind != .file {
      if let value = given[parameter.name] ?? parameter.defaultValue {
        values[parameter.name] = value
      }
    }
    values.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return values
  }

  /// The configuration that a complete set of checked parameters stands for.
  func configuration(
    ofComplete values: OrderedDictionary<String, ParameterValue>,
    inputs: OrderedDictionary<String, String>
  ) -> Configuration {
    var values = values
    let files = Set(inputs.keys)
    resolve(&values, files)
    // Conditions look at no parameter that has one, so the order does not matter.
    for parameter in parameters {
      guard let effect = parameter.effect, !effect.holds(values, inputs: files) else { continue }
      values[parameter.name] = nil
    }
    for parameter in parameters where parameter.isLeftOutAtDefault {
      if values[parameter.name] == parameter.defaultValue { values[parameter.name] = nil }
    }
    return Configuration(
      experiment: name, version: version, parameters: values, inputs: inputs)
  }

  /// Checks the parameters of a run against one another, each being right by itself.
  ///
  /// - Parameter configuration: one of this experiment.
  /// - Throws: `ParameterError` for the first that does not go with another.
  public func checkTogether(_ configuration: Configuration) throws(ParameterError) {
    if let error = conflict(configuration) { throw error }
  }

  /// Checks that all of a run means something here: what only a newer version knows would be left out of it.
  ///
  /// - Parameter configuration: one of this experiment, made elsewhere.
  /// - Throws: `ParameterError` for the first parameter or file that the experiment has not got.
  public func checkKnown(_ configuration: Configuration) throws(ParameterError) {
    for name in Array(configuration.inputs.keys) + configuration.parameters.keys
    where parameter(named: name) == nil {
      throw ParameterError(
        name: name,
        problem: "experiment \(self.name) has no such parameter here; a newer groksweep may have it"
      )
    }
  }

  /// What is wrong with naming a parameter in a run: it makes no difference there.
  ///
  /// - Parameters:
  ///   - name: the parameter.
  ///   - given: the parameters of the run that differ from their defaults, files excluded.
  ///   - inputs: the parameters that were given a file.
  /// - Returns: why it makes none, and when it would; nil if it makes one, or there is no such parameter.
  public func reasonWithoutEffect(
    of name: String, in given: OrderedDictionary<String, ParameterValue>, inputs: Set<String>
  ) -> String? {
    guard let effect = parameter(named: name)?.effect else { return nil }
    var values = completed(given)
    resolve(&values, inputs)
    return effect.holds(values, inputs: inputs) ? nil : effect.problem(values, inputs: inputs)
  }

  /// Checks that every file is given without which there is no run, or another one means nothing.
  ///
  /// - Parameter names: the parameters that were given a file.
  /// - Throws: `ParameterError` for the first that was not, with the place to get it from.
  public func checkFiles(_ names: some Collection<String>) throws(ParameterError) {
    for parameter in parameters {
      guard let place = parameter.whereToGet, !names.contains(parameter.name) else { continue }
      throw ParameterError(
        name: parameter.name, problem: "expected \(parameter.expectation), \(place); found nothing")
    }
    let (state, weights) = (GivenFiles.optimiserState.name, GivenFiles.initialWeights.name)
    if names.contains(state), !names.contains(weights) {
      throw ParameterError(
        name: state, problem: "expected \(weights) beside it, which it belongs to; found nothing")
    }
  }

  /// Checks one parameter by itself.
  ///
  /// - Parameters:
  ///   - name: the parameter's name.
  ///   - value: what it was given.
  /// - Throws: `ParameterError` if there is no such parameter, or it may not have this value.
  public func check(_ name: String, _ value: ParameterValue) throws(ParameterError) {
    guard let parameter = parameter(named: name) else {
      throw ParameterError(
        name: name,
        problem: "experiment \(self.name) has no parameter \"\(name)\""
          + Spelling.suggestion(for: name, among: parameters.map(\.name)))
    }
    if let problem = parameter.problem(with: value) {
      throw ParameterError(name: name, problem: problem)
    }
  }
}

/// What is wrong with one parameter.
public struct ParameterError: Error, Equatable, CustomStringConvertible {
  public let name: String
  public let problem: String
  public var description: String { "\(name): \(problem)" }

  public init(name: String, problem: String) {
    self.name = name
    self.problem = problem
  }
}

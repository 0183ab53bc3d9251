/// What `groksweep describe` says of an experiment, as text and as JSON.
public struct ExperimentDescription: Hashable, Sendable, Codable {
  public struct Parameter: Hashable, Sendable, Codable {
    public let name: String
    public let meaning: String
    public let unit: String?
    public let defaultValue: ParameterValue?
    /// What a value may be: `a number above 0`.
    public let allowed: String
    public let source: String
    /// When the parameter makes a difference, `with optimiser sgd`; nil for always.
    public let only: String?

    enum CodingKeys: String, CodingKey {
      case name, meaning, unit, allowed, source, only
      case defaultValue = "default"
    }
  }

  public let name: String
  public let version: Int
  public let summary: String
  public let source: String
  public let parameters: [Parameter]
  /// What is recorded on train and test when nobody asks for more.
  public let thresholds: Thresholds
  public let maxSteps: Int
  public let convergenceRule: String?
  /// When a run is computed twice, in words; nil for never.
  public let repetitionRule: String?
  /// What records hold beside losses and accuracies.
  public let observables: [ObservableDefinition]
  /// What the weights of a checkpoint are called, and their shapes.
  public let weights: String?

  enum CodingKeys: String, CodingKey {
    case name, version, summary, source, parameters, thresholds, observables, weights
    case maxSteps = "max_steps"
    case convergenceRule = "convergence_rule"
    case repetitionRule = "repetition_rule"
  }

  public init(_ definition: ExperimentDefinition) {
    name = definition.name
    version = definition.version
    summary = definition.summary
    source = definition.source
    parameters = definition.parameters.map { parameter in
      Parameter(
        name: parameter.name, meaning: parameter.meaning, unit: parameter.unit,
        defaultValue: parameter.defaultValue, allowed: parameter.expectation,
        source: parameter.source, only: parameter.effect?.words)
    }
    thresholds = definition.thresholds
    maxSteps = definition.maxSteps
    convergenceRule = definition.convergenceRule
    repetitionRule = definition.repetitionRule
    observables = definition.observables
    weights = definition.weights
  }

  /// The description of an experiment by its name.
  ///
  /// - Parameter name: what the user typed.
  /// - Throws: `ParameterError` for an unknown name, with the nearest known one.
  public init(named name: String) throws(ParameterError) {
    guard let definition = Catalogue.experiment(named: name) else {
      throw ParameterError(
        name: "experiment",
        problem: "expected the name of an experiment, found \"\(name.abbreviated)\""
          + Spelling.suggestion(for: name, among: Catalogue.listed.map(\.name)))
    }
    self.init(definition)
  }

  /// All experiments that are listed.
  public static var all: [ExperimentDescription] { Catalogue.listed.map { Self($0) } }

  /// The list that `groksweep describe` shows without an experiment.
  public static var listText: String {
    let width = all.map(\.name.count).max() ?? 0
    let lines = all.map { experiment in
      TextLayout.hanging(experiment.name.padded(to: width) + "  ", experiment.summary, indent: 2)
    }
    return (["Experiments (groksweep describe NAME says more):"] + lines).joined(separator: "\n")
  }

  /// The description as lines for a terminal, at most 100 columns wide.
  public var text: String {
    var lines = [
      TextLayout.hanging("\(name): ", summary, indent: 0),
      TextLayout.hanging("source: ", source, indent: 0),
      "",
      "Parameters:",
    ]
    for parameter in parameters { lines += Self.lines(of: parameter) }
    lines += ["", "A run:"]
    lines.append(TextLayout.hanging("records   ", recordedText, indent: 2))
    lines.append(TextLayout.hanging("stops     ", "after \(maxSteps.grouped) steps", indent: 2))
    if let convergenceRule {
      lines.append(TextLayout.hanging("converged ", "when \(convergenceRule)", indent: 2))
    }
    if let repetitionRule {
      lines.append(TextLayout.hanging("repeated  ", repetitionRule, indent: 2))
    }
    if let weights { lines.append(TextLayout.hanging("weights   ", weights, indent: 2)) }
    if !observables.isEmpty {
      lines += [
        "", "Recorded beside losses\(thresholds.accuracy.isEmpty ? "" : " and accuracies"):",
      ]
      for observable in observables {
        lines += ["  \(observable.name)", TextLayout.hanging("", observable.meaning, indent: 6)]
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func lines(of parameter: Parameter) -> [String] {
    let unit = parameter.unit.map { " [\($0)]" } ?? ""
    let standard = parameter.defaultValue.map { "; default \($0)" } ?? "; none by default"
    let condition = parameter.only.map { TextLayout.hanging("", "only \($0)", indent: 6) }
    return [
      "  \(parameter.name)\(unit)",
      TextLayout.hanging("", parameter.meaning, indent: 6),
    ] + (condition.map { [$0] } ?? []) + [
      TextLayout.hanging(
        "", "\(parameter.allowed)\(standard) (\(parameter.source))", indent: 6)
    ]
  }

  private var recordedText: String {
    var parts: [String] = []
    if !thresholds.loss.isEmpty {
      let values = thresholds.loss.map(\.description).joined(separator: ", ")
      parts.append("the first step with a train and test loss below \(values)")
    }
    if !thresholds.accuracy.isEmpty {
      let values = thresholds.accuracy.map(\.description).joined(separator: ", ")
      parts.append("the first step with a train and test accuracy of at least \(values)")
    }
    return parts.joined(separator: "; ")
  }
}

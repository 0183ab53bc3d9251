import OrderedCollections

/// When a parameter makes a difference: with some values of another one, or with or without a file.
///
/// Each of its clauses must hold; of a clause any case is enough. Where the condition does not hold the parameter is no part
/// of a run's configuration, whatever its value, and naming it is refused. The parameters that a condition looks at have
/// none themselves.
public struct EffectCondition: Hashable, Sendable {
  private enum Case: Hashable, Sendable {
    case isAmong(String, [ParameterValue])
    case isNotAmong(String, [ParameterValue])
    case file(String, isGiven: Bool)

    /// The parameter that it looks at.
    var name: String {
      switch self {
      case .isAmong(let name, _), .isNotAmong(let name, _), .file(let name, _): name
      }
    }
  }

  private let clauses: [[Case]]

  /// Another parameter has one of some values, once choices such as `auto` are resolved.
  static func when(_ name: String, is values: ParameterValue...) -> Self {
    Self(clauses: [[.isAmong(name, values)]])
  }

  /// Another parameter has none of some values.
  static func unless(_ name: String, is values: ParameterValue...) -> Self {
    unless(name, is: values)
  }

  static func unless(_ name: String, is values: [ParameterValue]) -> Self {
    Self(clauses: [[.isNotAmong(name, values)]])
  }

  /// A parameter was given a file.
  static func withFile(_ name: String) -> Self { Self(clauses: [[.file(name, isGiven: true)]]) }

  /// A parameter was given no file.
  static func withoutFile(_ name: String) -> Self { Self(clauses: [[.file(name, isGiven: false)]]) }

  /// This condition or another, of one clause each.
  func or(_ other: Self) -> Self {
    Self(clauses: [clauses.flatMap(\.self) + other.clauses.flatMap(\.self)])
  }

  /// This condition and another.
  func and(_ other: Self) -> Self { Self(clauses: clauses + other.clauses) }

  /// The parameters that it looks at.
  public var names: Set<String> { Set(clauses.joined().map(\.name)) }

  /// Whether the parameter makes a difference.
  ///
  /// - Parameters:
  ///   - values: all parameters of a run, choices resolved.
  ///   - inputs: the parameters that were given a file.
  /// - Returns: whether every clause holds.
  func holds(_ values: OrderedDictionary<String, ParameterValue>, inputs: Set<String>) -> Bool {
    clauses.allSatisfy { Self.holds($0, values, inputs) }
  }

  private static func holds(
    _ clause: [Case], _ values: OrderedDictionary<String, ParameterValue>, _ inputs: Set<String>
  ) -> Bool {
    clause.contains { part in
      switch part {
      case .isAmong(let name, let wanted): values[name].map(wanted.contains) ?? false
      case .isNotAmong(let name, let unwanted): !(values[name].map(unwanted.contains) ?? false)
      case .file(let name, let isGiven): inputs.contains(name) == isGiven
      }
    }
  }

  /// The condition as it ends a sentence: `with optimiser adamw or adam`.
  public var words: String {
    clauses.map { $0.map(Self.words).joined(separator: " or ") }.joined(separator: " and ")
  }

  private static func words(_ part: Case) -> String {
    switch part {
    case .isAmong(let name, let values): "with \(name) \(list(values))"
    case .isNotAmong(let name, let values): "with \(name) other than \(list(values))"
    case .file(let name, let isGiven): (isGiven ? "with" : "without") + " a file as \(name)"
    }
  }

  /// What is wrong with naming the parameter where the condition does not hold.
  ///
  /// - Parameters:
  ///   - values: all parameters of a run, choices resolved.
  ///   - inputs: the parameters that were given a file.
  /// - Returns: why it has no effect, and when it would have one.
  func problem(
    _ values: OrderedDictionary<String, ParameterValue>, inputs: Set<String>
  ) -> String {
    let failing = clauses.filter { !Self.holds($0, values, inputs) }.joined()
    let reasons = failing.map { part in
      switch part {
      case .isAmong(let name, _), .isNotAmong(let name, _):
        values[name].map { "\(name) \($0)" } ?? "no \(name)"
      case .file(let name, let isGiven): (isGiven ? "no" : "a") + " file as \(name)"
      }
    }
    return "has no effect with \(reasons.joined(separator: " and ")); it counts only \(words)"
  }

  private static func list(_ values: [ParameterValue]) -> String {
    let words = values.map(\.description)
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }
}

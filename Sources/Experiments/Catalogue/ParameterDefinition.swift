/// One parameter of an experiment: what it means, what it may be, what it is if nobody says.
public struct ParameterDefinition: Hashable, Sendable {
  /// What values a parameter takes.
  public enum Kind: Hashable, Sendable {
    case integer(ClosedRange<Int>)
    case number(NumberRange)
    case choice([String])
    /// The path of a file; the file's SHA-256 is what counts, its path and name are not.
    case file

    public var isNumeric: Bool {
      switch self {
      case .integer, .number: true
      case .choice, .file: false
      }
    }
  }

  public let name: String
  public let kind: Kind
  /// Nil where the experiment works without one (files).
  public let defaultValue: ParameterValue?
  public let meaning: String
  /// The unit, or nil for a pure number.
  public let unit: String?
  /// Where the parameter and its default come from.
  public let source: String
  /// Whether configurations leave it out at its default: so a parameter that an experiment gets later changes no
  /// key of the runs before.
  var isLeftOutAtDefault = false
  /// When the parameter makes a difference; nil for always.
  public var effect: EffectCondition?
  /// What a file must be; of no meaning for other parameters.
  public var fileFormat = FileFormat.safetensors
  /// What to say where a file is missing without which there is no run; nil for a parameter that may be left out.
  public var whereToGet: String?

  /// The value if it is allowed, in words what is expected if it is not.
  func problem(with value: ParameterValue) -> String? {
    switch (kind, value) {
    case (.integer(let range), .number(let number)):
      if let integer = number.integerValue, range.contains(integer) { return nil }
      return "expected \(expectation), found \(value)"
    case (.number(let range), .number(let number)):
      return range.contains(number) ? nil : "expected \(expectation), found \(value)"
    case (.choice(let choices), .text(let text)) where choices.contains(text): return nil
    case (.file, .text(let path)) where !path.isEmpty: return nil
    case (_, .text(let text)): return "expected \(expectation), found \"\(text)\""
    default: return "expected \(expectation), found \(value)"
    }
  }

  /// What a value must be, as a noun phrase: `a number above 0`.
  public var expectation: String {
    switch kind {
    case .integer(let range):
      range.upperBound == .max
        ? "a whole number of at least \(range.lowerBound)"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range): range.description
    case .choice(let choices): "one of \(choices.joined(separator: ", "))"
    case .file: "the path of a file"
    }
  }
}

/// What an input file is.
public enum FileFormat: Hashable, Sendable {
  /// Tensors by their names.
  case safetensors
  /// One array of bytes, as MNIST has them.
  case idx
}

/// The numbers that a parameter may take.
public enum NumberRange: Hashable, Sendable, CustomStringConvertible {
  case any
  case above(ExactDecimal)
  case atLeast(ExactDecimal)
  case within(ExactDecimal, ExactDecimal)

  func contains(_ value: ExactDecimal) -> Bool {
    switch self {
    case .any: true
    case .above(let bound): value > bound
    case .atLeast(let bound): value >= bound
    case .within(let lower, let upper): lower <= value && value <= upper
    }
  }

  public var description: String {
    switch self {
    case .any: "a number"
    case .above(let bound): "a number above \(bound)"
    case .atLeast(let bound): "a number of at least \(bound)"
    case .within(let lower, let upper): "a number from \(lower) to \(upper)"
    }
  }
}

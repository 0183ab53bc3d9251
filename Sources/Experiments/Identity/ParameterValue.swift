/// What a sweep file or a command line gives for one parameter.
public enum ParameterValue: Hashable, Sendable {
  case number(ExactDecimal)
  case text(String)
  case flag(Bool)

  /// The number, when it is one.
  public var number: ExactDecimal? {
    if case .number(let value) = self { value } else { nil }
  }
}

extension ParameterValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .number(let value): value.description
    case .text(let value): value
    case .flag(let value): value ? "true" : "false"
    }
  }
}

extension ParameterValue: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByStringLiteral
{
  public init(floatLiteral value: Double) { self = .number(ExactDecimal(floatLiteral: value)) }
  public init(integerLiteral value: Int) { self = .number(ExactDecimal(value)) }
  public init(stringLiteral value: String) { self = .text(value) }
}

extension ParameterValue: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .flag(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else {
      self = .number(try container.decode(ExactDecimal.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .flag(let value): try container.encode(value)
    }
  }
}

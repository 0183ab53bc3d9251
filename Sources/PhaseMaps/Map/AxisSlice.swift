public import Experiments

/// The values of one axis that a map is to use: `alpha=0.4,0.8`, `seed=0..4`, `optimizer=adamw`.
public struct AxisSlice: Hashable, Sendable {
  /// One part between commas.
  public enum Part: Hashable, Sendable {
    case value(ParameterValue)
    /// All numbers from the first to the second, both included.
    case range(ExactDecimal, ExactDecimal)

    func contains(_ value: ParameterValue) -> Bool {
      switch self {
      case .value(let wanted): wanted == value
      case .range(let from, let to): value.number.map { from <= $0 && $0 <= to } ?? false
      }
    }

    var description: String {
      switch self {
      case .value(let value): value.description
      case .range(let from, let to): "\(from)..\(to)"
      }
    }
  }

  public let axis: String
  public let parts: [Part]

  public init(axis: String, parts: [Part]) {
    self.axis = axis
    self.parts = parts
  }

  /// Reads `axis=value,value` or `axis=from..to`, or both mixed.
  ///
  /// - Parameter text: what was typed after `--where`.
  /// - Throws: `PhaseMapError.slice` with what is wrong.
  public init(parsing text: String) throws(PhaseMapError) {
    func refused(_ problem: String) -> PhaseMapError { .slice(text, problem: problem) }
    guard let mark = text.firstIndex(of: "=") else {
      throw refused("expected AXIS=VALUES, such as alpha=0.4,0.8 or seed=0..4")
    }
    let axis = String(text[..<mark]).trimmed
    guard !axis.isEmpty else { throw refused("the axis has no name before \"=\"") }
    var parts: [Part] = []
    let pieces = text[text.index(after: mark)...].split(
      separator: ",", omittingEmptySubsequences: false)
    for piece in pieces.map({ String($0).trimmed }) {
      guard !piece.isEmpty else { throw refused("a value is missing") }
      guard let dots = piece.firstRange(of: "..") else {
        parts.append(.value(Self.value(piece)))
        continue
      }
      let ends = [piece[..<dots.lowerBound], piece[dots.upperBound...]].map {
        ExactDecimal(String($0).trimmed)
      }
      guard let from = ends[0], let to = ends[1] else {
        throw refused("expected a range such as 0..4, found \"\(piece)\"")
      }
      guard from <= to else { throw refused("the range \(from)..\(to) runs downwards") }
      parts.append(.range(from, to))
    }
    self.init(axis: axis, parts: parts)
  }

  /// Whether a run with this value on the axis is kept.
  public func contains(_ value: ParameterValue) -> Bool {
    parts.contains { $0.contains(value) }
  }

  private static func value(_ text: String) -> ParameterValue {
    if let number = ExactDecimal(text) { return .number(number) }
    return text == "true" ? .flag(true) : text == "false" ? .flag(false) : .text(text)
  }
}

extension AxisSlice: CustomStringConvertible {
  public var description: String {
    "\(axis)=\(parts.map(\.description).joined(separator: ","))"
  }
}

extension String {
  /// Without the blanks around it.
  var trimmed: String {
    let body = drop { $0 == " " || $0 == "\t" }
    guard let last = body.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
    return String(body[...last])
  }
}

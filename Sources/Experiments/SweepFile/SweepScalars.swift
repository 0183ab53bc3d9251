/// Reading one value where the sweep file's format says what it must be.
extension SweepCursor {
  /// A number, exactly as written.
  ///
  /// - Parameter expected: what the number must be, for the message.
  /// - Returns: the number.
  /// - Throws: `SweepFileError` for anything but a plain decimal number.
  func number(expected: String) throws(SweepFileError) -> ExactDecimal {
    guard case .scalar(let text, let isPlain) = node.content else {
      throw error(expected: expected)
    }
    if !isPlain, ExactDecimal(text) != nil {
      throw error(
        "expected \(expected), found the quoted text \"\(text)\"; write it without quotes")
    }
    guard isPlain else { throw error(expected: expected) }
    if Self.hasLeadingZero(text) {
      // YAML 1.1 reads 010 as eight, YAML 1.2 as ten.
      throw error("expected \(expected), found \(text.abbreviated); write it without leading zeros")
    }
    if let number = ExactDecimal(text) { return number }
    if ExactDecimal.isOutOfReach(text) {
      throw error("expected \(expected) \(ExactDecimal.reach), found \(text.abbreviated)")
    }
    throw error(expected: expected)
  }

  /// A whole number in a range.
  func integer(
    _ range: ClosedRange<Int>, expected: String
  ) throws(SweepFileError) -> Int {
    let number = try number(expected: expected)
    guard let integer = number.integerValue, range.contains(integer) else {
      throw error(expected: expected)
    }
    return integer
  }

  /// `true` or `false`.
  func flag() throws(SweepFileError) -> Bool {
    switch node.content {
    case .scalar("true", isPlain: true): return true
    case .scalar("false", isPlain: true): return false
    default: throw error(expected: "true or false")
    }
  }

  /// Text, with or without quotes.
  func text(expected: String) throws(SweepFileError) -> String {
    guard !node.isNothing, case .scalar(let text, _) = node.content, !text.isEmpty else {
      throw error(expected: expected)
    }
    return text
  }

  /// One of a few words.
  func choice(_ known: [String]) throws(SweepFileError) -> String {
    let expected = "one of \(known.joined(separator: ", "))"
    let text = try text(expected: expected)
    guard known.contains(text) else {
      let nearest = Spelling.nearest(to: text, among: known)
      throw error(
        "expected \(expected), found \"\(text.abbreviated)\""
          + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""))
    }
    return text
  }

  /// A value that a parameter may have.
  func value(of parameter: ParameterDefinition) throws(SweepFileError) -> ParameterValue {
    let value: ParameterValue =
      switch parameter.kind {
      case .integer, .number: .number(try number(expected: parameter.expectation))
      case .choice(let choices): .text(try choice(choices))
      case .file: .text(try text(expected: parameter.expectation))
      }
    if let problem = parameter.problem(with: value) { throw error(problem) }
    return value
  }

  /// The members of a mapping whose keys are all known.
  ///
  /// - Parameters:
  ///   - known: the keys that are allowed.
  ///   - expected: what the mapping is, for the message: `a mapping such as {from: 0, to: 4}`.
  /// - Returns: the members in the order of the file.
  /// - Throws: `SweepFileError` if this is no mapping, or has an unknown key.
  func members(
    _ known: [String], expected: String
  ) throws(SweepFileError) -> [String: SweepNode.Member] {
    guard let members = node.members else { throw error(expected: expected) }
    var byKey: [String: SweepNode.Member] = [:]
    for member in members {
      guard known.contains(member.key) else {
        let nearest = Spelling.nearest(to: member.key, among: known)
        let hint = nearest.map { "; did you mean \"\($0)\"?" } ?? ""
        throw error(
          atKey: member,
          "expected one of the keys \(known.joined(separator: ", ")), "
            + "found \"\(member.key.abbreviated)\"\(hint)")
      }
      byKey[member.key] = member
    }
    return byKey
  }

  private static func hasLeadingZero(_ text: String) -> Bool {
    let digits = text.drop { $0 == "+" || $0 == "-" }
    guard digits.first == "0", let next = digits.dropFirst().first, next.isNumber else {
      return false
    }
    return ExactDecimal(text) != nil
  }
}

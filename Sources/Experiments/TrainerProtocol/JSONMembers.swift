import OrderedCollections

/// The members of a JSON object on their way into a value, with sentences for what is missing or wrong.
struct JSONMembers {
  /// The object's place in the line: `record.observables`.
  let path: String
  let members: [JSONValue.Member]

  /// - Throws: `TrainerLine.Malformed` if it is no object.
  init(_ value: JSONValue, path: String) throws(TrainerLine.Malformed) {
    guard case .object(let members) = value else {
      throw TrainerLine.Malformed(problem: "\(path.isEmpty ? "the line" : path) is not an object")
    }
    self.path = path
    self.members = members
  }

  /// The member's value, the last of several; nil when it is missing or null.
  subscript(name: String) -> JSONValue? {
    guard let member = members.last(where: { $0.name == name }), member.value != .null else {
      return nil
    }
    return member.value
  }

  func required(_ name: String) throws(TrainerLine.Malformed) -> JSONValue {
    guard let value = self[name] else {
      throw TrainerLine.Malformed(
        problem: "\(path.isEmpty ? "the line" : path) lacks the member '\(name)'")
    }
    return value
  }

  func wrong(_ name: String, _ expected: String) -> TrainerLine.Malformed {
    TrainerLine.Malformed(problem: "\(path(of: name)) is not \(expected)")
  }

  func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  func object(_ name: String) throws(TrainerLine.Malformed) -> JSONMembers? {
    guard let value = self[name] else { return nil }
    return try JSONMembers(value, path: path(of: name))
  }

  func text(_ name: String) throws(TrainerLine.Malformed) -> String {
    guard case .text(let text) = try required(name) else { throw wrong(name, "a string") }
    return text
  }

  func optionalText(_ name: String) throws(TrainerLine.Malformed) -> String? {
    self[name] == nil ? nil : try text(name)
  }

  /// False when it is missing.
  func optionalFlag(_ name: String) throws(TrainerLine.Malformed) -> Bool {
    guard let value = self[name] else { return false }
    guard case .flag(let flag) = value else { throw wrong(name, "true or false") }
    return flag
  }

  func integer(_ name: String) throws(TrainerLine.Malformed) -> Int {
    let value = try decimal(name).integerValue
    guard let value else { throw wrong(name, "a whole number") }
    return value
  }

  func decimal(_ name: String) throws(TrainerLine.Malformed) -> ExactDecimal {
    try Self.decimal(try required(name), path: path(of: name))
  }

  static func decimal(
    _ value: JSONValue, path: String
  ) throws(TrainerLine.Malformed) -> ExactDecimal {
    guard case .number(let digits) = value else {
      throw TrainerLine.Malformed(problem: "\(path) is not a number")
    }
    guard let decimal = ExactDecimal(digits) else {
      throw TrainerLine.Malformed(
        problem: "\(path): \(digits) has more digits than are kept exactly")
    }
    return decimal
  }

  /// A measured value; nil when it is missing, null or not finite.
  func measured(_ name: String) throws(TrainerLine.Malformed) -> Double? {
    guard let value = self[name] else { return nil }
    guard case .number(let digits) = value, let number = Double(digits) else {
      throw wrong(name, "a number")
    }
    return number.isFinite ? number : nil
  }

  func key() throws(TrainerLine.Malformed) -> RunKey {
    let text = try text("key")
    guard let key = RunKey(hexadecimal: text) else {
      throw wrong("key", "64 lower-case hexadecimal digits")
    }
    return key
  }

  /// An object of strings, sorted by name; empty when it is missing.
  func texts(
    _ name: String
  ) throws(TrainerLine.Malformed) -> OrderedDictionary<String, String> {
    guard let object = try object(name) else { return [:] }
    var texts: OrderedDictionary<String, String> = [:]
    for member in object.members { texts[member.name] = try object.text(member.name) }
    texts.sort { $0.key < $1.key }
    return texts
  }
}

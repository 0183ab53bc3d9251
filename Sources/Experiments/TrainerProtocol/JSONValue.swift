/// A JSON text as a value, with numbers as they were written.
///
/// Foundation's decoder takes a hundred times as long for a line of the trainer protocol, and rounds decimals on
/// their way. NaN, Infinity and -Infinity, as Python's `json.dumps` writes them, read as null.
enum JSONValue: Hashable, Sendable {
  case null
  case flag(Bool)
  /// The digits as they stand in the text.
  case number(String)
  case text(String)
  case array([JSONValue])
  case object([Member])

  struct Member: Hashable, Sendable {
    let name: String
    let value: JSONValue
  }

  /// Why a text is not JSON.
  struct Malformed: Error {
    let problem: String
  }

  /// Objects and arrays within one another; a hostile line must not exhaust the stack.
  static let depthMax = 32

  init(_ bytes: UnsafeRawBufferPointer) throws(Malformed) {
    var reader = JSONReader(bytes: bytes)
    self = try reader.value(depth: 0)
    reader.skipBlanks()
    guard reader.place == bytes.count else { throw reader.malformed("text after the end") }
  }
}

/// Reads JSON from its bytes, one value at a time (RFC 8259).
private struct JSONReader {
  let bytes: UnsafeRawBufferPointer
  private(set) var place = 0

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  func malformed(_ problem: String) -> JSONValue.Malformed {
    JSONValue.Malformed(problem: "\(problem) at byte \(place)")
  }

  mutating func skipBlanks() {
    while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  mutating func value(depth: Int) throws(JSONValue.Malformed) -> JSONValue {
    guard depth <= JSONValue.depthMax else { throw malformed("too many levels") }
    skipBlanks()
    guard place < bytes.count else { throw malformed("the text ends") }
    switch bytes[place] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .text(try text())
    default: return try word()
    }
  }

  private mutating func object(depth: Int) throws(JSONValue.Malformed) -> JSONValue {
    place += 1
    var members: [JSONValue.Member] = []
    if take("}") { return .object(members) }
    repeat {
      skipBlanks()
      let name = try text()
      guard take(":") else { throw malformed("no colon after \"\(name)\"") }
      members.append(JSONValue.Member(name: name, value: try value(depth: depth + 1)))
    } while take(",")
    guard take("}") else { throw malformed("an object does not end") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(JSONValue.Malformed) -> JSONValue {
    place += 1
    var elements: [JSONValue] = []
    if take("]") { return .array(elements) }
    repeat { elements.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw malformed("an array does not end") }
    return .array(elements)
  }

  /// A number, true, false, null or one of Python's non-finite words.
  private mutating func word() throws(JSONValue.Malformed) -> JSONValue {
    let start = place
    while place < bytes.count, isWordByte(bytes[place]) { place += 1 }
    let word = String(decoding: bytes[start..<place], as: UTF8.self)
    switch word {
    case "null", "NaN", "Infinity", "-Infinity": return .null
    case "true": return .flag(true)
    case "false": return .flag(false)
    default:
      guard isNumber(bytes[start..<place]) else {
        place = start
        throw malformed("neither a value nor a number")
      }
      return .number(word)
    }
  }

  private func isWordByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
      || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  /// Whether a word is a number as JSON has it.
  private func isNumber(_ word: Slice<UnsafeRawBufferPointer>) -> Bool {
    // -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
    var rest = word
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let whole = rest.prefix(while: isDigit)
    guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else {
      return false
    }
    rest = rest.dropFirst(whole.count)
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: isDigit)
      guard !fraction.isEmpty else { return false }
      rest = rest.dropFirst(1 + fraction.count)
    }
    guard let mark = rest.first else { return true }
    guard mark | 0x20 == UInt8(ascii: "e") else { return false }
    rest = rest.dropFirst()
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
      rest = rest.dropFirst()
    }
    return !rest.isEmpty && rest.allSatisfy(isDigit)
  }

  private mutating func text() throws(JSONValue.Malformed) -> String {
    guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
      throw malformed("no quotation mark")
    }
    place += 1
    let start = place
    while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] >= 0x20 {
      if bytes[place] == UInt8(ascii: "\\") { return try escapedText(from: start) }
      place += 1
    }
    guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
      throw malformed("a string does not end")
    }
    defer { place += 1 }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  /// The rest of a string whose first escape is at the present place.
  private mutating func escapedText(from start: Int) throws(JSONValue.Malformed) -> String {
    var units = Array(String(decoding: bytes[start..<place], as: UTF8.self).utf16)
    var plainStart = place
    while place < bytes.count, bytes[place] >= 0x20 {
      let byte = bytes[place]
      guard byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") else {
        place += 1
        continue
      }
      units += String(decoding: bytes[plainStart..<place], as: UTF8.self).utf16
      place += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: units, as: UTF16.self) }
      units.append(try escape())
      plainStart = place
    }
    throw malformed("a string does not end")
  }

  private mutating func escape() throws(JSONValue.Malformed) -> UInt16 {
    guard place < bytes.count else { throw malformed("a string does not end") }
    let byte = bytes[place]
    place += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt16(byte)
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "u"):
      let digits = bytes[place..<min(place + 4, bytes.count)]
      guard digits.count == 4, digits.first != UInt8(ascii: "+"),
        let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
      else { throw malformed("\\u without four digits") }
      place += 4
      return unit
    default: throw malformed("an escape that JSON does not have")
    }
  }
}

/// Writes one JSON object into bytes, member by member.
struct JSONLine {
  private(set) var bytes: [UInt8] = []
  /// Whether something stands before the next member on its level.
  private var needsComma = false

  init() { bytes.reserveCapacity(512) }

  /// An object; within `body`, `member` writes its members.
  mutating func object(_ body: (inout JSONLine) -> Void) {
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
    body(&self)
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  /// Starts a member: what is written next is its value.
  mutating func name(_ name: String) {
    separate()
    text(name)
    bytes.append(UInt8(ascii: ":"))
  }

  mutating func member(_ name: String, _ body: (inout JSONLine) -> Void) {
    self.name(name)
    object(body)
  }

  mutating func member(_ name: String, _ value: String) {
    self.name(name)
    text(value)
    needsComma = true
  }

  mutating func member(_ name: String, _ value: Int) {
    self.name(name)
    raw(String(value))
  }

  mutating func member(_ name: String, _ value: Bool) {
    self.name(name)
    raw(value ? "true" : "false")
  }

  mutating func member(_ name: String, _ value: ExactDecimal) {
    self.name(name)
    raw(value.description)
  }

  /// Null where there is no finite value.
  mutating func member(_ name: String, measured value: Double?) {
    self.name(name)
    if let value, value.isFinite { raw(value.description) } else { raw("null") }
  }

  mutating func member(_ name: String, step value: Int?) {
    self.name(name)
    raw(value.map(String.init) ?? "null")
  }

  mutating func array(_ name: String, _ decimals: [ExactDecimal]) {
    self.name(name)
    raw("[" + decimals.map(\.description).joined(separator: ",") + "]")
  }

  /// An array of objects, one for each element.
  mutating func array<Element>(
    _ name: String, _ elements: [Element], _ body: (inout JSONLine, Element) -> Void
  ) {
    self.name(name)
    bytes.append(UInt8(ascii: "["))
    needsComma = false
    for element in elements {
      separate()
      object { body(&$0, element) }
    }
    raw("]")
  }

  private mutating func raw(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  private mutating func text(_ text: String) {
    let isPlain = text.utf8.allSatisfy { byte in
      byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
    guard !isPlain else {
      bytes.append(UInt8(ascii: "\""))
      bytes.append(contentsOf: text.utf8)
      bytes.append(UInt8(ascii: "\""))
      return
    }
    var escaped = CanonicalJSON()
    escaped.write(text)
    bytes.append(contentsOf: escaped.bytes)
  }
}

/// Writes JSON in the one form that is hashed: no white space, keys in code-point order, RFC 8785.
///
/// Only what identities need: objects of strings, exact decimals, flags and further objects.
struct CanonicalJSON {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(1024) }

  /// Writes an object.
  ///
  /// - Parameters:
  ///   - members: in code-point order of their names.
  ///   - write: writes a member's value.
  mutating func write<Value>(
    object members: some Sequence<(key: String, value: Value)>,
    _ write: (inout CanonicalJSON, Value) -> Void
  ) {
    bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    for (name, value) in members {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      self.write(name)
      bytes.append(UInt8(ascii: ":"))
      write(&self, value)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  mutating func write(_ value: ParameterValue) {
    switch value {
    case .number(let number): bytes.append(contentsOf: number.description.utf8)
    case .flag(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
    case .text(let text): write(text)
    }
  }

  mutating func write(_ number: Int) {
    bytes.append(contentsOf: String(number).utf8)
  }

  mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    defer { bytes.append(UInt8(ascii: "\"")) }
    var text = text
    text.withUTF8 { write(utf8: $0) }
  }

  private mutating func write(utf8: UnsafeBufferPointer<UInt8>) {
    // As nearly every text is.
    if utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      return bytes.append(contentsOf: utf8)
    }
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x08: bytes.append(contentsOf: "\\b".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0C: bytes.append(contentsOf: "\\f".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0..<0x20:
        let hexadecimal = String(byte, radix: 16)
        let zeros = String(repeating: "0", count: 4 - hexadecimal.count)
        bytes.append(contentsOf: "\\u\(zeros)\(hexadecimal)".utf8)
      default: bytes.append(byte)
      }
    }
  }
}

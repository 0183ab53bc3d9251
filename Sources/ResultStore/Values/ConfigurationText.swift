import Experiments
import OrderedCollections

/// Reads the canonical JSON of a configuration, the one form in which the store keeps it.
///
/// A store of a million runs is read at every start; a general decoder takes a hundred times as long.
struct ConfigurationText {
  private let bytes: [UInt8]
  private var position = 0

  /// The configuration that a text stands for, or nil when it is not one.
  static func configuration(_ text: String) -> Configuration? {
    var reader = ConfigurationText(bytes: Array(text.utf8))
    guard let configuration = reader.readConfiguration(), reader.position == reader.bytes.count
    else { return nil }
    return configuration
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func readConfiguration() -> Configuration? {
    var experiment: String?
    var version: Int?
    var parameters: OrderedDictionary<String, ParameterValue> = [:]
    var inputs: OrderedDictionary<String, String> = [:]
    let isComplete = readObject { reader, name in
      switch name {
      case "experiment": experiment = reader.readText()
      case "version": version = reader.readValue()?.number?.integerValue
      case "parameters":
        return reader.readObject { nested, name in
          guard let value = nested.readValue() else { return false }
          parameters[name] = value
          return true
        }
      case "inputs":
        return reader.readObject { nested, name in
          guard let digest = nested.readText() else { return false }
          inputs[name] = digest
          return true
        }
      default: return false
      }
      return true
    }
    guard isComplete, let experiment, let version else { return nil }
    return Configuration(
      experiment: experiment, version: version, parameters: parameters, inputs: inputs)
  }

  /// Reads `{"name":value,…}`; false when the text is something else.
  private mutating func readObject(
    _ readMember: (inout ConfigurationText, String) -> Bool
  ) -> Bool {
    guard read("{") else { return false }
    if read("}") { return true }
    repeat {
      guard let name = readText(), read(":"), readMember(&self, name) else { return false }
    } while read(",")
    return read("}")
  }

  private mutating func readValue() -> ParameterValue? {
    guard position < bytes.count else { return nil }
    if bytes[position] == UInt8(ascii: "\"") { return readText().map(ParameterValue.text) }
    let start = position
    while position < bytes.count, !",}".utf8.contains(bytes[position]) { position += 1 }
    let token = String(decoding: bytes[start..<position], as: UTF8.self)
    switch token {
    case "true": return .flag(true)
    case "false": return .flag(false)
    default: return ExactDecimal(token).map(ParameterValue.number)
    }
  }

  private mutating func readText() -> String? {
    guard read("\"") else { return nil }
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      guard let escaped = readEscaped() else { return nil }
      text.append(escaped)
    }
    return nil
  }

  /// The one byte that follows a backslash stands for; canonical JSON escapes ASCII alone.
  private mutating func readEscaped() -> UInt8? {
    guard position < bytes.count else { return nil }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return byte
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "u"):
      guard position + 4 <= bytes.count else { return nil }
      defer { position += 4 }
      return UInt8(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    default: return nil
    }
  }

  private mutating func read(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }
}

import Experiments
import Foundation

extension WireCodec {
  static func number(_ value: UInt64, _ what: String) throws(WireError) -> Int {
    // Far above every count and step there is, and safe to add to.
    guard value <= 1 << 53 else { throw WireError("\(what) of \(value) is beyond 2^53") }
    return Int(value)
  }

  static func positive(_ value: UInt64, _ what: String) throws(WireError) -> Int {
    guard value > 0 else { throw WireError("\(what) of 0; they begin at 1") }
    return try number(value, what)
  }

  static func lease(_ value: UInt64) throws(WireError) -> LeaseID {
    LeaseID(try positive(value, "a lease"))
  }

  static func leases(_ values: [UInt64]) throws(WireError) -> [LeaseID] {
    var leases: [LeaseID] = []
    leases.reserveCapacity(values.count)
    for value in values { leases.append(try lease(value)) }
    return leases
  }

  static func duration(_ nanoseconds: UInt64) throws(WireError) -> Duration {
    .nanoseconds(try number(nanoseconds, "a duration in nanoseconds"))
  }

  static func text(_ text: String) throws(WireError) -> String {
    guard text.utf8.count <= textBytesMax else {
      throw WireError("a text of \(text.utf8.count) bytes; at most \(textBytesMax) are read")
    }
    let scalars = text.unicodeScalars
    guard !scalars.allSatisfy({ isPrinted($0) || $0 == "\n" || $0 == "\t" }) else { return text }
    // It may be shown on a terminal, which obeys some of these.
    return String(
      String.UnicodeScalarView(
        scalars.map { isPrinted($0) || $0 == "\n" || $0 == "\t" ? $0 : "\u{FFFD}" }))
  }

  /// A name of something, which is shown in tables and typed in commands.
  static func name(
    _ text: String, of what: String, mayBeEmpty: Bool = false
  ) throws(WireError) -> String {
    guard mayBeEmpty || !text.isEmpty, text.utf8.count <= nameBytesMax,
      text.unicodeScalars.allSatisfy(isPrinted)
    else {
      throw WireError(
        "\(what) that is empty, longer than \(nameBytesMax) bytes or has control characters")
    }
    return text
  }

  /// Neither controls the terminal, as escape sequences do, nor the direction or the end of lines.
  private static func isPrinted(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return (0x20..<0x7F).contains(scalar.value) }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
    default: true
    }
  }

  /// At most as much of a text as the other side reads.
  static func cut(_ text: String) -> String {
    guard text.utf8.count > textBytesMax else { return text }
    return "…" + text.suffix(textBytesMax / 8)
  }

  static func key(_ bytes: Data) throws(WireError) -> RunKey {
    guard let key = bytes.withUnsafeBytes({ RunKey(bytes: $0) }) else {
      throw WireError("a run's key has \(RunKey.byteCount) bytes, this has \(bytes.count)")
    }
    return key
  }

  static func bytes(_ key: RunKey) -> Data { Data(key.bytes) }
}

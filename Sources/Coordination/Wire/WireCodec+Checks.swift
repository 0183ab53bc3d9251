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
    return text
  }

  /// At most as much of a text as the other side reads.
  static func cut(_ text: String) -> String {
    guard text.utf8.count > textBytesMax else { return text }
    return "…" + text.suffix(textBytesMax / 8)
  }

  static func key(_ bytes: Data) throws(WireError) -> RunKey {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes.prefix(32) {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    guard bytes.count == 32, let key = RunKey(hexadecimal: String(decoding: text, as: UTF8.self))
    else { throw WireError("a run's key has 32 bytes, this has \(bytes.count)") }
    return key
  }

  static func bytes(_ key: RunKey) -> Data {
    var bytes = Data(capacity: 32)
    var high: UInt8?
    for digit in key.hexadecimal.utf8 {
      let value = digit < UInt8(ascii: "a") ? digit - UInt8(ascii: "0") : digit - 87
      if let upper = high {
        bytes.append(upper << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }
}

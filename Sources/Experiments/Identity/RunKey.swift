import Crypto

/// What identifies a run: the SHA-256 of the canonical JSON of all that determines its trajectory.
///
/// Two runs with the same key have the same curves; how long a run was asked to go on is not part of it.
public struct RunKey: Hashable, Sendable, Comparable {
  /// 64 lower-case hexadecimal digits.
  public let hexadecimal: String

  public init?(hexadecimal: String) {
    guard hexadecimal.utf8.count == 64, hexadecimal.utf8.allSatisfy(Self.isHexadecimalDigit) else {
      return nil
    }
    self.hexadecimal = hexadecimal
  }

  init(digestOf bytes: [UInt8]) {
    hexadecimal = SHA256.hash(data: bytes).hexadecimal
  }

  /// Enough digits to tell runs apart on a screen.
  public var abbreviation: String { String(hexadecimal.prefix(12)) }

  public static func < (left: RunKey, right: RunKey) -> Bool {
    left.hexadecimal < right.hexadecimal
  }

  private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}

extension RunKey: CustomStringConvertible {
  public var description: String { hexadecimal }
}

extension RunKey: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let key = RunKey(hexadecimal: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a key has 64 hexadecimal digits, this has \(text.count)")
    }
    self = key
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hexadecimal)
  }
}

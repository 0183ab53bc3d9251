import Crypto

/// What identifies a run: the SHA-256 of the canonical JSON of all that determines its trajectory.
///
/// Two runs with the same key have the same curves; how long a run was asked to go on is not part of it.
public struct RunKey: Hashable, Sendable {
  // Four words, the most significant first: text takes four times the memory, and a coordinator keeps a million of them.
  private let first, second, third, fourth: UInt64

  /// The length of a digest.
  public static let byteCount = 32

  /// Reads 64 lower-case hexadecimal digits.
  public init?(hexadecimal: String) {
    var text = hexadecimal
    let key = text.withUTF8 { RunKey(hexadecimal: UnsafeRawBufferPointer($0)) }
    guard let key else { return nil }
    self = key
  }

  /// Reads 64 lower-case hexadecimal digits in ASCII.
  public init?(hexadecimal digits: UnsafeRawBufferPointer) {
    guard digits.count == 2 * Self.byteCount,
      let first = Self.word(digits, at: 0), let second = Self.word(digits, at: 16),
      let third = Self.word(digits, at: 32), let fourth = Self.word(digits, at: 48)
    else { return nil }
    (self.first, self.second, self.third, self.fourth) = (first, second, third, fourth)
  }

  /// Reads a digest of 32 bytes.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount else { return nil }
    func word(at offset: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    (first, second, third, fourth) = (word(at: 0), word(at: 8), word(at: 16), word(at: 24))
  }

  init(digestOf bytes: [UInt8]) {
    let key = SHA256.hash(data: bytes).withUnsafeBytes { RunKey(bytes: $0) }
    guard let key else { preconditionFailure("SHA-256 has other than \(Self.byteCount) bytes") }
    self = key
  }

  private static func word(_ digits: UnsafeRawBufferPointer, at start: Int) -> UInt64? {
    guard let high = half(digits, at: start), let low = half(digits, at: start + 8) else {
      return nil
    }
    return high << 32 | low
  }

  /// Eight digits side by side, a byte each: a processor cannot foretell which of them are letters, and a million
  /// keys are read at once.
  private static func half(_ digits: UnsafeRawBufferPointer, at start: Int) -> UInt64? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let characters = UInt64(
      bigEndian: digits.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    var values = (characters & (0x0F * ones)) + (characters >> 6 & ones) * 9
    // What they would be written as, "a" coming 39 places later than if it followed "9".
    let written = values + 0x30 * ones + ((values + 6 * ones) >> 4 & ones) * 39
    guard written == characters, values & (0xF0 * ones) == 0 else { return nil }
    values = (values | values >> 4) & 0x00FF_00FF_00FF_00FF
    values = (values | values >> 8) & 0x0000_FFFF_0000_FFFF
    return (values | values >> 16) & 0xFFFF_FFFF
  }

  /// The digest's 32 bytes.
  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
      for (index, word) in [first, second, third, fourth].enumerated() {
        UnsafeMutableRawBufferPointer(buffer).storeBytes(
          of: word.bigEndian, toByteOffset: 8 * index, as: UInt64.self)
      }
      count = Self.byteCount
    }
  }

  /// The first 16 of its hexadecimal digits, as a number.
  public var leadingBits: UInt64 { first }

  /// 64 lower-case hexadecimal digits.
  public var hexadecimal: String { bytes.hexadecimal }

  /// Enough digits to tell runs apart on a screen.
  public var abbreviation: String { String(hexadecimal.prefix(12)) }

  public func hash(into hasher: inout Hasher) {
    // The bits of a digest are as good as random: one word tells runs apart.
    hasher.combine(first)
  }
}

extension RunKey: Comparable {
  public static func < (left: RunKey, right: RunKey) -> Bool {
    (left.first, left.second, left.third, left.fourth)
      < (right.first, right.second, right.third, right.fourth)
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

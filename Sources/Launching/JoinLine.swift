import Crypto

/// All that a worker must know of a coordinator, as one line that people can copy.
///
/// `gs1:head:5555,10.0.0.7:5555/2f0c…/9b1d42e0`: the addresses at which the coordinator may be
/// reached, the public key that it is known by (64 hexadecimal digits, or `plain` where nothing is
/// encrypted), and the first four bytes of the SHA-256 of what stands before, so that half a line,
/// or one that a mail program has broken, is told from a whole one. No character of it means
/// anything to a shell but the brackets of IPv6. There is no secret in it.
public struct JoinLine: Hashable, Sendable, CustomStringConvertible {
  /// In the order in which they are tried; at least one.
  public let addresses: [NodeAddress]
  /// The 32 bytes of the coordinator's public key; nil for plain text.
  public let publicKey: [UInt8]?

  /// What such a line begins with.
  public static let prefix = "gs1:"
  /// More addresses than machines have; a worker tries one after the other.
  public static let addressesMax = 16

  private static let keyBytes = 32
  private static let checkBytes = 4
  private static let plain = "plain"

  /// A line of these parts.
  ///
  /// - Parameters:
  ///   - addresses: where the coordinator is reached, the best first.
  ///   - publicKey: its 32 bytes; nil for plain text.
  public init(addresses: [NodeAddress], publicKey: [UInt8]?) {
    precondition(
      (1...Self.addressesMax).contains(addresses.count), "\(addresses.count) addresses")
    precondition(
      publicKey.map { $0.count == Self.keyBytes } ?? true, "\(publicKey?.count ?? 0) bytes")
    self.addresses = addresses
    self.publicKey = publicKey
  }

  /// Whether a text is meant to be such a line, of this or another version, and not a file's name; blanks
  /// before it do not count.
  public static func isMeant(by text: some StringProtocol) -> Bool {
    let text = text.drop(while: \.isWhitespace)
    guard text.hasPrefix("gs"), let colon = text.firstIndex(of: ":") else { return false }
    let version = text[..<colon].dropFirst(2)
    return !version.isEmpty && version.allSatisfy(\.isNumber)
  }

  /// Reads a line, or a file with one; lines that begin with `#` say nothing.
  ///
  /// - Parameter text: the line or the file's contents.
  /// - Throws: what is wrong with it.
  public init(parsing text: String) throws(LaunchTextError) {
    // Editors on other systems begin a file with a byte order mark.
    let lines = text.drop { $0 == "\u{FEFF}" }.split(whereSeparator: \.isNewline)
      .map { Self.trimmed($0) }
      .filter { !$0.isEmpty && !$0.hasPrefix("#") }
    guard let line = lines.first, lines.count == 1 else {
      throw LaunchTextError(
        "expected one line that begins with \(Self.prefix), found "
          + (lines.isEmpty ? "none" : "\(lines.count) lines"))
    }
    guard Self.isMeant(by: line) else {
      throw LaunchTextError(
        "expected a line that begins with \(Self.prefix), as groksweep coordinate prints it, found "
          + "\"\(line.prefix(24))\"")
    }
    guard line.hasPrefix(Self.prefix) else {
      throw LaunchTextError(
        "\(line.prefix { $0 != ":" }) is the form of another version of groksweep; this one reads "
          + "\(Self.prefix)")
    }
    let parts = line.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[2] == Self.check(of: parts[0] + "/" + parts[1]) else {
      throw LaunchTextError("the line is not whole; copy it again, from \(Self.prefix) to its end")
    }
    addresses = try Self.addresses(parts[0].dropFirst(Self.prefix.count))
    if parts[1] == Self.plain {
      publicKey = nil
    } else {
      guard let key = Self.bytes(hexadecimal: parts[1]), key.count == Self.keyBytes else {
        throw LaunchTextError(
          "expected a public key of \(2 * Self.keyBytes) hexadecimal digits, or \(Self.plain)")
      }
      publicKey = key
    }
  }

  public var description: String {
    let key = publicKey.map { Self.hexadecimal($0) } ?? Self.plain
    let start = Self.prefix + addresses.map(\.description).joined(separator: ",") + "/" + key
    return "\(start)/\(Self.check(of: start))"
  }

  /// A file that holds the line, and says what it is.
  public var fileText: String {
    """
    # Where the coordinator is and what it is known by, for groksweep work --join; no secret.
    \(self)

    """
  }

  /// A short name of the coordinator that stays when it moves: the start of its key, or its first
  /// address.
  public var coordinatorName: String {
    publicKey.map { Self.hexadecimal($0.prefix(8)) } ?? addresses[0].description
  }

  private static func addresses(_ text: Substring) throws(LaunchTextError) -> [NodeAddress] {
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    guard words.count <= addressesMax else {
      throw LaunchTextError("expected at most \(addressesMax) addresses, found \(words.count)")
    }
    var addresses: [NodeAddress] = []
    for word in words {
      guard let address = NodeAddress(word) else {
        throw LaunchTextError(
          "expected an address such as head:5555 or [fd00::7]:5555, found \"\(word)\"")
      }
      addresses.append(address)
    }
    return addresses
  }

  private static func check(of text: some StringProtocol) -> String {
    hexadecimal(Array(SHA256.hash(data: Array(text.utf8)).prefix(checkBytes)))
  }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func bytes(hexadecimal text: some StringProtocol) -> [UInt8]? {
    let digits = text.map(\.hexDigitValue)
    guard digits.count % 2 == 0, text.utf8.count == digits.count else { return nil }
    var bytes: [UInt8] = []
    for place in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[place], let low = digits[place + 1] else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}

/// A host and a port as other machines write them: a name, an IPv4 or an IPv6 address.
public struct NodeAddress: Hashable, Sendable, CustomStringConvertible {
  /// Without the square brackets of IPv6.
  public let host: String
  public let port: Int

  public static let ports = 1...65535
  /// The longest name that the domain name system knows.
  private static let hostCharactersMax = 253

  /// An address of these parts; nil for a host or a port that there cannot be.
  public init?(host: some StringProtocol, port: Int) {
    guard Self.ports.contains(port), Self.isHost(host) else { return nil }
    self.host = String(host)
    self.port = port
  }

  /// Reads `head:5555`, `10.0.0.7:5555` or `[fd00::7]:5555`.
  ///
  /// - Parameter text: the address; nil is returned for anything else.
  public init?(_ text: some StringProtocol) {
    guard let colon = text.lastIndex(of: ":"),
      let port = Self.number(text[text.index(after: colon)...])
    else { return nil }
    let written = text[..<colon]
    let isBracketed = written.hasPrefix("[") && written.hasSuffix("]") && written.count > 2
    let host = isBracketed ? written.dropFirst().dropLast() : written
    guard isBracketed == host.contains(":") else { return nil }
    self.init(host: host, port: port)
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Whether a host can be called so: letters, digits, `.`, `-` and `_`; with colons, an IPv6 address
  /// and the interface that it is on.
  public static func isHost(_ text: some StringProtocol) -> Bool {
    guard !text.isEmpty, text.utf8.count <= hostCharactersMax, !text.hasPrefix("-") else {
      return false
    }
    guard text.contains(":") else { return text.utf8.allSatisfy(isNameCharacter) }
    let parts = text.split(separator: "%", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = parts.first, address.count(where: { $0 == ":" }) > 1,
      address.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." })
    else { return false }
    return parts.count == 1 || (!parts[1].isEmpty && parts[1].utf8.allSatisfy(isNameCharacter))
  }

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// Digits alone: `Int` takes a sign as well.
  static func number(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 9,
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(text)
  }
}

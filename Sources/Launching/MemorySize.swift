/// An amount of memory as Docker and Slurm write it: `512M`, `1.5G`; a unit is 1024 of the one below.
public struct MemorySize: Hashable, Sendable, CustomStringConvertible {
  public let bytes: Int

  private static let units: [(letter: Character, bytes: Int)] = [
    ("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10),
  ]
  /// No trainer needs less; a smaller number lacks its unit.
  private static let bytesMin = 1 << 20
  private static let bytesMax = 1 << 50

  /// A whole number of MiB, at least 1.
  public init(megabytes: Int) {
    precondition(megabytes > 0, "\(megabytes) MiB")
    bytes = megabytes << 20
  }

  /// Reads a number and its unit: K, M, G or T, large or small, `B` or `iB` behind it if wanted.
  ///
  /// - Parameter text: the amount; nil is returned for anything else, and for less than 1 MiB.
  public init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text.dropFirst(digits.count).uppercased()
    guard let number = Double(digits), let letter = unit.first,
      ["", "B", "IB"].contains(unit.dropFirst()),
      let factor = Self.units.first(where: { $0.letter == letter })?.bytes
    else { return nil }
    let bytes = number * Double(factor)
    guard bytes >= Double(Self.bytesMin), bytes <= Double(Self.bytesMax) else { return nil }
    self.bytes = Int(bytes)
  }

  /// In the largest unit of which it is a whole number.
  public var description: String {
    for (letter, factor) in Self.units where bytes % factor == 0 {
      return "\(bytes / factor)\(letter)"
    }
    return "\(bytes) bytes"
  }
}

/// Makes bytes that nobody meant out of bytes that somebody did; the same seed makes the same.
public struct Mutator {
  /// Inputs stay below this, so that what a decoder takes beyond it is its own doing.
  public static let bytesMax = 1 << 16

  private var generator: SeededGenerator

  /// What is often at the edge of something: as a byte, a varint, a length, a word of JSON.
  private static let tokens: [[UInt8]] = {
    let texts = [
      "NaN", "-Infinity", "1e400", "-0", "1E-400", "0.1e+", "99999999999999999999", "null", "true",
      "\\ud800", "\\u0000", "\"", "\\", "{}", "[]", ",,", "{\"\":", "}", "]", ":", "\n", "\r\n",
      "9007199254740993", "-9223372036854775808", "1.7976931348623157e308", "4.9e-324",
      "{\"key\":", "\u{FEFF}", "\u{1F9EA}", "\"__metadata__\"", "\"step\":", "[0,0]",
    ]
    let varints: [[UInt8]] = [
      [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10], [0x80, 0], [0, 0, 0, 0, 0, 0, 0xF8, 0x7F],
      [0, 0, 0, 0, 0, 0, 0xF0, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
      [0, 0, 0, 0, 0, 0, 0, 0x80], [0x00, 0x00, 0x10, 0, 0, 0, 0, 0], [0xC0, 0x80],
      [0xED, 0xA0, 0x80],
    ]
    return texts.map { Array($0.utf8) } + varints
  }()

  public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// Bytes near one of the samples, or near none.
  public mutating func input(like samples: [[UInt8]]) -> [UInt8] {
    guard let sample = samples.randomElement(using: &generator),
      Int.random(in: 0..<32, using: &generator) > 0
    else { return noise(Int.random(in: 0...200, using: &generator)) }
    var bytes = sample
    for _ in 0..<Int.random(in: 1...4, using: &generator) { change(&bytes, samples) }
    return bytes.count <= Self.bytesMax ? bytes : Array(bytes.prefix(Self.bytesMax))
  }

  /// A number below a bound, for whoever cuts the input up.
  public mutating func number(below bound: Int) -> Int {
    Int.random(in: 0..<bound, using: &generator)
  }

  private mutating func noise(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  private mutating func place(in bytes: [UInt8]) -> Int {
    Int.random(in: 0...bytes.count, using: &generator)
  }

  private mutating func range(in bytes: [UInt8], most: Int = 64) -> Range<Int> {
    let start = place(in: bytes)
    return start..<min(bytes.count, start + Int.random(in: 0...most, using: &generator))
  }

  private mutating func change(_ bytes: inout [UInt8], _ samples: [[UInt8]]) {
    switch Int.random(in: 0..<12, using: &generator) {
    case 0, 1:
      guard let index = bytes.indices.randomElement(using: &generator) else { return }
      bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 2:
      guard let index = bytes.indices.randomElement(using: &generator) else { return }
      bytes[index] = UInt8.random(in: 0...255, using: &generator)
    case 3:
      guard let index = bytes.indices.randomElement(using: &generator) else { return }
      bytes[index] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF][Int.random(in: 0..<6, using: &generator)]
    case 4: bytes.removeSubrange(place(in: bytes)...)
    case 5: bytes.removeSubrange(range(in: bytes))
    case 6:
      bytes.insert(
        contentsOf: noise(Int.random(in: 1...16, using: &generator)), at: place(in: bytes))
    case 7: repeatPart(of: &bytes)
    case 8:
      // The beginning of one sample with the end of another.
      guard let other = samples.randomElement(using: &generator) else { return }
      bytes = Array(bytes[..<place(in: bytes)] + other[place(in: other)...])
    case 9, 10:
      let token = Self.tokens.randomElement(using: &generator) ?? []
      let place = place(in: bytes)
      let end = Bool.random(using: &generator) ? place : min(bytes.count, place + token.count)
      bytes.replaceSubrange(place..<end, with: token)
    default: nest(&bytes)
    }
  }

  /// Something that should come once, or a few times, comes many times.
  private mutating func repeatPart(of bytes: inout [UInt8]) {
    let part = Array(bytes[range(in: bytes, most: 200)])
    let most = Int.random(in: 0..<50, using: &generator) == 0 ? 2000 : 8
    let count = Int.random(in: 1...most, using: &generator)
    guard !part.isEmpty, part.count * count < Self.bytesMax else { return }
    let copies = (0..<count).flatMap { _ in part }
    bytes.insert(contentsOf: copies, at: place(in: bytes))
  }

  /// Brackets in brackets, now and then deep enough for a stack.
  private mutating func nest(_ bytes: inout [UInt8]) {
    let most = Int.random(in: 0..<20, using: &generator) == 0 ? 20_000 : 40
    let depth = Int.random(in: 1...most, using: &generator)
    let bracket = [Array("[".utf8), Array("{\"a\":".utf8)].randomElement(using: &generator) ?? []
    let brackets = (0..<min(depth, Self.bytesMax / bracket.count)).flatMap { _ in bracket }
    bytes.insert(contentsOf: brackets, at: place(in: bytes))
  }
}

/// SplitMix64: a seed gives one sequence everywhere.
public struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

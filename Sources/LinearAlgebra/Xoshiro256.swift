/// The generator xoshiro256** of Blackman and Vigna 2018, with numbered streams.
///
/// Integer arithmetic only, so the same on every machine. A stream's 256 bits of state are four outputs
/// of SplitMix64 started at a mix of seed and stream number: streams of one seed, and the same streams of
/// two seeds, have nothing to do with one another.
public struct Xoshiro256: RandomNumberGenerator, Hashable, Sendable {
  private var words: SIMD4<UInt64>

  /// - Precondition: not all four words are zero.
  public init(state words: SIMD4<UInt64>) {
    precondition(words != .zero, "a state of zeros yields zeros for ever")
    self.words = words
  }

  public init(seed: UInt64, stream: UInt64) {
    var seeds = SplitMix64(state: seed)
    var streams = SplitMix64(state: seeds.next() ^ (stream &* 0xD1B5_4A32_D192_ED03))
    self.init(
      state: SIMD4(streams.next(), streams.next(), streams.next(), streams.next()))
  }

  public mutating func next() -> UInt64 {
    let scrambled = rotated(words[1] &* 5, by: 7) &* 9
    let shifted = words[1] << 17
    words[2] ^= words[0]
    words[3] ^= words[1]
    words[1] ^= words[2]
    words[0] ^= words[3]
    words[2] ^= shifted
    words[3] = rotated(words[3], by: 45)
    return scrambled
  }

  private func rotated(_ value: UInt64, by bits: UInt64) -> UInt64 {
    (value << bits) | (value >> (64 - bits))
  }
}

/// The generator SplitMix64 of Steele, Lea and Flood 2014; turns any seed into well-mixed ones.
public struct SplitMix64: RandomNumberGenerator, Hashable, Sendable {
  private var state: UInt64

  public init(state: UInt64) { self.state = state }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

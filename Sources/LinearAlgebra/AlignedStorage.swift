/// A line of the processor's cache and a register of AVX-512, in one.
typealias CacheLine = SIMD64<UInt8>

/// Zero-initialised memory for a number of scalars that starts at a cache line's boundary.
///
/// A value like an array. Kernels load whole registers of 64 bytes; a load that crosses two cache lines
/// costs twice, and an `Array` of floats starts anywhere.
struct AlignedStorage<Scalar: BitwiseCopyable & Sendable>: Sendable {
  private var lines: [CacheLine]
  let count: Int

  static var scalarsPerLine: Int { MemoryLayout<CacheLine>.size / MemoryLayout<Scalar>.stride }

  init(count: Int) {
    self.count = count
    let lineCount = (count + Self.scalarsPerLine - 1) / Self.scalarsPerLine
    lines = Array(repeating: CacheLine(), count: max(lineCount, 1))
  }

  func withPointer<Result>(_ body: (UnsafePointer<Scalar>) throws -> Result) rethrows -> Result {
    try lines.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else {
        preconditionFailure("storage of \(lines.count) lines has no address")
      }
      return try body(base.assumingMemoryBound(to: Scalar.self))
    }
  }

  mutating func withMutablePointer<Result>(
    _ body: (UnsafeMutablePointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    try lines.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else {
        preconditionFailure("storage without an address")
      }
      return try body(base.assumingMemoryBound(to: Scalar.self))
    }
  }
}

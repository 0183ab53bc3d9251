/// Zero-initialised memory for a number of scalars that starts at a cache line's boundary.
///
/// A value like an array, copied when it is written to while another holds it. Kernels load whole registers
/// of 64 bytes; a load that crosses two cache lines costs twice, and an `Array` starts at any 16 bytes.
struct AlignedStorage<Scalar: BitwiseCopyable & Sendable>: Sendable {
  /// A cache line, and a register of AVX-512.
  private static var lineBytes: Int { 64 }

  private var block: AlignedBlock
  let count: Int

  static var scalarsPerLine: Int { lineBytes / MemoryLayout<Scalar>.stride }

  init(count: Int) {
    self.count = count
    block = AlignedBlock(
      byteCount: max(count * MemoryLayout<Scalar>.stride, Self.lineBytes),
      alignment: Self.lineBytes)
  }

  func withPointer<Result>(_ body: (UnsafePointer<Scalar>) throws -> Result) rethrows -> Result {
    defer { withExtendedLifetime(block) {} }
    return try body(UnsafePointer(block.base.bindMemory(to: Scalar.self, capacity: count)))
  }

  mutating func withMutablePointer<Result>(
    _ body: (UnsafeMutablePointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    if !isKnownUniquelyReferenced(&block) { block = AlignedBlock(copying: block) }
    defer { withExtendedLifetime(block) {} }
    return try body(block.base.bindMemory(to: Scalar.self, capacity: count))
  }
}

/// Memory that ends with its last owner.
private final class AlignedBlock: Sendable {
  /// Written to by `AlignedStorage` alone, and only while it is the single owner.
  nonisolated(unsafe) let base: UnsafeMutableRawPointer
  private let byteCount: Int
  private let alignment: Int

  init(byteCount: Int, alignment: Int) {
    self.byteCount = byteCount
    self.alignment = alignment
    base = .allocate(byteCount: byteCount, alignment: alignment)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  convenience init(copying other: AlignedBlock) {
    self.init(byteCount: other.byteCount, alignment: other.alignment)
    base.copyMemory(from: other.base, byteCount: byteCount)
  }

  deinit { base.deallocate() }
}

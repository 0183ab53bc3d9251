import CKernels

/// What products of blocks of rows run on; each rounds otherwise.
public enum BlockKernels: Sendable, CaseIterable {
  /// OpenBLAS.
  case library
  /// Kernels of our own in AVX-512.
  case avx512
  /// The processor's matrix unit (AMX), in single precision.
  case amx

  /// Whether this machine has what they need in a precision.
  public func areAvailable<Scalar: BLASScalar>(in _: Scalar.Type) -> Bool {
    switch self {
    case .library: true
    case .avx512: gs_has_avx512() != 0
    case .amx: Scalar.hasMatrixUnit
    }
  }

  /// Those that products in a precision run on.
  ///
  /// Kernels of our own stand in for OpenBLAS's for AVX-512 alone, and the matrix unit where nobody has pinned OpenBLAS's: who
  /// pins kernels gets the same sums on every machine that has them. So `productKernelName()` says how products round.
  public static func used<Scalar: BLASScalar>(in _: Scalar.Type) -> BlockKernels {
    guard usesOwn else { return .library }
    return usesMatrixUnit && BlockKernels.amx.areAvailable(in: Scalar.self) ? .amx : .avx512
  }

  /// The same without the matrix unit, for factors so narrow that splitting the blocks takes what the unit saves.
  public static func usedForNarrow<Scalar: BLASScalar>(in _: Scalar.Type) -> BlockKernels {
    usesOwn ? .avx512 : .library
  }

  private static let usesOwn =
    BlockKernels.avx512.areAvailable(in: Float.self)
    && ["SkylakeX", "Cooperlake", "SapphireRapids"].contains(blasKernelName())
  private static let usesMatrixUnit =
    gs_has_pinned_kernels() == 0 && BlockKernels.amx.areAvailable(in: Float.self)
}

/// The kernels that products run on here: OpenBLAS's, and the matrix unit where it takes part, as in `SapphireRapids+AMX`.
///
/// It belongs to a run's provenance.
public func productKernelName() -> String {
  blasKernelName() + (BlockKernels.used(in: Float.self) == .amx ? "+AMX" : "")
}

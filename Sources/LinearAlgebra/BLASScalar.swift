import CLinearAlgebra

/// The two precisions that BLAS and the C kernels exist in.
///
/// Each routine appears once, with the pointers it takes; `Matrix` is what the rest of the code uses.
public protocol BLASScalar: ActivationKernelScalar, AttentionKernelScalar, BinaryFloatingPoint,
  BitwiseCopyable, KernelScalar, PairKernelScalar, PerceptronKernelScalar, PowerKernelScalar,
  ProductKernelScalar, ReducedKernelScalar, Sendable, TransformerKernelScalar
{
  /// C ← scale · op(A) op(B) + keep · C, row-major; op(A) is `[m × k]`, op(B) `[k × n]`.
  static func multiply(
    transposed: (left: Bool, right: Bool), m: Int, n: Int, k: Int, scale: Self,
    _ left: UnsafePointer<Self>, stride leftStride: Int,
    _ right: UnsafePointer<Self>, stride rightStride: Int,
    keep: Self, _ result: UnsafeMutablePointer<Self>, stride resultStride: Int)

  /// The lower triangle of C ← scale · A Aᵀ, with A `[n × k]` and C `[n × n]`, row-major.
  static func squareLower(
    n: Int, k: Int, scale: Self, _ factor: UnsafePointer<Self>, stride factorStride: Int,
    _ result: UnsafeMutablePointer<Self>, stride resultStride: Int)
}

private func transpose(_ isTransposed: Bool) -> CBLAS_TRANSPOSE {
  isTransposed ? CblasTrans : CblasNoTrans
}

extension Float: BLASScalar {
  public static func multiply(
    transposed: (left: Bool, right: Bool), m: Int, n: Int, k: Int, scale: Float,
    _ left: UnsafePointer<Float>, stride leftStride: Int,
    _ right: UnsafePointer<Float>, stride rightStride: Int,
    keep: Float, _ result: UnsafeMutablePointer<Float>, stride resultStride: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, transpose(transposed.left), transpose(transposed.right), Int32(m), Int32(n),
      Int32(k), scale, left, Int32(leftStride), right, Int32(rightStride), keep, result,
      Int32(resultStride))
  }

  public static func squareLower(
    n: Int, k: Int, scale: Float, _ factor: UnsafePointer<Float>, stride factorStride: Int,
    _ result: UnsafeMutablePointer<Float>, stride resultStride: Int
  ) {
    cblas_ssyrk(
      CblasRowMajor, CblasLower, CblasNoTrans, Int32(n), Int32(k), scale, factor,
      Int32(factorStride), 0, result, Int32(resultStride))
  }
}

extension Double: BLASScalar {
  public static func multiply(
    transposed: (left: Bool, right: Bool), m: Int, n: Int, k: Int, scale: Double,
    _ left: UnsafePointer<Double>, stride leftStride: Int,
    _ right: UnsafePointer<Double>, stride rightStride: Int,
    keep: Double, _ result: UnsafeMutablePointer<Double>, stride resultStride: Int
  ) {
    cblas_dgemm(
      CblasRowMajor, transpose(transposed.left), transpose(transposed.right), Int32(m), Int32(n),
      Int32(k), scale, left, Int32(leftStride), right, Int32(rightStride), keep, result,
      Int32(resultStride))
  }

  public static func squareLower(
    n: Int, k: Int, scale: Double, _ factor: UnsafePointer<Double>, stride factorStride: Int,
    _ result: UnsafeMutablePointer<Double>, stride resultStride: Int
  ) {
    cblas_dsyrk(
      CblasRowMajor, CblasLower, CblasNoTrans, Int32(n), Int32(k), scale, factor,
      Int32(factorStride), 0, result, Int32(resultStride))
  }
}

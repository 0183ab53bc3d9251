import CKernels
import CLinearAlgebra

/// The set of kernels that OpenBLAS uses here: `SkylakeX`, `Haswell`.
///
/// Chosen when the library is loaded, by the processor or by `OPENBLAS_CORETYPE`. Other kernels round
/// otherwise; `productKernelName()` says what else products run on.
public func blasKernelName() -> String {
  guard let name = openblas_get_corename() else { return "unknown" }
  return String(cString: name)
}

/// Makes a product in both precisions: kernels that this processor cannot run end the process here, and not amid a run.
public func tryProductKernels() {
  tryProductKernel(of: Float.self)
  tryProductKernel(of: Double.self)
}

private func tryProductKernel<Scalar: BLASScalar>(of type: Scalar.Type) {
  // Large enough for the kernels of large products.
  let factor = Matrix<Scalar>(rows: 128, columns: 128)
  var product = factor
  product.setProduct(of: factor, factor)
}

/// Makes every routine of BLAS run on its caller's thread alone: one trainer, one core.
public func useOneBLASThread() { openblas_set_num_threads(1) }

/// Does something in which subnormal numbers, below 1.2e-38 in single precision, are zero on this thread.
///
/// Processors take some hundred cycles for each that they meet, and Adam's moments meet them: the first moment of a weight
/// whose unit has died shrinks by a tenth a step until it is subnormal, where rounding keeps it for good.
public func flushingSubnormals<Result>(_ body: () throws -> Result) rethrows -> Result {
  let before = gs_flush_subnormals()
  defer { gs_restore_subnormals(before) }
  return try body()
}

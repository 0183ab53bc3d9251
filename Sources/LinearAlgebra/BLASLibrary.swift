import CLinearAlgebra

/// The set of kernels that OpenBLAS uses here: `SkylakeX`, `Haswell`.
///
/// Chosen when the library is loaded, by the processor or by `OPENBLAS_CORETYPE`. Other kernels round
/// otherwise, so the name belongs to a run's provenance.
public func blasKernelName() -> String {
  guard let name = openblas_get_corename() else { return "unknown" }
  return String(cString: name)
}

/// Makes every routine of BLAS run on its caller's thread alone: one trainer, one core.
public func useOneBLASThread() { openblas_set_num_threads(1) }

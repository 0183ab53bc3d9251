/// The environment that a worker gives its trainers.
public enum TrainerEnvironment {
  /// The worker's own environment with OpenBLAS's settings replaced.
  ///
  /// One thread a trainer, because there is a trainer a core. The kernels are the library's own choice
  /// whatever the user's shell says, so that a map does not depend on a forgotten export.
  ///
  /// - Parameters:
  ///   - own: the environment of this process.
  ///   - kernels: the kernel set that the user pinned, if any.
  /// - Returns: all of a trainer's environment.
  public static func environment(
    from own: [String: String], pinning kernels: String?
  ) -> [String: String] {
    var environment = own.filter { !$0.key.hasPrefix("OPENBLAS_") && $0.key != "GOTO_NUM_THREADS" }
    environment["OPENBLAS_NUM_THREADS"] = "1"
    environment["OMP_NUM_THREADS"] = "1"
    environment["OPENBLAS_CORETYPE"] = kernels
    return environment
  }
}

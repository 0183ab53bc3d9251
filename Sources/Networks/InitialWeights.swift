import LinearAlgebra

/// The weights that a run began with, to tell how far it has come from them.
struct InitialWeights<Scalar: BLASScalar>: Sendable {
  private let matrices: [Matrix<Scalar>]

  init(_ matrices: [Matrix<Scalar>]) { self.matrices = matrices }

  /// The change ‖W − W₀‖/‖W₀‖ of all weights together.
  ///
  /// Kumar et al. 2024 (arXiv 2310.06110), Fig. 7.
  ///
  /// - Parameter weights: in the shapes and the order of the initial ones.
  /// - Returns: 0 at first; not a number if all initial weights are 0.
  func relativeChange(of weights: [Matrix<Scalar>]) -> Double {
    precondition(
      weights.count == matrices.count, "\(weights.count) matrices for \(matrices.count)")
    var (change, size) = (0.0, 0.0)
    for (present, initial) in zip(weights, matrices) {
      change += present.squaredDistance(to: initial)
      size += initial.squaredDistance(to: Matrix(rows: initial.rows, columns: initial.columns))
    }
    return (change / size).squareRoot()
  }
}

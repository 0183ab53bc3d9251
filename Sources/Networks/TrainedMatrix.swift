import LinearAlgebra

/// Weights with what their optimiser needs: the gradient of the present state, and a velocity if there is momentum.
struct TrainedMatrix<Scalar: BLASScalar>: Sendable {
  var values: Matrix<Scalar>
  /// Like the values.
  var gradient: Matrix<Scalar>
  /// v, like the values; nil without momentum.
  var velocity: Matrix<Scalar>?

  init(_ values: Matrix<Scalar>, hasMomentum: Bool) {
    self.values = values
    gradient = Matrix(rows: values.rows, columns: values.columns)
    velocity = hasMomentum ? gradient : nil
  }

  /// One step of gradient descent, heavy ball as in PyTorch's SGD: g ← g + λ w, v ← μ v + g, w ← w − η v.
  ///
  /// - Parameters:
  ///   - rate: η.
  ///   - decay: λ.
  ///   - momentum: μ.
  mutating func descend(rate: Double, decay: Double, momentum: Double) {
    if decay > 0 { gradient.add(values, times: Scalar(decay)) }
    guard var velocity = velocity.take() else {
      values.add(gradient, times: Scalar(-rate))
      return
    }
    // v ← μ v + g, made where g is; what is overwritten next is the old v.
    gradient.add(velocity, times: Scalar(momentum))
    swap(&gradient, &velocity)
    values.add(velocity, times: Scalar(-rate))
    self.velocity = velocity
  }
}

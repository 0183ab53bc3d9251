import LinearAlgebra

/// How far the weights of the reduced engine are from where they started.
///
/// w̄ and M do not know it: other weights of the same moments are as far from W₀ as one likes. But a step moves every
/// neuron by one affine map, w ← B w − c b, so after any number of steps w − w₀ = Q w₀ + v with
///
///     Q ← Q + (B − 1)(1 + Q),  v ← B v − c b
///     |W − W₀|²/N = tr Q M₀ Qᵀ + 2 v·Q w̄₀ + |v|²
///
/// Exact, for another 2 D³ operations a step. The change itself is what is kept: a difference of two moments would
/// drown a small one in rounding.
struct WeightChange<Scalar: BLASScalar>: Sendable {
  /// w̄₀, `[1 × D]`, and M₀, `[D × D]`.
  private let initial: (mean: Matrix<Scalar>, moment: Matrix<Scalar>)
  /// Q, `[D × D]`.
  private var map: Matrix<Scalar>
  /// v, `[1 × D]`.
  private var shift: Matrix<Scalar>
  // Workspace, made once: a step allocates nothing.
  private var increment: Matrix<Scalar>
  private var oldMap: Matrix<Scalar>
  private var oldShift: Matrix<Scalar>

  init(mean: Matrix<Scalar>, moment: Matrix<Scalar>) {
    initial = (mean, moment)
    map = Matrix(rows: moment.rows, columns: moment.columns)
    shift = Matrix(rows: 1, columns: moment.columns)
    (increment, oldMap, oldShift) = (map, map, shift)
  }

  /// Takes the step that the neurons take.
  ///
  /// - Parameters:
  ///   - curvature: A, `[D × D]`, its lower triangle.
  ///   - slope: c b, `[1 × D]`.
  ///   - factor: c ε.
  ///   - decay: η λ.
  mutating func descend(
    curvature: Matrix<Scalar>, slope: Matrix<Scalar>, factor: Scalar, decay: Scalar
  ) {
    increment.setIdentity(times: -decay, minus: curvature, scale: factor)
    oldMap.set(map, times: 1)
    map.setProduct(of: increment, oldMap, keep: 1)
    map.add(increment, times: 1)
    oldShift.set(shift, times: 1)
    shift.setProduct(of: oldShift, increment, keep: 1)
    shift.add(slope, times: -1)
  }

  /// |W − W₀|/|W₀|.
  var relative: Double {
    var carried = map
    carried.setProduct(of: map, initial.moment)
    var mean = shift
    mean.setProduct(of: initial.mean, map, transposed: .right)
    func dot(_ left: Matrix<Scalar>, _ right: Matrix<Scalar>) -> Double {
      zip(left.elements, right.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let squares = dot(carried, map) + 2 * dot(shift, mean) + dot(shift, shift)
    let trace = (0..<map.rows).reduce(0.0) { $0 + Double(initial.moment[$1, $1]) }
    return (max(squares, 0) / trace).squareRoot()
  }

  func state() -> [Tensor] {
    [Tensor(name: "weight_map", matrix: map), Tensor(name: "weight_shift", vector: shift)]
  }

  mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    let restored: Matrix<Scalar> = try state.matrix(
      named: "weight_map", shape: [map.rows, map.columns])
    shift = try state.matrix(named: "weight_shift", shape: [shift.columns])
    map = restored
  }
}

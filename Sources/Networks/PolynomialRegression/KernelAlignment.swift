import LinearAlgebra
import OrderedCollections

/// How far the tangent kernel of a network points to its task: kernel-task alignment on a set of examples.
///
/// A = yᵀ K y/(‖K‖_F |y|²), as Kumar et al. 2024 print it (eq. 8); and as their code has it, with the column means
/// taken off K and the mean off y. The diagonal of K counts: with independent examples it alone makes A about
/// √D/P at initialisation.
struct KernelAlignment: Sendable {
  /// Examples that take part at most: the kernel is a matrix of this size.
  static let examplesMax = 1000

  /// - Parameters:
  ///   - gram: x·x′ for every pair of examples, `[P × P]`.
  ///   - factor: what it is multiplied by, element by element, `[P × P]`.
  ///   - addend: what is added after that, `[P × P]`; nothing if nil.
  ///   - labels: y, P of them.
  /// - Returns: `alignment` and `centred_alignment`; none where a kernel or the labels vanish.
  static func observables<Scalar: BLASScalar>(
    gram: Matrix<Scalar>, factor: Matrix<Scalar>, addend: Matrix<Scalar>?, labels: [Double]
  ) -> OrderedDictionary<String, Double> {
    let count = Double(labels.count)
    let mean = labels.reduce(0, +) / count
    let centred = labels.map { $0 - mean }
    let sums = gram.kernelSums(times: factor, plus: addend, labels: labels, centred: centred)
    func dot(_ left: [Double], _ right: [Double]) -> Double {
      zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }
    var observables: OrderedDictionary<String, Double> = [:]
    func note(_ name: String, _ product: Double, squares: Double, _ labels: [Double]) {
      let size = squares.squareRoot() * dot(labels, labels)
      if size > 0 { observables[name] = product / size }
    }
    note("alignment", dot(labels, sums.products), squares: sums.squares, labels)
    // Σ (K_ij − m_j)² = Σ K² − P Σ m_j², m_j the mean of a column, which is that of a row.
    let means = dot(sums.rows, sums.rows) / count
    note(
      "centred_alignment", dot(centred, sums.centredProducts), squares: sums.squares - means,
      centred)
    return observables
  }
}

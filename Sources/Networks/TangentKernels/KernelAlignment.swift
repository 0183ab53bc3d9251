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

extension KernelAlignment {
  /// The same where the labels are classes: Y has a one where an example's label is.
  ///
  /// - Parameters:
  ///   - kernel: K, symmetric, row by row, `[P × P]`.
  ///   - classes: the label of each of the P examples.
  /// - Returns: `alignment` and `centred_alignment`; none where a kernel vanishes.
  static func observables(
    kernel: [Double], classes: [Int]
  ) -> OrderedDictionary<String, Double> {
    observables(
      kernel: kernel, task: classes.flatMap { left in classes.map { $0 == left ? 1.0 : 0 } })
  }

  /// The same where there are several outputs, with the trace of the kernel over them.
  ///
  /// A = ⟨K, Y Yᵀ⟩/(‖K‖ ‖Y Yᵀ‖), Y the labels, a row an example; and with the means of rows and columns taken off both kernels,
  /// as Cortes et al. 2012 have it.
  ///
  /// - Parameters:
  ///   - kernel: K, symmetric, row by row, `[P × P]`.
  ///   - task: Y Yᵀ, likewise.
  /// - Returns: `alignment` and `centred_alignment`; none where a kernel vanishes.
  static func observables(
    kernel: [Double], task: [Double]
  ) -> OrderedDictionary<String, Double> {
    let size = Int(Double(kernel.count).squareRoot().rounded())
    precondition(kernel.count == size * size && task.count == kernel.count, "\(task.count) pairs")
    func alignment(_ left: [Double], _ right: [Double]) -> Double? {
      var (product, leftSquares, rightSquares) = (0.0, 0.0, 0.0)
      for (l, r) in zip(left, right) {
        product += l * r
        leftSquares += l * l
        rightSquares += r * r
      }
      let sizes = (leftSquares * rightSquares).squareRoot()
      return sizes > 0 ? product / sizes : nil
    }
    func centred(_ kernel: [Double]) -> [Double] {
      let means = (0..<size).map { row in
        kernel[row * size..<(row + 1) * size].reduce(0, +) / Double(size)
      }
      let mean = means.reduce(0, +) / Double(size)
      return kernel.indices.map { kernel[$0] - means[$0 / size] - means[$0 % size] + mean }
    }
    var observables: OrderedDictionary<String, Double> = [:]
    observables["alignment"] = alignment(kernel, task)
    observables["centred_alignment"] = alignment(centred(kernel), centred(task))
    return observables
  }
}

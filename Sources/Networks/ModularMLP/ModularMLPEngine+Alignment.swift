import LinearAlgebra
public import OrderedCollections

extension ModularMLPEngine {
  /// Kernel-task alignment on up to 1,000 test examples, or train examples where there are none.
  ///
  /// The tangent kernel, its trace over the classes, but for κ²:
  ///
  ///     K(x, x′) = Σ_c ∇f_c(x)·∇f_c(x′) = P Σ_n q_n q′_n + 4 (x·x′) Σ_n g_n h_n h′_n,  g_n = Σ_c W₂[c, n]²
  ///
  /// x·x′ is how many of the two numbers both examples have in common. The kernel of the task is Y Yᵀ: 1 where two examples have
  /// the same label.
  public func costlyObservables() -> OrderedDictionary<String, Double> {
    let pairs = test.count > 0 ? test : train
    let count = min(pairs.count, KernelAlignment.examplesMax)
    let (products, squares) = hiddenProducts(of: pairs, count: count)
    let examples = (0..<count).map { pairs[$0] }
    var kernel = [Double](repeating: 0, count: count * count)
    for (row, left) in examples.enumerated() {
      for (column, right) in examples.enumerated() {
        let shared = (left.a == right.a ? 1.0 : 0) + (left.b == right.b ? 1 : 0)
        kernel[row * count + column] =
          Double(pairs.classes) * Double(squares[row, column])
          + 4 * shared * Double(products[row, column])
      }
    }
    return KernelAlignment.observables(kernel: kernel, classes: examples.map(\.label))
  }

  /// Σ_n g_n h_n h′_n and Σ_n q_n q′_n for every pair of examples.
  private func hiddenProducts(
    of pairs: TokenPairs, count: Int
  ) -> (products: Matrix<Scalar>, squares: Matrix<Scalar>) {
    let zeros = Matrix<Scalar>(rows: 1, columns: weights.readout.columns)
    // √g on the diagonal: h enters both sides.
    var root = Matrix<Scalar>(rows: zeros.columns, columns: zeros.columns)
    let readout = weights.readout.transposed
    for unit in 0..<zeros.columns {
      root[unit, unit] =
        Scalar(
          (0..<readout.columns).reduce(0.0) { $0 + Double(readout[unit, $1] * readout[unit, $1]) }
            .squareRoot())
    }
    var hidden = Matrix<Scalar>(rows: count, columns: zeros.columns)
    var scaled = hidden
    hidden.setPairSums(of: weights.embedding, pairs, 0..<count)
    scaled.setProduct(of: hidden, root)
    hidden.setPairSquares(of: weights.embedding, pairs, 0..<count)
    var products = Matrix<Scalar>(rows: count, columns: count)
    var squares = products
    products.setProduct(of: scaled, scaled, transposed: .right)
    squares.setProduct(of: hidden, hidden, transposed: .right)
    return (products, squares)
  }
}

/// Sums over a kernel of many examples, which is never written down.
extension Matrix {
  /// What `kernelSums` gives, of the kernel K.
  public struct KernelSums: Hashable, Sendable {
    /// Σⱼ K_ij.
    public var rows: [Double]
    /// Σⱼ K_ij yⱼ.
    public var products: [Double]
    /// Σⱼ K_ij zⱼ.
    public var centredProducts: [Double]
    /// Σ K_ij².
    public var squares: Double
  }

  /// Of K = self ∘ factor + addend its squared norm and the sums of its rows.
  ///
  /// - Parameters:
  ///   - factor: `[P × P]`, like this matrix.
  ///   - addend: likewise; zeros if nil.
  ///   - labels: y, P of them.
  ///   - centred: z, P of them.
  /// - Returns: the sums, in double precision.
  public func kernelSums(
    times factor: Matrix, plus addend: Matrix?, labels: [Double], centred: [Double]
  ) -> KernelSums {
    let count = labels.count
    precondition(
      rows == count && columns == count && centred.count == count && factor.rows == count
        && factor.columns == count
        && (addend.map { $0.rows == count && $0.columns == count } ?? true),
      "\(shape) times \(factor.shape) plus \(addend?.shape ?? "nothing") for \(count) labels")
    // Three variables: what a closure holds can be lent out once at a time.
    var rowSums = [Double](repeating: 0, count: count)
    var products = rowSums
    var centredProducts = rowSums
    let squares = withPointer { gram in
      factor.withPointer { multiplied in
        func run(_ added: UnsafePointer<Scalar>?) -> Double {
          Scalar.kernelSums(
            gram, multiplied, added, count: count, stride: stride, labels: labels,
            centred: centred, rows: &rowSums, products: &products,
            centredProducts: &centredProducts)
        }
        return if let addend { addend.withPointer { run($0) } } else { run(nil) }
      }
    }
    return KernelSums(
      rows: rowSums, products: products, centredProducts: centredProducts, squares: squares)
  }
}

import LinearAlgebra

extension Matrix where Scalar == Double {
  /// Numbers uniform between ∓bound, as PyTorch's linear layers begin with the bound 1/√inputs.
  static func uniform(
    rows: Int, columns: Int, bound: Double, using generator: inout Xoshiro256
  ) -> Matrix {
    let numbers = (0..<rows * columns).map { _ in
      // 53 random bits, from 0 to 2 in steps of 2⁻⁵².
      bound * (Double(generator.next() >> 11) * 0x1p-52 - 1)
    }
    return Matrix(rows: rows, columns: columns, elements: numbers)
  }
}

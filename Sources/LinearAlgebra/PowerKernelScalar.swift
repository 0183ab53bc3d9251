import CKernels

/// The sums over powers in one precision; PowerKernels.h says what they are and of which memory.
public protocol PowerKernelScalar {
  /// Σᵢⱼₖ left[k − 1][i] right[k − 1][j] gram[i][j]ᵏ, k from 1 to 4.
  static func powerSums(
    _ gram: UnsafePointer<Self>, rows: Int, stride: Int, left: UnsafePointer<Self>,
    leftStride: Int, right: UnsafePointer<Self>
  ) -> Double
}

extension Float: PowerKernelScalar {
  public static func powerSums(
    _ gram: UnsafePointer<Float>, rows: Int, stride: Int, left: UnsafePointer<Float>,
    leftStride: Int, right: UnsafePointer<Float>
  ) -> Double {
    gs_power_sums_f32(gram, rows, stride, left, leftStride, right)
  }
}

extension Double: PowerKernelScalar {
  public static func powerSums(
    _ gram: UnsafePointer<Double>, rows: Int, stride: Int, left: UnsafePointer<Double>,
    leftStride: Int, right: UnsafePointer<Double>
  ) -> Double {
    gs_power_sums_f64(gram, rows, stride, left, leftStride, right)
  }
}

extension Matrix {
  /// Σₖ lₖᵀ G∘ᵏ rₖ over the first four elementwise powers of this matrix, G `[m × n]`.
  ///
  /// - Parameters:
  ///   - left: l₁ to l₄, `[4 × m]`.
  ///   - right: r₁ to r₄, `[4 × n]`.
  /// - Returns: the sum, in double precision from row to row.
  public func powerSums(left: Matrix, right: Matrix) -> Double {
    precondition(
      left.rows == 4 && right.rows == 4 && left.columns == rows && right.columns == columns,
      "powers of \(shape) between \(left.shape) and \(right.shape)")
    return withPointer { gram in
      left.withPointer { l in
        right.withPointer { r in
          Scalar.powerSums(
            gram, rows: rows, stride: stride, left: l, leftStride: left.stride, right: r)
        }
      }
    }
  }
}

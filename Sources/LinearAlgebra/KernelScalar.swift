import CKernels

/// The loops of `CKernels` in one precision; CKernels.h says what each computes and of which memory.
///
/// Networks call them through pointers that `Matrix` hands out.
public protocol KernelScalar {
  /// Σ (left − right)², in double precision; the count is a multiple of eight.
  static func squaredDistance(
    _ left: UnsafePointer<Self>, _ right: UnsafePointer<Self>, count: Int
  ) -> Double

  /// result = left + factor · right; left may be the result, or nil for zeros.
  static func combine(
    _ left: UnsafePointer<Self>?, _ right: UnsafePointer<Self>, times factor: Self,
    into result: UnsafeMutablePointer<Self>, count: Int)

  /// result[j][i] = matrix[i][j], with the matrix `[rows × columns]`.
  static func transposeRows(
    _ matrix: UnsafePointer<Self>, rows: Int, columns: Int, stride: Int,
    into result: UnsafeMutablePointer<Self>, stride resultStride: Int)

  /// residuals[p] = scale · Σₙ (h + (ε/2) h²) − offsets[p], h = hidden[p][n], and the sum of their squares; then,
  /// if asked, hidden[p][n] ← residuals[p] (1 + ε h).
  static func hiddenPass(
    _ hidden: UnsafeMutablePointer<Self>, rows: Int, columns: Int, stride: Int, epsilon: Self,
    scale: Self, offsets: UnsafePointer<Self>, into residuals: UnsafeMutablePointer<Self>,
    makingSlopes: Bool
  ) -> Double

  /// residuals[p] = scale · Σₙ aₙ φ(h) − offsets[p], h = hidden[p][n], and the sum of their squares; then, if asked,
  /// sums[n] += residuals[p] φ(h) and hidden[p][n] ← residuals[p] aₙ φ′(h).
  static func polynomialPass(
    _ hidden: UnsafeMutablePointer<Self>, rows: Int, columns: Int, stride: Int,
    coefficients: UnsafePointer<Self>, readouts: UnsafePointer<Self>, scale: Self,
    offsets: UnsafePointer<Self>, into residuals: UnsafeMutablePointer<Self>,
    makingSlopes: Bool, addingTo sums: UnsafeMutablePointer<Self>
  ) -> Double

  /// Of K = gram ∘ factor + addend, `[count × count]`, the sums of every row by itself, times `labels` and times
  /// `centred`; returns the sum of all K².
  static func kernelSums(
    _ gram: UnsafePointer<Self>, _ factor: UnsafePointer<Self>, _ addend: UnsafePointer<Self>?,
    count: Int, stride: Int, labels: UnsafePointer<Double>, centred: UnsafePointer<Double>,
    rows: UnsafeMutablePointer<Double>, products: UnsafeMutablePointer<Double>,
    centredProducts: UnsafeMutablePointer<Double>
  ) -> Double

  /// result[i][j] = factors[j] · matrix[i][j].
  static func scaleColumns(
    _ matrix: UnsafePointer<Self>, factors: UnsafePointer<Self>, rows: Int, stride: Int,
    into result: UnsafeMutablePointer<Self>)

  /// residuals = scale · outputs − offsets; the sum of their squares.
  static func residuals(
    _ outputs: UnsafePointer<Self>, scale: Self, offsets: UnsafePointer<Self>,
    into residuals: UnsafeMutablePointer<Self>, count: Int
  ) -> Double

  /// forms[p] = Σⱼ x[p][j] (linear[j] + quadratic · y[p][j]).
  static func quadraticForms(
    _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>, rows: Int, stride: Int,
    linear: UnsafePointer<Self>, quadratic: Self, into forms: UnsafeMutablePointer<Self>)

  /// weighted[p] = weights[p] · x[p], and their sum over p is added to `sums`.
  static func weightedRows(
    _ x: UnsafePointer<Self>, weights: UnsafePointer<Self>, rows: Int, stride: Int,
    into weighted: UnsafeMutablePointer<Self>, addingTo sums: UnsafeMutablePointer<Self>)

  /// result = diagonal · I − scale · S, with S symmetric, given by its lower triangle.
  static func identityMinus(
    diagonal: Self, lower: UnsafePointer<Self>, scale: Self, size: Int, stride: Int,
    into result: UnsafeMutablePointer<Self>)

  /// result = S − u vᵀ − v uᵀ, with S symmetric, given by its lower triangle.
  static func minusRankTwo(
    lower: UnsafePointer<Self>, _ u: UnsafePointer<Self>, _ v: UnsafePointer<Self>,
    size: Int, stride: Int, into result: UnsafeMutablePointer<Self>)

  /// ‖S‖²_F and tr S of S = scale · (moment − initial) − target targetᵀ.
  static func deviation(
    moment: UnsafePointer<Self>, initial: UnsafePointer<Self>,
    target: UnsafePointer<Self>, scale: Self, size: Int, stride: Int, trace: inout Double
  ) -> Double
}

extension Float: KernelScalar {
  public static func squaredDistance(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, count: Int
  ) -> Double {
    gs_squared_distance_f32(left, right, count)
  }

  public static func combine(
    _ left: UnsafePointer<Float>?, _ right: UnsafePointer<Float>, times factor: Float,
    into result: UnsafeMutablePointer<Float>, count: Int
  ) {
    gs_combine_f32(left, right, factor, result, count)
  }

  public static func transposeRows(
    _ matrix: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int,
    into result: UnsafeMutablePointer<Float>, stride resultStride: Int
  ) {
    gs_transpose_f32(matrix, rows, columns, stride, result, resultStride)
  }

  public static func hiddenPass(
    _ hidden: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int, epsilon: Float,
    scale: Float, offsets: UnsafePointer<Float>, into residuals: UnsafeMutablePointer<Float>,
    makingSlopes: Bool
  ) -> Double {
    gs_hidden_pass_f32(
      hidden, rows, columns, stride, epsilon, scale, offsets, residuals, makingSlopes ? 1 : 0)
  }

  public static func polynomialPass(
    _ hidden: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int,
    coefficients: UnsafePointer<Float>, readouts: UnsafePointer<Float>, scale: Float,
    offsets: UnsafePointer<Float>, into residuals: UnsafeMutablePointer<Float>,
    makingSlopes: Bool, addingTo sums: UnsafeMutablePointer<Float>
  ) -> Double {
    gs_polynomial_pass_f32(
      hidden, rows, columns, stride, coefficients, readouts, scale, offsets, residuals,
      makingSlopes ? 1 : 0, sums)
  }

  public static func kernelSums(
    _ gram: UnsafePointer<Float>, _ factor: UnsafePointer<Float>, _ addend: UnsafePointer<Float>?,
    count: Int, stride: Int, labels: UnsafePointer<Double>, centred: UnsafePointer<Double>,
    rows: UnsafeMutablePointer<Double>, products: UnsafeMutablePointer<Double>,
    centredProducts: UnsafeMutablePointer<Double>
  ) -> Double {
    gs_kernel_sums_f32(
      gram, factor, addend, count, stride, labels, centred, rows, products, centredProducts)
  }

  public static func scaleColumns(
    _ matrix: UnsafePointer<Float>, factors: UnsafePointer<Float>, rows: Int, stride: Int,
    into result: UnsafeMutablePointer<Float>
  ) {
    gs_scale_columns_f32(matrix, factors, rows, stride, result)
  }

  public static func residuals(
    _ outputs: UnsafePointer<Float>, scale: Float, offsets: UnsafePointer<Float>,
    into residuals: UnsafeMutablePointer<Float>, count: Int
  ) -> Double {
    gs_residuals_f32(outputs, scale, offsets, residuals, count)
  }

  public static func quadraticForms(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, rows: Int, stride: Int,
    linear: UnsafePointer<Float>, quadratic: Float, into forms: UnsafeMutablePointer<Float>
  ) {
    gs_quadratic_forms_f32(x, y, rows, stride, linear, quadratic, forms)
  }

  public static func weightedRows(
    _ x: UnsafePointer<Float>, weights: UnsafePointer<Float>, rows: Int, stride: Int,
    into weighted: UnsafeMutablePointer<Float>, addingTo sums: UnsafeMutablePointer<Float>
  ) {
    gs_weighted_rows_f32(x, weights, rows, stride, weighted, sums)
  }

  public static func identityMinus(
    diagonal: Float, lower: UnsafePointer<Float>, scale: Float, size: Int, stride: Int,
    into result: UnsafeMutablePointer<Float>
  ) {
    gs_identity_minus_f32(diagonal, lower, scale, size, stride, result)
  }

  public static func minusRankTwo(
    lower: UnsafePointer<Float>, _ u: UnsafePointer<Float>, _ v: UnsafePointer<Float>,
    size: Int, stride: Int, into result: UnsafeMutablePointer<Float>
  ) {
    gs_minus_rank_two_f32(lower, u, v, size, stride, result)
  }

  public static func deviation(
    moment: UnsafePointer<Float>, initial: UnsafePointer<Float>,
    target: UnsafePointer<Float>, scale: Float, size: Int, stride: Int, trace: inout Double
  ) -> Double {
    gs_deviation_f32(moment, initial, target, scale, size, stride, &trace)
  }
}

extension Double: KernelScalar {
  public static func squaredDistance(
    _ left: UnsafePointer<Double>, _ right: UnsafePointer<Double>, count: Int
  ) -> Double {
    gs_squared_distance_f64(left, right, count)
  }

  public static func combine(
    _ left: UnsafePointer<Double>?, _ right: UnsafePointer<Double>, times factor: Double,
    into result: UnsafeMutablePointer<Double>, count: Int
  ) {
    gs_combine_f64(left, right, factor, result, count)
  }

  public static func transposeRows(
    _ matrix: UnsafePointer<Double>, rows: Int, columns: Int, stride: Int,
    into result: UnsafeMutablePointer<Double>, stride resultStride: Int
  ) {
    gs_transpose_f64(matrix, rows, columns, stride, result, resultStride)
  }

  public static func hiddenPass(
    _ hidden: UnsafeMutablePointer<Double>, rows: Int, columns: Int, stride: Int, epsilon: Double,
    scale: Double, offsets: UnsafePointer<Double>, into residuals: UnsafeMutablePointer<Double>,
    makingSlopes: Bool
  ) -> Double {
    gs_hidden_pass_f64(
      hidden, rows, columns, stride, epsilon, scale, offsets, residuals, makingSlopes ? 1 : 0)
  }

  public static func polynomialPass(
    _ hidden: UnsafeMutablePointer<Double>, rows: Int, columns: Int, stride: Int,
    coefficients: UnsafePointer<Double>, readouts: UnsafePointer<Double>, scale: Double,
    offsets: UnsafePointer<Double>, into residuals: UnsafeMutablePointer<Double>,
    makingSlopes: Bool, addingTo sums: UnsafeMutablePointer<Double>
  ) -> Double {
    gs_polynomial_pass_f64(
      hidden, rows, columns, stride, coefficients, readouts, scale, offsets, residuals,
      makingSlopes ? 1 : 0, sums)
  }

  public static func kernelSums(
    _ gram: UnsafePointer<Double>, _ factor: UnsafePointer<Double>,
    _ addend: UnsafePointer<Double>?,
    count: Int, stride: Int, labels: UnsafePointer<Double>, centred: UnsafePointer<Double>,
    rows: UnsafeMutablePointer<Double>, products: UnsafeMutablePointer<Double>,
    centredProducts: UnsafeMutablePointer<Double>
  ) -> Double {
    gs_kernel_sums_f64(
      gram, factor, addend, count, stride, labels, centred, rows, products, centredProducts)
  }

  public static func scaleColumns(
    _ matrix: UnsafePointer<Double>, factors: UnsafePointer<Double>, rows: Int, stride: Int,
    into result: UnsafeMutablePointer<Double>
  ) {
    gs_scale_columns_f64(matrix, factors, rows, stride, result)
  }

  public static func residuals(
    _ outputs: UnsafePointer<Double>, scale: Double, offsets: UnsafePointer<Double>,
    into residuals: UnsafeMutablePointer<Double>, count: Int
  ) -> Double {
    gs_residuals_f64(outputs, scale, offsets, residuals, count)
  }

  public static func quadraticForms(
    _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, rows: Int, stride: Int,
    linear: UnsafePointer<Double>, quadratic: Double, into forms: UnsafeMutablePointer<Double>
  ) {
    gs_quadratic_forms_f64(x, y, rows, stride, linear, quadratic, forms)
  }

  public static func weightedRows(
    _ x: UnsafePointer<Double>, weights: UnsafePointer<Double>, rows: Int, stride: Int,
    into weighted: UnsafeMutablePointer<Double>, addingTo sums: UnsafeMutablePointer<Double>
  ) {
    gs_weighted_rows_f64(x, weights, rows, stride, weighted, sums)
  }

  public static func identityMinus(
    diagonal: Double, lower: UnsafePointer<Double>, scale: Double, size: Int, stride: Int,
    into result: UnsafeMutablePointer<Double>
  ) {
    gs_identity_minus_f64(diagonal, lower, scale, size, stride, result)
  }

  public static func minusRankTwo(
    lower: UnsafePointer<Double>, _ u: UnsafePointer<Double>, _ v: UnsafePointer<Double>,
    size: Int, stride: Int, into result: UnsafeMutablePointer<Double>
  ) {
    gs_minus_rank_two_f64(lower, u, v, size, stride, result)
  }

  public static func deviation(
    moment: UnsafePointer<Double>, initial: UnsafePointer<Double>,
    target: UnsafePointer<Double>, scale: Double, size: Int, stride: Int, trace: inout Double
  ) -> Double {
    gs_deviation_f64(moment, initial, target, scale, size, stride, &trace)
  }
}

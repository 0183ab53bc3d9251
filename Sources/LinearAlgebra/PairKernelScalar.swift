import CKernels

/// The loops over pairs of tokens in one precision; PairKernels.h says what each computes and of which memory.
public protocol PairKernelScalar {
  /// squares[e] = (table[first[e]] + table[second[e]])², element by element.
  static func pairSquares(
    _ table: UnsafePointer<Self>, first: UnsafePointer<Int32>, second: UnsafePointer<Int32>,
    rows: Int, stride: Int, into squares: UnsafeMutablePointer<Self>)

  /// gradient[first[e]] and gradient[second[e]] += (table[first[e]] + table[second[e]]) slopes[e].
  static func addPairGradient(
    _ table: UnsafePointer<Self>, first: UnsafePointer<Int32>, second: UnsafePointer<Int32>,
    rows: Int, stride: Int, slopes: UnsafePointer<Self>,
    to gradient: UnsafeMutablePointer<Self>)

  /// sums[e] = table[first[e]] + table[second[e]].
  static func pairSums(
    _ table: UnsafePointer<Self>, first: UnsafePointer<Int32>, second: UnsafePointer<Int32>,
    rows: Int, stride: Int, into sums: UnsafeMutablePointer<Self>)

  /// sums[e] = max(table[first[e]] + table[second[e]] + bias, 0).
  static func rectifiedPairSums(
    _ table: UnsafePointer<Self>, bias: UnsafePointer<Self>, first: UnsafePointer<Int32>,
    second: UnsafePointer<Int32>, rows: Int, stride: Int, into sums: UnsafeMutablePointer<Self>)

  /// gradient[first[e]] and gradient[second[e]] += slopes[e].
  static func addPairSlopes(
    _ first: UnsafePointer<Int32>, second: UnsafePointer<Int32>, rows: Int, stride: Int,
    slopes: UnsafePointer<Self>, to gradient: UnsafeMutablePointer<Self>)

  /// outputs[e][labels[e]] −= 1; the sum of all squares then, and how many rows had their largest output at the label.
  static func oneHotResiduals(
    _ outputs: UnsafeMutablePointer<Self>, labels: UnsafePointer<Int32>, rows: Int, columns: Int,
    stride: Int, correct: inout Int
  ) -> Double
}

extension Float: PairKernelScalar {
  public static func pairSquares(
    _ table: UnsafePointer<Float>, first: UnsafePointer<Int32>, second: UnsafePointer<Int32>,
    rows: Int, stride: Int, into squares: UnsafeMutablePointer<Float>
  ) {
    gs_pair_squares_f32(table, first, second, rows, stride, squares)
  }

  public static func addPairGradient(
    _ table: UnsafePointer<Float>, first: UnsafePointer<Int32>, second: UnsafePointer<Int32>,
    rows: Int, stride: Int, slopes: UnsafePointer<Float>,
    to gradient: UnsafeMutablePointer<Float>
  ) {
    gs_add_pair_gradient_f32(table, first, second, rows, stride, slopes, gradient)
  }

  public static func pairSums(
    _ table: UnsafePointer<Float>, first: UnsafePointer<Int32>, second: UnsafePointer<Int32>,
    rows: Int, stride: Int, into sums: UnsafeMutablePointer<Float>
  ) {
    gs_pair_sums_f32(table, first, second, rows, stride, sums)
  }

  public static func rectifiedPairSums(
    _ table: UnsafePointer<Float>, bias: UnsafePointer<Float>, first: UnsafePointer<Int32>,
    second: UnsafePointer<Int32>, rows: Int, stride: Int, into sums: UnsafeMutablePointer<Float>
  ) {
    gs_rectified_pair_sums_f32(table, bias, first, second, rows, stride, sums)
  }

  public static func addPairSlopes(
    _ first: UnsafePointer<Int32>, second: UnsafePointer<Int32>, rows: Int, stride: Int,
    slopes: UnsafePointer<Float>, to gradient: UnsafeMutablePointer<Float>
  ) {
    gs_add_pair_slopes_f32(first, second, rows, stride, slopes, gradient)
  }

  public static func oneHotResiduals(
    _ outputs: UnsafeMutablePointer<Float>, labels: UnsafePointer<Int32>, rows: Int, columns: Int,
    stride: Int, correct: inout Int
  ) -> Double {
    gs_one_hot_residuals_f32(outputs, labels, rows, columns, stride, &correct)
  }
}

extension Double: PairKernelScalar {
  public static func pairSquares(
    _ table: UnsafePointer<Double>, first: UnsafePointer<Int32>, second: UnsafePointer<Int32>,
    rows: Int, stride: Int, into squares: UnsafeMutablePointer<Double>
  ) {
    gs_pair_squares_f64(table, first, second, rows, stride, squares)
  }

  public static func addPairGradient(
    _ table: UnsafePointer<Double>, first: UnsafePointer<Int32>, second: UnsafePointer<Int32>,
    rows: Int, stride: Int, slopes: UnsafePointer<Double>,
    to gradient: UnsafeMutablePointer<Double>
  ) {
    gs_add_pair_gradient_f64(table, first, second, rows, stride, slopes, gradient)
  }

  public static func pairSums(
    _ table: UnsafePointer<Double>, first: UnsafePointer<Int32>, second: UnsafePointer<Int32>,
    rows: Int, stride: Int, into sums: UnsafeMutablePointer<Double>
  ) {
    gs_pair_sums_f64(table, first, second, rows, stride, sums)
  }

  public static func rectifiedPairSums(
    _ table: UnsafePointer<Double>, bias: UnsafePointer<Double>, first: UnsafePointer<Int32>,
    second: UnsafePointer<Int32>, rows: Int, stride: Int, into sums: UnsafeMutablePointer<Double>
  ) {
    gs_rectified_pair_sums_f64(table, bias, first, second, rows, stride, sums)
  }

  public static func addPairSlopes(
    _ first: UnsafePointer<Int32>, second: UnsafePointer<Int32>, rows: Int, stride: Int,
    slopes: UnsafePointer<Double>, to gradient: UnsafeMutablePointer<Double>
  ) {
    gs_add_pair_slopes_f64(first, second, rows, stride, slopes, gradient)
  }

  public static func oneHotResiduals(
    _ outputs: UnsafeMutablePointer<Double>, labels: UnsafePointer<Int32>, rows: Int, columns: Int,
    stride: Int, correct: inout Int
  ) -> Double {
    gs_one_hot_residuals_f64(outputs, labels, rows, columns, stride, &correct)
  }
}

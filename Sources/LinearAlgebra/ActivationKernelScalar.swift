import CKernels

/// The loops of activations whose slopes cannot be told from their values, in one precision; GELUKernels.h and
/// PerceptronKernels.h say what each computes and of which memory.
public protocol ActivationKernelScalar {
  /// hidden[p] ← gelu(hidden[p] + bias), and the slopes there, element by element of the columns.
  static func geluRows(
    _ hidden: UnsafeMutablePointer<Self>, bias: UnsafePointer<Self>, rows: Int, columns: Int,
    stride: Int, slopes: UnsafeMutablePointer<Self>)

  /// hidden[p] ← (hidden[p] + bias)², and the slopes there, element by element.
  static func squareRows(
    _ hidden: UnsafeMutablePointer<Self>, bias: UnsafePointer<Self>, rows: Int, stride: Int,
    slopes: UnsafeMutablePointer<Self>)

  /// product ← product · factor, element by element.
  static func multiply(
    _ product: UnsafeMutablePointer<Self>, by factor: UnsafePointer<Self>, count: Int)

  /// matrix[p] ← row.
  static func fillRows(
    _ row: UnsafePointer<Self>, rows: Int, stride: Int, into matrix: UnsafeMutablePointer<Self>)
}

extension Float: ActivationKernelScalar {
  public static func geluRows(
    _ hidden: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, rows: Int, columns: Int,
    stride: Int, slopes: UnsafeMutablePointer<Float>
  ) {
    gs_gelu_rows_f32(hidden, bias, rows, columns, stride, slopes)
  }

  public static func squareRows(
    _ hidden: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, rows: Int, stride: Int,
    slopes: UnsafeMutablePointer<Float>
  ) {
    gs_square_rows_f32(hidden, bias, rows, stride, slopes)
  }

  public static func multiply(
    _ product: UnsafeMutablePointer<Float>, by factor: UnsafePointer<Float>, count: Int
  ) {
    gs_multiply_f32(product, factor, count)
  }

  public static func fillRows(
    _ row: UnsafePointer<Float>, rows: Int, stride: Int, into matrix: UnsafeMutablePointer<Float>
  ) {
    gs_fill_rows_f32(row, rows, stride, matrix)
  }
}

extension Double: ActivationKernelScalar {
  public static func geluRows(
    _ hidden: UnsafeMutablePointer<Double>, bias: UnsafePointer<Double>, rows: Int, columns: Int,
    stride: Int, slopes: UnsafeMutablePointer<Double>
  ) {
    gs_gelu_rows_f64(hidden, bias, rows, columns, stride, slopes)
  }

  public static func squareRows(
    _ hidden: UnsafeMutablePointer<Double>, bias: UnsafePointer<Double>, rows: Int, stride: Int,
    slopes: UnsafeMutablePointer<Double>
  ) {
    gs_square_rows_f64(hidden, bias, rows, stride, slopes)
  }

  public static func multiply(
    _ product: UnsafeMutablePointer<Double>, by factor: UnsafePointer<Double>, count: Int
  ) {
    gs_multiply_f64(product, factor, count)
  }

  public static func fillRows(
    _ row: UnsafePointer<Double>, rows: Int, stride: Int, into matrix: UnsafeMutablePointer<Double>
  ) {
    gs_fill_rows_f64(row, rows, stride, matrix)
  }
}

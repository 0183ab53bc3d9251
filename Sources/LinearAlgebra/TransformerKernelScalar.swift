import CKernels

/// The loops of a transformer's layers in one precision; TransformerKernels.h says what each computes and of which memory.
public protocol TransformerKernelScalar {
  /// sums[n] += bias + matrix[places[n]]; without a matrix the bias alone.
  static func addRows(
    _ sums: UnsafeMutablePointer<Self>, bias: UnsafePointer<Self>, matrix: UnsafePointer<Self>?,
    places: UnsafePointer<Int32>?, rows: Int, columns: Int, stride: Int)

  /// sums[places[n]] += matrix[n].
  static func scatterRows(
    _ sums: UnsafeMutablePointer<Self>, places: UnsafePointer<Int32>, matrix: UnsafePointer<Self>,
    rows: Int, stride: Int)

  /// sums += the sum of all rows.
  static func addColumnSums(
    _ matrix: UnsafePointer<Self>, rows: Int, columns: Int, stride: Int,
    to sums: UnsafeMutablePointer<Self>)

  /// Rows are normalised where they are; results = gain · x + shift.
  static func layerNorm(
    _ x: UnsafeMutablePointer<Self>, gain: UnsafePointer<Self>, shift: UnsafePointer<Self>,
    epsilon: Self, rows: Int, columns: Int, stride: Int, inverses: UnsafeMutablePointer<Self>,
    into results: UnsafeMutablePointer<Self>)

  /// Slopes by the results become slopes by what was normalised.
  static func layerNormSlopes(
    _ slopes: UnsafeMutablePointer<Self>, x: UnsafePointer<Self>, inverses: UnsafePointer<Self>,
    gain: UnsafePointer<Self>, rows: Int, columns: Int, stride: Int,
    addingTo gainSlopes: UnsafeMutablePointer<Self>, shift: UnsafeMutablePointer<Self>)

  /// Softmax-weighted sums of values.
  static func rowAttention(
    _ queries: UnsafePointer<Self>, _ matrix: UnsafePointer<Self>, _ shape: RowAttentionShape,
    scale: Self, places: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, rows: Int,
    weights: UnsafeMutablePointer<Self>, into results: UnsafeMutablePointer<Self>)

  /// The slopes of `rowAttention`, added to those by queries and rows.
  static func rowAttentionSlopes(
    _ queries: UnsafePointer<Self>, _ matrix: UnsafePointer<Self>, _ shape: RowAttentionShape,
    scale: Self, places: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, rows: Int,
    weights: UnsafePointer<Self>, slopes: UnsafePointer<Self>,
    addingTo querySlopes: UnsafeMutablePointer<Self>, _ matrixSlopes: UnsafeMutablePointer<Self>)
}

/// Where attention finds queries, keys and values, in scalars; see TransformerKernels.h.
public struct RowAttentionShape: Hashable, Sendable {
  public var heads: Int
  /// Of a head's query, key and value.
  public var size: Int
  /// How far apart the keys of two heads are; the values, too.
  public var step: Int
  /// Of the rows.
  public var stride = 0
  /// Where in a row the keys and the values begin.
  public var key: Int
  public var value: Int
  public var queryStride = 0
  /// The position of the queries; negative where they have rows of their own.
  public var position = -1
  public var resultStride = 0
  public var capacity = 0
  /// How many positions are seen, from the first on.
  public var keys = 0

  fileprivate var inC: gs_attention_shape {
    gs_attention_shape(
      heads: heads, size: size, step: step, stride: stride, key: key, value: value,
      query_stride: queryStride, position: position, result_stride: resultStride,
      capacity: capacity, keys: keys)
  }
}

extension Float: TransformerKernelScalar {
  public static func addRows(
    _ sums: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, matrix: UnsafePointer<Float>?,
    places: UnsafePointer<Int32>?, rows: Int, columns: Int, stride: Int
  ) {
    gs_add_rows_f32(sums, bias, matrix, places, rows, columns, stride)
  }

  public static func scatterRows(
    _ sums: UnsafeMutablePointer<Float>, places: UnsafePointer<Int32>, matrix: UnsafePointer<Float>,
    rows: Int, stride: Int
  ) {
    gs_scatter_rows_f32(sums, places, matrix, rows, stride)
  }

  public static func addColumnSums(
    _ matrix: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    gs_add_column_sums_f32(matrix, rows, columns, stride, sums)
  }

  public static func layerNorm(
    _ x: UnsafeMutablePointer<Float>, gain: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    epsilon: Float, rows: Int, columns: Int, stride: Int, inverses: UnsafeMutablePointer<Float>,
    into results: UnsafeMutablePointer<Float>
  ) {
    gs_layer_norm_f32(x, gain, shift, epsilon, rows, columns, stride, inverses, results)
  }

  public static func layerNormSlopes(
    _ slopes: UnsafeMutablePointer<Float>, x: UnsafePointer<Float>, inverses: UnsafePointer<Float>,
    gain: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int,
    addingTo gainSlopes: UnsafeMutablePointer<Float>, shift: UnsafeMutablePointer<Float>
  ) {
    gs_layer_norm_slopes_f32(slopes, x, inverses, gain, rows, columns, stride, gainSlopes, shift)
  }

  public static func rowAttention(
    _ queries: UnsafePointer<Float>, _ matrix: UnsafePointer<Float>, _ shape: RowAttentionShape,
    scale: Float, places: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, rows: Int,
    weights: UnsafeMutablePointer<Float>, into results: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: shape.inC) {
      gs_row_attention_f32(
        queries, matrix, $0, scale, places, examples, rows, weights, results)
    }
  }

  public static func rowAttentionSlopes(
    _ queries: UnsafePointer<Float>, _ matrix: UnsafePointer<Float>, _ shape: RowAttentionShape,
    scale: Float, places: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, rows: Int,
    weights: UnsafePointer<Float>, slopes: UnsafePointer<Float>,
    addingTo querySlopes: UnsafeMutablePointer<Float>, _ matrixSlopes: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: shape.inC) {
      gs_row_attention_slopes_f32(
        queries, matrix, $0, scale, places, examples, rows, weights, slopes, querySlopes,
        matrixSlopes)
    }
  }
}

extension Double: TransformerKernelScalar {
  public static func addRows(
    _ sums: UnsafeMutablePointer<Double>, bias: UnsafePointer<Double>,
    matrix: UnsafePointer<Double>?,
    places: UnsafePointer<Int32>?, rows: Int, columns: Int, stride: Int
  ) {
    gs_add_rows_f64(sums, bias, matrix, places, rows, columns, stride)
  }

  public static func scatterRows(
    _ sums: UnsafeMutablePointer<Double>, places: UnsafePointer<Int32>,
    matrix: UnsafePointer<Double>,
    rows: Int, stride: Int
  ) {
    gs_scatter_rows_f64(sums, places, matrix, rows, stride)
  }

  public static func addColumnSums(
    _ matrix: UnsafePointer<Double>, rows: Int, columns: Int, stride: Int,
    to sums: UnsafeMutablePointer<Double>
  ) {
    gs_add_column_sums_f64(matrix, rows, columns, stride, sums)
  }

  public static func layerNorm(
    _ x: UnsafeMutablePointer<Double>, gain: UnsafePointer<Double>, shift: UnsafePointer<Double>,
    epsilon: Double, rows: Int, columns: Int, stride: Int, inverses: UnsafeMutablePointer<Double>,
    into results: UnsafeMutablePointer<Double>
  ) {
    gs_layer_norm_f64(x, gain, shift, epsilon, rows, columns, stride, inverses, results)
  }

  public static func layerNormSlopes(
    _ slopes: UnsafeMutablePointer<Double>, x: UnsafePointer<Double>,
    inverses: UnsafePointer<Double>,
    gain: UnsafePointer<Double>, rows: Int, columns: Int, stride: Int,
    addingTo gainSlopes: UnsafeMutablePointer<Double>, shift: UnsafeMutablePointer<Double>
  ) {
    gs_layer_norm_slopes_f64(slopes, x, inverses, gain, rows, columns, stride, gainSlopes, shift)
  }

  public static func rowAttention(
    _ queries: UnsafePointer<Double>, _ matrix: UnsafePointer<Double>, _ shape: RowAttentionShape,
    scale: Double, places: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, rows: Int,
    weights: UnsafeMutablePointer<Double>, into results: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: shape.inC) {
      gs_row_attention_f64(
        queries, matrix, $0, scale, places, examples, rows, weights, results)
    }
  }

  public static func rowAttentionSlopes(
    _ queries: UnsafePointer<Double>, _ matrix: UnsafePointer<Double>, _ shape: RowAttentionShape,
    scale: Double, places: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, rows: Int,
    weights: UnsafePointer<Double>, slopes: UnsafePointer<Double>,
    addingTo querySlopes: UnsafeMutablePointer<Double>, _ matrixSlopes: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: shape.inC) {
      gs_row_attention_slopes_f64(
        queries, matrix, $0, scale, places, examples, rows, weights, slopes, querySlopes,
        matrixSlopes)
    }
  }
}

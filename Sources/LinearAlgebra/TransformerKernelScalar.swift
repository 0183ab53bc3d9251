import CKernels

/// The loops of a transformer's layers in one precision; TransformerKernels.h says what each computes and of which memory.
public protocol TransformerKernelScalar {
  /// sums[n] += bias + matrix[places[n]]; without a matrix the bias alone.
  static func addRows(
    _ sums: UnsafeMutablePointer<Self>, bias: UnsafePointer<Self>, matrix: UnsafePointer<Self>?,
    places: UnsafePointer<Int32>?, rows: Int, stride: Int)

  /// sums[places[n]] += matrix[n].
  static func scatterRows(
    _ sums: UnsafeMutablePointer<Self>, places: UnsafePointer<Int32>, matrix: UnsafePointer<Self>,
    rows: Int, stride: Int)

  /// sums += the sum of all rows.
  static func addColumnSums(
    _ matrix: UnsafePointer<Self>, rows: Int, stride: Int, to sums: UnsafeMutablePointer<Self>)

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
    _ projections: UnsafePointer<Self>, stride: Int, _ shape: RowAttentionShape,
    places: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, rows: Int,
    weights: UnsafeMutablePointer<Self>, into results: UnsafeMutablePointer<Self>,
    stride resultStride: Int)

  /// The slopes of `rowAttention`, added to those by the projections.
  static func rowAttentionSlopes(
    _ projections: UnsafePointer<Self>, stride: Int, _ shape: RowAttentionShape,
    places: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, rows: Int,
    weights: UnsafePointer<Self>, slopes: UnsafePointer<Self>, stride slopeStride: Int,
    addingTo projectionSlopes: UnsafeMutablePointer<Self>)
}

/// Which queries see which keys, and how projections are split into heads.
public struct RowAttentionShape: Hashable, Sendable {
  /// The columns of queries, of keys and of values; a multiple of the heads.
  public var width: Int
  public var heads: Int
  /// How far apart the places of two positions are.
  public var capacity: Int
  /// The position of the queries.
  public var position: Int
  /// How many positions they see, from the first on.
  public var keys: Int

  public init(width: Int, heads: Int, capacity: Int, position: Int, keys: Int) {
    self.width = width
    self.heads = heads
    self.capacity = capacity
    self.position = position
    self.keys = keys
  }

  /// The factor of a query times a key: 1/√(width/heads).
  var scale: Double { 1 / Double(width / heads).squareRoot() }
}

extension Float: TransformerKernelScalar {
  public static func addRows(
    _ sums: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, matrix: UnsafePointer<Float>?,
    places: UnsafePointer<Int32>?, rows: Int, stride: Int
  ) {
    gs_add_rows_f32(sums, bias, matrix, places, rows, stride)
  }

  public static func scatterRows(
    _ sums: UnsafeMutablePointer<Float>, places: UnsafePointer<Int32>, matrix: UnsafePointer<Float>,
    rows: Int, stride: Int
  ) {
    gs_scatter_rows_f32(sums, places, matrix, rows, stride)
  }

  public static func addColumnSums(
    _ matrix: UnsafePointer<Float>, rows: Int, stride: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    gs_add_column_sums_f32(matrix, rows, stride, sums)
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
    _ projections: UnsafePointer<Float>, stride: Int, _ shape: RowAttentionShape,
    places: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, rows: Int,
    weights: UnsafeMutablePointer<Float>, into results: UnsafeMutablePointer<Float>,
    stride resultStride: Int
  ) {
    gs_row_attention_f32(
      projections, stride, shape.width, shape.heads, Float(shape.scale), places, shape.capacity,
      examples, rows, shape.position, shape.keys, weights, results, resultStride)
  }

  public static func rowAttentionSlopes(
    _ projections: UnsafePointer<Float>, stride: Int, _ shape: RowAttentionShape,
    places: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, rows: Int,
    weights: UnsafePointer<Float>, slopes: UnsafePointer<Float>, stride slopeStride: Int,
    addingTo projectionSlopes: UnsafeMutablePointer<Float>
  ) {
    gs_row_attention_slopes_f32(
      projections, stride, shape.width, shape.heads, Float(shape.scale), places, shape.capacity,
      examples, rows, shape.position, shape.keys, weights, slopes, slopeStride, projectionSlopes)
  }
}

extension Double: TransformerKernelScalar {
  public static func addRows(
    _ sums: UnsafeMutablePointer<Double>, bias: UnsafePointer<Double>,
    matrix: UnsafePointer<Double>?,
    places: UnsafePointer<Int32>?, rows: Int, stride: Int
  ) {
    gs_add_rows_f64(sums, bias, matrix, places, rows, stride)
  }

  public static func scatterRows(
    _ sums: UnsafeMutablePointer<Double>, places: UnsafePointer<Int32>,
    matrix: UnsafePointer<Double>,
    rows: Int, stride: Int
  ) {
    gs_scatter_rows_f64(sums, places, matrix, rows, stride)
  }

  public static func addColumnSums(
    _ matrix: UnsafePointer<Double>, rows: Int, stride: Int, to sums: UnsafeMutablePointer<Double>
  ) {
    gs_add_column_sums_f64(matrix, rows, stride, sums)
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
    _ projections: UnsafePointer<Double>, stride: Int, _ shape: RowAttentionShape,
    places: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, rows: Int,
    weights: UnsafeMutablePointer<Double>, into results: UnsafeMutablePointer<Double>,
    stride resultStride: Int
  ) {
    gs_row_attention_f64(
      projections, stride, shape.width, shape.heads, Double(shape.scale), places, shape.capacity,
      examples, rows, shape.position, shape.keys, weights, results, resultStride)
  }

  public static func rowAttentionSlopes(
    _ projections: UnsafePointer<Double>, stride: Int, _ shape: RowAttentionShape,
    places: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, rows: Int,
    weights: UnsafePointer<Double>, slopes: UnsafePointer<Double>, stride slopeStride: Int,
    addingTo projectionSlopes: UnsafeMutablePointer<Double>
  ) {
    gs_row_attention_slopes_f64(
      projections, stride, shape.width, shape.heads, Double(shape.scale), places, shape.capacity,
      examples, rows, shape.position, shape.keys, weights, slopes, slopeStride, projectionSlopes)
  }
}

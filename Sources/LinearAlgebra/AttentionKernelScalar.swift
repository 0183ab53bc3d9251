import CKernels

/// The loops of attention over pairs of tokens in one precision; AttentionKernels.h says what each computes and of which
/// memory.
public protocol AttentionKernelScalar {
  /// The weights that each head gives to both tokens of every example.
  static func pairSoftmax(
    _ scores: UnsafePointer<Self>, stride: Int, first: UnsafePointer<Int32>,
    second: UnsafePointer<Int32>, rows: Int, heads: Int, into weights: UnsafeMutablePointer<Self>,
    workspace: UnsafeMutablePointer<Self>)

  /// The weighted sums of the tokens' rows, in two parts.
  static func pairMix(
    _ table: UnsafePointer<Self>, constant: UnsafePointer<Self>, first: UnsafePointer<Int32>,
    second: UnsafePointer<Int32>, weights: UnsafePointer<Self>, rows: Int, heads: Int, width: Int,
    rectifiedWidth: Int, rectified: UnsafeMutablePointer<Self>, linear: UnsafeMutablePointer<Self>)

  /// The slopes of `pairMix`, added to those of the tables, the constant and the scores.
  static func pairMixSlopes(
    _ table: UnsafePointer<Self>, first: UnsafePointer<Int32>, second: UnsafePointer<Int32>,
    weights: UnsafePointer<Self>, rows: Int, heads: Int, width: Int, rectifiedWidth: Int,
    rectified: UnsafePointer<Self>, linear: UnsafePointer<Self>,
    addingTo tableSlopes: UnsafeMutablePointer<Self>, constant: UnsafeMutablePointer<Self>,
    scores: UnsafeMutablePointer<Self>, stride: Int)

  /// The sum of the cross-entropies of all rows, whose logits become its slopes times a factor.
  static func crossEntropy(
    _ logits: UnsafeMutablePointer<Self>, offsets: UnsafePointer<Self>?,
    labels: UnsafePointer<Int32>, rows: Int, columns: Int, stride: Int, scale: Self, factor: Self,
    correct: inout Int
  ) -> Double
}

extension Float: AttentionKernelScalar {
  public static func pairSoftmax(
    _ scores: UnsafePointer<Float>, stride: Int, first: UnsafePointer<Int32>,
    second: UnsafePointer<Int32>, rows: Int, heads: Int, into weights: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    gs_pair_softmax_f32(scores, stride, first, second, rows, heads, weights, workspace)
  }

  public static func pairMix(
    _ table: UnsafePointer<Float>, constant: UnsafePointer<Float>, first: UnsafePointer<Int32>,
    second: UnsafePointer<Int32>, weights: UnsafePointer<Float>, rows: Int, heads: Int, width: Int,
    rectifiedWidth: Int, rectified: UnsafeMutablePointer<Float>,
    linear: UnsafeMutablePointer<Float>
  ) {
    gs_pair_mix_f32(
      table, constant, first, second, weights, rows, heads, width, rectifiedWidth, rectified,
      linear)
  }

  public static func pairMixSlopes(
    _ table: UnsafePointer<Float>, first: UnsafePointer<Int32>, second: UnsafePointer<Int32>,
    weights: UnsafePointer<Float>, rows: Int, heads: Int, width: Int, rectifiedWidth: Int,
    rectified: UnsafePointer<Float>, linear: UnsafePointer<Float>,
    addingTo tableSlopes: UnsafeMutablePointer<Float>, constant: UnsafeMutablePointer<Float>,
    scores: UnsafeMutablePointer<Float>, stride: Int
  ) {
    gs_pair_mix_slopes_f32(
      table, first, second, weights, rows, heads, width, rectifiedWidth, rectified, linear,
      tableSlopes, constant, scores, stride)
  }

  public static func crossEntropy(
    _ logits: UnsafeMutablePointer<Float>, offsets: UnsafePointer<Float>?,
    labels: UnsafePointer<Int32>, rows: Int, columns: Int, stride: Int, scale: Float,
    factor: Float, correct: inout Int
  ) -> Double {
    gs_cross_entropy_f32(
      logits, offsets, labels, rows, columns, stride, scale, factor, &correct)
  }
}

extension Double: AttentionKernelScalar {
  public static func pairSoftmax(
    _ scores: UnsafePointer<Double>, stride: Int, first: UnsafePointer<Int32>,
    second: UnsafePointer<Int32>, rows: Int, heads: Int, into weights: UnsafeMutablePointer<Double>,
    workspace: UnsafeMutablePointer<Double>
  ) {
    gs_pair_softmax_f64(scores, stride, first, second, rows, heads, weights, workspace)
  }

  public static func pairMix(
    _ table: UnsafePointer<Double>, constant: UnsafePointer<Double>, first: UnsafePointer<Int32>,
    second: UnsafePointer<Int32>, weights: UnsafePointer<Double>, rows: Int, heads: Int, width: Int,
    rectifiedWidth: Int, rectified: UnsafeMutablePointer<Double>,
    linear: UnsafeMutablePointer<Double>
  ) {
    gs_pair_mix_f64(
      table, constant, first, second, weights, rows, heads, width, rectifiedWidth, rectified,
      linear)
  }

  public static func pairMixSlopes(
    _ table: UnsafePointer<Double>, first: UnsafePointer<Int32>, second: UnsafePointer<Int32>,
    weights: UnsafePointer<Double>, rows: Int, heads: Int, width: Int, rectifiedWidth: Int,
    rectified: UnsafePointer<Double>, linear: UnsafePointer<Double>,
    addingTo tableSlopes: UnsafeMutablePointer<Double>, constant: UnsafeMutablePointer<Double>,
    scores: UnsafeMutablePointer<Double>, stride: Int
  ) {
    gs_pair_mix_slopes_f64(
      table, first, second, weights, rows, heads, width, rectifiedWidth, rectified, linear,
      tableSlopes, constant, scores, stride)
  }

  public static func crossEntropy(
    _ logits: UnsafeMutablePointer<Double>, offsets: UnsafePointer<Double>?,
    labels: UnsafePointer<Int32>, rows: Int, columns: Int, stride: Int, scale: Double,
    factor: Double, correct: inout Int
  ) -> Double {
    gs_cross_entropy_f64(
      logits, offsets, labels, rows, columns, stride, scale, factor, &correct)
  }
}

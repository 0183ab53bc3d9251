import CKernels

/// The loops of networks with biases in one precision; PerceptronKernels.h says what each computes and of which memory.
public protocol PerceptronKernelScalar {
  /// hidden[p] ← tanh(hidden[p] + bias), element by element.
  static func tanhRows(
    _ hidden: UnsafeMutablePointer<Self>, bias: UnsafePointer<Self>, rows: Int, stride: Int)

  /// slopes ← slopes · (1 − hidden²), element by element.
  static func tanhSlopes(
    _ slopes: UnsafeMutablePointer<Self>, hidden: UnsafePointer<Self>, count: Int)

  /// hidden[p] ← max(hidden[p] + bias, 0), element by element.
  static func reluRows(
    _ hidden: UnsafeMutablePointer<Self>, bias: UnsafePointer<Self>, rows: Int, stride: Int)

  /// slopes ← slopes where hidden > 0, else 0, element by element.
  static func reluSlopes(
    _ slopes: UnsafeMutablePointer<Self>, hidden: UnsafePointer<Self>, count: Int)

  /// How many rows have the largest residual + target where the largest target is.
  static func rightRows(
    _ residuals: UnsafePointer<Self>, targets: UnsafePointer<Self>, rows: Int, columns: Int,
    stride: Int
  ) -> Int

  /// The losses of rows with one output, whose labels are signs, and how many rows have their label's sign.
  static func signLosses(
    _ outputs: UnsafeMutablePointer<Self>, labels: UnsafePointer<Int32>, rows: Int, stride: Int,
    isHinge: Bool, factor: Self, correct: inout Int
  ) -> Double

  /// outputs[p] ← scale · (outputs[p] + bias) − targets[p]; the sum of their squares, and how many rows have a mean
  /// square below each tolerance.
  static func outputResiduals(
    _ outputs: UnsafeMutablePointer<Self>, bias: UnsafePointer<Self>, scale: Self,
    targets: UnsafePointer<Self>, rows: Int, columns: Int, stride: Int,
    tolerances: UnsafeBufferPointer<Double>, within: UnsafeMutableBufferPointer<Int>
  ) -> Double

  /// sums = factor times the sum of all rows.
  static func columnSums(
    _ matrix: UnsafePointer<Self>, times factor: Self, rows: Int, stride: Int,
    into sums: UnsafeMutablePointer<Self>)

  /// One step of Adam, element by element.
  static func adam(
    _ weights: UnsafeMutablePointer<Self>, gradient: UnsafePointer<Self>,
    first: UnsafeMutablePointer<Self>, second: UnsafeMutablePointer<Self>, count: Int,
    _ step: AdamStep)
}

/// The factors of one step of Adam: g = gradient + coupled · w, m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²,
/// w ← keep · w − rate · m / (√v · root + ε).
public struct AdamStep: Hashable, Sendable {
  public var coupled: Double
  public var keep: Double
  public var beta1: Double
  public var beta2: Double
  public var rate: Double
  public var root: Double
  public var epsilon: Double

  public init(
    coupled: Double, keep: Double, beta1: Double, beta2: Double, rate: Double, root: Double,
    epsilon: Double
  ) {
    self.coupled = coupled
    self.keep = keep
    self.beta1 = beta1
    self.beta2 = beta2
    self.rate = rate
    self.root = root
    self.epsilon = epsilon
  }
}

extension Float: PerceptronKernelScalar {
  public static func tanhRows(
    _ hidden: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, rows: Int, stride: Int
  ) {
    gs_tanh_rows_f32(hidden, bias, rows, stride)
  }

  public static func tanhSlopes(
    _ slopes: UnsafeMutablePointer<Float>, hidden: UnsafePointer<Float>, count: Int
  ) {
    gs_tanh_slopes_f32(slopes, hidden, count)
  }

  public static func reluRows(
    _ hidden: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, rows: Int, stride: Int
  ) {
    gs_relu_rows_f32(hidden, bias, rows, stride)
  }

  public static func reluSlopes(
    _ slopes: UnsafeMutablePointer<Float>, hidden: UnsafePointer<Float>, count: Int
  ) {
    gs_relu_slopes_f32(slopes, hidden, count)
  }

  public static func rightRows(
    _ residuals: UnsafePointer<Float>, targets: UnsafePointer<Float>, rows: Int, columns: Int,
    stride: Int
  ) -> Int {
    gs_right_rows_f32(residuals, targets, rows, columns, stride)
  }

  public static func signLosses(
    _ outputs: UnsafeMutablePointer<Float>, labels: UnsafePointer<Int32>, rows: Int, stride: Int,
    isHinge: Bool, factor: Float, correct: inout Int
  ) -> Double {
    gs_sign_losses_f32(outputs, labels, rows, stride, isHinge ? 1 : 0, factor, &correct)
  }

  public static func outputResiduals(
    _ outputs: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, scale: Float,
    targets: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int,
    tolerances: UnsafeBufferPointer<Double>, within: UnsafeMutableBufferPointer<Int>
  ) -> Double {
    gs_output_residuals_f32(
      outputs, bias, scale, targets, rows, columns, stride, tolerances.baseAddress,
      tolerances.count, within.baseAddress)
  }

  public static func columnSums(
    _ matrix: UnsafePointer<Float>, times factor: Float, rows: Int, stride: Int,
    into sums: UnsafeMutablePointer<Float>
  ) {
    gs_column_sums_f32(matrix, factor, rows, stride, sums)
  }

  public static func adam(
    _ weights: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>, count: Int,
    _ step: AdamStep
  ) {
    gs_adam_f32(
      weights, gradient, first, second, count, Float(step.coupled), Float(step.keep),
      Float(step.beta1), Float(1 - step.beta1), Float(step.beta2), Float(1 - step.beta2),
      Float(step.rate),
      Float(step.root), Float(step.epsilon))
  }
}

extension Double: PerceptronKernelScalar {
  public static func tanhRows(
    _ hidden: UnsafeMutablePointer<Double>, bias: UnsafePointer<Double>, rows: Int, stride: Int
  ) {
    gs_tanh_rows_f64(hidden, bias, rows, stride)
  }

  public static func tanhSlopes(
    _ slopes: UnsafeMutablePointer<Double>, hidden: UnsafePointer<Double>, count: Int
  ) {
    gs_tanh_slopes_f64(slopes, hidden, count)
  }

  public static func reluRows(
    _ hidden: UnsafeMutablePointer<Double>, bias: UnsafePointer<Double>, rows: Int, stride: Int
  ) {
    gs_relu_rows_f64(hidden, bias, rows, stride)
  }

  public static func reluSlopes(
    _ slopes: UnsafeMutablePointer<Double>, hidden: UnsafePointer<Double>, count: Int
  ) {
    gs_relu_slopes_f64(slopes, hidden, count)
  }

  public static func rightRows(
    _ residuals: UnsafePointer<Double>, targets: UnsafePointer<Double>, rows: Int, columns: Int,
    stride: Int
  ) -> Int {
    gs_right_rows_f64(residuals, targets, rows, columns, stride)
  }

  public static func signLosses(
    _ outputs: UnsafeMutablePointer<Double>, labels: UnsafePointer<Int32>, rows: Int, stride: Int,
    isHinge: Bool, factor: Double, correct: inout Int
  ) -> Double {
    gs_sign_losses_f64(outputs, labels, rows, stride, isHinge ? 1 : 0, factor, &correct)
  }

  public static func outputResiduals(
    _ outputs: UnsafeMutablePointer<Double>, bias: UnsafePointer<Double>, scale: Double,
    targets: UnsafePointer<Double>, rows: Int, columns: Int, stride: Int,
    tolerances: UnsafeBufferPointer<Double>, within: UnsafeMutableBufferPointer<Int>
  ) -> Double {
    gs_output_residuals_f64(
      outputs, bias, scale, targets, rows, columns, stride, tolerances.baseAddress,
      tolerances.count, within.baseAddress)
  }

  public static func columnSums(
    _ matrix: UnsafePointer<Double>, times factor: Double, rows: Int, stride: Int,
    into sums: UnsafeMutablePointer<Double>
  ) {
    gs_column_sums_f64(matrix, factor, rows, stride, sums)
  }

  public static func adam(
    _ weights: UnsafeMutablePointer<Double>, gradient: UnsafePointer<Double>,
    first: UnsafeMutablePointer<Double>, second: UnsafeMutablePointer<Double>, count: Int,
    _ step: AdamStep
  ) {
    gs_adam_f64(
      weights, gradient, first, second, count, Double(step.coupled), Double(step.keep),
      Double(step.beta1), Double(1 - step.beta1), Double(step.beta2), Double(1 - step.beta2),
      Double(step.rate),
      Double(step.root), Double(step.epsilon))
  }
}

import CKernels

/// The reduced step of polynomial regression in AVX-512; CKernels.h says what each routine computes.
public protocol ReducedKernelScalar {
  static func reducedGradient(
    panels: UnsafePointer<Self>, _ x: UnsafePointer<Self>, offsets: UnsafePointer<Self>,
    rows: Int, size: Int, width: Int,
    upper: UnsafePointer<Self>, linear: UnsafePointer<Self>,
    residuals: UnsafeMutablePointer<Self>, block: UnsafeMutablePointer<Self>,
    curvature: UnsafeMutablePointer<Self>, slope: UnsafeMutablePointer<Self>
  ) -> Double

  static func reducedProducts(
    moment: UnsafePointer<Self>, propagator: UnsafePointer<Self>, size: Int, width: Int,
    product: UnsafeMutablePointer<Self>, square: UnsafeMutablePointer<Self>)

  static func upperForm(
    moment: UnsafePointer<Self>, scale: Self, size: Int, width: Int,
    upper: UnsafeMutablePointer<Self>)
}

extension Float: ReducedKernelScalar {
  public static func reducedGradient(
    panels: UnsafePointer<Float>, _ x: UnsafePointer<Float>, offsets: UnsafePointer<Float>,
    rows: Int, size: Int, width: Int,
    upper: UnsafePointer<Float>, linear: UnsafePointer<Float>,
    residuals: UnsafeMutablePointer<Float>, block: UnsafeMutablePointer<Float>,
    curvature: UnsafeMutablePointer<Float>, slope: UnsafeMutablePointer<Float>
  ) -> Double {
    gs_reduced_gradient_f32(
      panels, x, offsets, rows, size, width, upper, linear, residuals, block, curvature, slope)
  }

  public static func reducedProducts(
    moment: UnsafePointer<Float>, propagator: UnsafePointer<Float>, size: Int, width: Int,
    product: UnsafeMutablePointer<Float>, square: UnsafeMutablePointer<Float>
  ) {
    gs_reduced_products_f32(moment, propagator, size, width, product, square)
  }

  public static func upperForm(
    moment: UnsafePointer<Float>, scale: Float, size: Int, width: Int,
    upper: UnsafeMutablePointer<Float>
  ) {
    gs_upper_form_f32(moment, scale, size, width, upper)
  }
}

extension Double: ReducedKernelScalar {
  public static func reducedGradient(
    panels: UnsafePointer<Double>, _ x: UnsafePointer<Double>, offsets: UnsafePointer<Double>,
    rows: Int, size: Int, width: Int,
    upper: UnsafePointer<Double>, linear: UnsafePointer<Double>,
    residuals: UnsafeMutablePointer<Double>, block: UnsafeMutablePointer<Double>,
    curvature: UnsafeMutablePointer<Double>, slope: UnsafeMutablePointer<Double>
  ) -> Double {
    gs_reduced_gradient_f64(
      panels, x, offsets, rows, size, width, upper, linear, residuals, block, curvature, slope)
  }

  public static func reducedProducts(
    moment: UnsafePointer<Double>, propagator: UnsafePointer<Double>, size: Int, width: Int,
    product: UnsafeMutablePointer<Double>, square: UnsafeMutablePointer<Double>
  ) {
    gs_reduced_products_f64(moment, propagator, size, width, product, square)
  }

  public static func upperForm(
    moment: UnsafePointer<Double>, scale: Double, size: Int, width: Int,
    upper: UnsafeMutablePointer<Double>
  ) {
    gs_upper_form_f64(moment, scale, size, width, upper)
  }
}

import CKernels

/// Products of blocks of rows in AVX-512 and, in single precision, on the matrix unit; ProductKernels.h says what each routine computes and of which memory.
public protocol ProductKernelScalar {
  static func setPanels(
    of matrix: UnsafePointer<Self>, depth: Int, columns: Int, stride: Int, transposed: Bool,
    into panels: UnsafeMutablePointer<Self>)

  static func panelProduct(
    _ left: UnsafePointer<Self>, rows: Int, depth: Int, leftStride: Int,
    panels: UnsafePointer<Self>, columns: Int, start: UnsafePointer<Self>?, startStride: Int,
    scale: Self, mask: UnsafePointer<Self>?, into result: UnsafeMutablePointer<Self>, stride: Int)

  static func rowGradient(
    _ left: UnsafePointer<Self>, depth: Int, rows: Int, leftStride: Int,
    _ right: UnsafePointer<Self>, columns: Int, rightStride: Int, scale: Self, adds: Bool,
    into result: UnsafeMutablePointer<Self>, stride: Int)

  /// Whether processor and operating system have a matrix unit for this precision; without it no routine below is called.
  static var hasMatrixUnit: Bool { get }

  static func tileCount(depth: Int, columns: Int) -> Int

  static func setTiles(
    of matrix: UnsafePointer<Self>, depth: Int, columns: Int, stride: Int, transposed: Bool,
    into tiles: UnsafeMutablePointer<UInt16>)

  static func tileProduct(
    _ left: UnsafePointer<Self>, rows: Int, depth: Int, leftStride: Int,
    tiles: UnsafePointer<UInt16>, columns: Int, start: UnsafePointer<Self>?, startStride: Int,
    scale: Self, mask: UnsafePointer<Self>?, into result: UnsafeMutablePointer<Self>, stride: Int)

  static func tileGradient(
    _ left: UnsafePointer<Self>, depth: Int, rows: Int, leftStride: Int,
    _ right: UnsafePointer<Self>, columns: Int, rightStride: Int, scale: Self, adds: Bool,
    into result: UnsafeMutablePointer<Self>, stride: Int)
}

extension Float: ProductKernelScalar {
  public static func setPanels(
    of matrix: UnsafePointer<Float>, depth: Int, columns: Int, stride: Int, transposed: Bool,
    into panels: UnsafeMutablePointer<Float>
  ) {
    gs_set_panels_f32(matrix, depth, columns, stride, transposed ? 1 : 0, panels)
  }

  public static func panelProduct(
    _ left: UnsafePointer<Float>, rows: Int, depth: Int, leftStride: Int,
    panels: UnsafePointer<Float>, columns: Int, start: UnsafePointer<Float>?, startStride: Int,
    scale: Float, mask: UnsafePointer<Float>?, into result: UnsafeMutablePointer<Float>, stride: Int
  ) {
    gs_panel_product_f32(
      left, rows, depth, leftStride, panels, columns, start, startStride, scale, mask, result,
      stride)
  }

  public static func rowGradient(
    _ left: UnsafePointer<Float>, depth: Int, rows: Int, leftStride: Int,
    _ right: UnsafePointer<Float>, columns: Int, rightStride: Int, scale: Float, adds: Bool,
    into result: UnsafeMutablePointer<Float>, stride: Int
  ) {
    gs_row_gradient_f32(
      left, depth, rows, leftStride, right, columns, rightStride, scale, adds ? 1 : 0, result,
      stride)
  }

  public static var hasMatrixUnit: Bool { gs_has_amx() != 0 }

  public static func tileCount(depth: Int, columns: Int) -> Int {
    gs_amx_panel_size(depth, columns)
  }

  public static func setTiles(
    of matrix: UnsafePointer<Float>, depth: Int, columns: Int, stride: Int, transposed: Bool,
    into tiles: UnsafeMutablePointer<UInt16>
  ) {
    gs_amx_set_panels(matrix, depth, columns, stride, transposed ? 1 : 0, tiles)
  }

  public static func tileProduct(
    _ left: UnsafePointer<Float>, rows: Int, depth: Int, leftStride: Int,
    tiles: UnsafePointer<UInt16>, columns: Int, start: UnsafePointer<Float>?, startStride: Int,
    scale: Float, mask: UnsafePointer<Float>?, into result: UnsafeMutablePointer<Float>, stride: Int
  ) {
    gs_amx_product(
      left, rows, depth, leftStride, tiles, columns, start, startStride, scale, mask, result,
      stride)
  }

  public static func tileGradient(
    _ left: UnsafePointer<Float>, depth: Int, rows: Int, leftStride: Int,
    _ right: UnsafePointer<Float>, columns: Int, rightStride: Int, scale: Float, adds: Bool,
    into result: UnsafeMutablePointer<Float>, stride: Int
  ) {
    gs_amx_gradient(
      left, depth, rows, leftStride, right, columns, rightStride, scale, adds ? 1 : 0, result,
      stride)
  }
}

extension Double: ProductKernelScalar {
  public static func setPanels(
    of matrix: UnsafePointer<Double>, depth: Int, columns: Int, stride: Int, transposed: Bool,
    into panels: UnsafeMutablePointer<Double>
  ) {
    gs_set_panels_f64(matrix, depth, columns, stride, transposed ? 1 : 0, panels)
  }

  public static func panelProduct(
    _ left: UnsafePointer<Double>, rows: Int, depth: Int, leftStride: Int,
    panels: UnsafePointer<Double>, columns: Int, start: UnsafePointer<Double>?, startStride: Int,
    scale: Double, mask: UnsafePointer<Double>?, into result: UnsafeMutablePointer<Double>,
    stride: Int
  ) {
    gs_panel_product_f64(
      left, rows, depth, leftStride, panels, columns, start, startStride, scale, mask, result,
      stride)
  }

  public static func rowGradient(
    _ left: UnsafePointer<Double>, depth: Int, rows: Int, leftStride: Int,
    _ right: UnsafePointer<Double>, columns: Int, rightStride: Int, scale: Double, adds: Bool,
    into result: UnsafeMutablePointer<Double>, stride: Int
  ) {
    gs_row_gradient_f64(
      left, depth, rows, leftStride, right, columns, rightStride, scale, adds ? 1 : 0, result,
      stride)
  }

  /// The unit splits numbers into parts of 8 bits: a double would be seven.
  public static var hasMatrixUnit: Bool { false }

  public static func tileCount(depth: Int, columns: Int) -> Int { 0 }

  public static func setTiles(
    of matrix: UnsafePointer<Double>, depth: Int, columns: Int, stride: Int, transposed: Bool,
    into tiles: UnsafeMutablePointer<UInt16>
  ) {
    preconditionFailure("the matrix unit has single precision only")
  }

  public static func tileProduct(
    _ left: UnsafePointer<Double>, rows: Int, depth: Int, leftStride: Int,
    tiles: UnsafePointer<UInt16>, columns: Int, start: UnsafePointer<Double>?, startStride: Int,
    scale: Double, mask: UnsafePointer<Double>?, into result: UnsafeMutablePointer<Double>,
    stride: Int
  ) {
    preconditionFailure("the matrix unit has single precision only")
  }

  public static func tileGradient(
    _ left: UnsafePointer<Double>, depth: Int, rows: Int, leftStride: Int,
    _ right: UnsafePointer<Double>, columns: Int, rightStride: Int, scale: Double, adds: Bool,
    into result: UnsafeMutablePointer<Double>, stride: Int
  ) {
    preconditionFailure("the matrix unit has single precision only")
  }
}

import LinearAlgebra

/// An order of the pixels in which those that a train set uses come first.
///
/// A pixel that is black in every image of the train set adds nothing to any sum of a step, and the slopes by its weights are
/// zero: with such pixels at the end, products of steps leave them out. Handwriting in the middle of a frame has many.
struct PixelOrder: Sendable {
  /// Which pixel is at each place.
  private let pixels: [Int]
  /// The places, from the first on, of pixels that are not black in every image; at least one.
  let litCount: Int

  /// - Parameter images: the train set, a row an image.
  init(_ images: Matrix<Double>) {
    var isLit = Array(repeating: false, count: images.columns)
    for row in 0..<images.rows {
      for column in 0..<images.columns where images[row, column] != 0 { isLit[column] = true }
    }
    let lit = isLit.indices.filter { isLit[$0] }
    pixels = lit + isLit.indices.filter { !isLit[$0] }
    litCount = max(lit.count, 1)
  }

  /// Images with their pixels in this order.
  func columns<Scalar: BLASScalar>(of images: Matrix<Double>) -> Matrix<Scalar> {
    var ordered = Matrix<Scalar>(rows: images.rows, columns: images.columns)
    for row in 0..<images.rows {
      for (place, pixel) in pixels.enumerated() { ordered[row, place] = Scalar(images[row, pixel]) }
    }
    return ordered
  }

  /// What has a row a pixel, its rows put into this order.
  func rows<Scalar: BLASScalar>(of matrix: Matrix<Scalar>) -> Matrix<Scalar> {
    var ordered = Matrix<Scalar>(rows: matrix.rows, columns: matrix.columns)
    for (place, pixel) in pixels.enumerated() {
      for column in 0..<matrix.columns { ordered[place, column] = matrix[pixel, column] }
    }
    return ordered
  }

  /// What has a row a place, its rows put back into the order of the pixels.
  func rowsByPixel<Scalar: BLASScalar>(of matrix: Matrix<Scalar>) -> Matrix<Scalar> {
    var ordered = Matrix<Scalar>(rows: matrix.rows, columns: matrix.columns)
    for (place, pixel) in pixels.enumerated() {
      for column in 0..<matrix.columns { ordered[pixel, column] = matrix[place, column] }
    }
    return ordered
  }
}

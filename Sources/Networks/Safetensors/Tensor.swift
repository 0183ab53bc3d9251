public import LinearAlgebra

/// A named array of a safetensors file.
public struct Tensor: Hashable, Sendable {
  /// The elements in row-major order, in the precision that the file has them in.
  public enum Elements: Hashable, Sendable {
    case float32([Float])
    case float64([Double])

    public var count: Int {
      switch self {
      case .float32(let elements): elements.count
      case .float64(let elements): elements.count
      }
    }
  }

  public let name: String
  public let shape: [Int]
  public let elements: Elements

  /// - Precondition: the shape has as many places as there are elements.
  public init(name: String, shape: [Int], elements: Elements) {
    precondition(
      shape.reduce(1, *) == elements.count,
      "\(elements.count) elements for \(name) of shape \(shape)")
    self.name = name
    self.shape = shape
    self.elements = elements
  }

  public init(name: String, matrix: Matrix<some BLASScalar>) {
    self.init(
      name: name, shape: [matrix.rows, matrix.columns], elements: Self.elements(of: matrix))
  }

  /// - Precondition: the matrix has one row.
  public init(name: String, vector: Matrix<some BLASScalar>) {
    precondition(vector.rows == 1, "\(name) is \(vector.shape), a vector is one row")
    self.init(name: name, shape: [vector.columns], elements: Self.elements(of: vector))
  }

  /// - Precondition: the shape has as many places as there are scalars.
  init(name: String, shape: [Int], scalars: [some BLASScalar]) {
    self.init(name: name, shape: shape, elements: Self.elements(scalars))
  }

  private static func elements(of matrix: Matrix<some BLASScalar>) -> Elements {
    elements(matrix.elements)
  }

  private static func elements<Scalar: BLASScalar>(_ elements: [Scalar]) -> Elements {
    // A conditional cast looks at every element.
    if Scalar.self == Float.self { return .float32(unsafeBitCast(elements, to: [Float].self)) }
    precondition(Scalar.self == Double.self, "a tensor of \(Scalar.self)")
    return .float64(unsafeBitCast(elements, to: [Double].self))
  }

  /// The elements in double precision.
  public var doubles: [Double] {
    switch elements {
    case .float32(let elements): elements.map { Double($0) }
    case .float64(let elements): elements
    }
  }

  /// The elements in single precision.
  ///
  /// - Throws: `SafetensorsError` with the place of the first that is beyond its range.
  func floats() throws(SafetensorsError) -> [Float] {
    switch elements {
    case .float32(let elements): return elements
    case .float64(let elements):
      let floats = elements.map { Float($0) }
      _ = try Tensor(name: name, shape: shape, elements: .float32(floats)).checkedToBeFinite()
      return floats
    }
  }

  /// `[500 × 100]`.
  public var shapeText: String {
    "[" + shape.map(String.init).joined(separator: " × ") + "]"
  }

  /// This tensor, once all its values are known to be finite.
  ///
  /// - Throws: `SafetensorsError` with the place of the first that is not.
  func checkedToBeFinite() throws(SafetensorsError) -> Tensor {
    let place =
      switch elements {
      case .float32(let values): values.firstIndex { !$0.isFinite }
      case .float64(let values): values.firstIndex { !$0.isFinite }
      }
    guard let place else { return self }
    var rest = place
    let indices = shape.reversed().map { size in
      defer { rest /= size }
      return String(rest % size)
    }
    throw SafetensorsError(
      "\(name) has a value that is not finite, at [\(indices.reversed().joined(separator: ", "))]")
  }

  /// The tensor as a matrix; a vector is one row.
  ///
  /// - Throws: `SafetensorsError` when it has another number of dimensions.
  public func matrix<Scalar: BLASScalar>() throws(SafetensorsError) -> Matrix<Scalar> {
    guard shape.count == 1 || shape.count == 2 else {
      throw SafetensorsError("\(name) is \(shapeText), a vector or a matrix is needed")
    }
    let rows = shape.count == 2 ? shape[0] : 1
    let columns = shape[shape.count - 1]
    return switch elements {
    case .float32(let values): Matrix(rows: rows, columns: columns, elements: values)
    case .float64(let values): Matrix(rows: rows, columns: columns, elements: values)
    }
  }
}

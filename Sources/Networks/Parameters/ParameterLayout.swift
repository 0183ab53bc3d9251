public import LinearAlgebra

/// Where each of a network's parameters lies in one flat matrix, `[1 × count]`.
///
/// Weights, their gradient and the moments of an optimiser share it, so that a step is one pass over all of them. What lies
/// between the parameters is zero and stays zero.
public struct ParameterLayout: Hashable, Sendable {
  /// One parameter.
  public struct Slice: Hashable, Sendable {
    public let name: String
    public let region: MatrixRegion
    /// Whether it has one dimension only.
    public let isVector: Bool

    public var shape: [Int] { isVector ? [region.columns] : [region.rows, region.columns] }
  }

  public private(set) var slices: [Slice] = []
  /// The length of the flat matrix, in scalars.
  public private(set) var count = 0

  public init() {}

  /// Reserves memory for some rows.
  ///
  /// - Parameters:
  ///   - rows: how many.
  ///   - columns: of each.
  ///   - stride: the distance between their starts, whole cache lines.
  /// - Returns: where it is.
  public mutating func reserve(rows: Int, columns: Int, stride: Int) -> MatrixRegion {
    defer { count += rows * stride }
    return MatrixRegion(offset: count, rows: rows, columns: columns, stride: stride)
  }

  /// Names what lies in a region.
  public mutating func name(_ name: String, _ region: MatrixRegion, isVector: Bool = false) {
    slices.append(Slice(name: name, region: region, isVector: isVector))
  }

  /// The parameters in a flat matrix, by their names.
  ///
  /// - Parameters:
  ///   - matrix: `[1 × count]`.
  ///   - prefix: what the names of the tensors begin with.
  /// - Returns: a tensor a parameter.
  public func tensors(of matrix: Matrix<some BLASScalar>, prefix: String = "") -> [Tensor] {
    check(matrix)
    return slices.map { slice in
      Tensor(
        name: prefix + slice.name, shape: slice.shape, scalars: matrix.elements(of: slice.region))
    }
  }

  /// Reads the parameters of a file, in the precision that it was written in.
  ///
  /// - Parameters:
  ///   - file: what `tensors(of:prefix:)` gave.
  ///   - prefix: what the names of the tensors begin with.
  ///   - matrix: `[1 × count]`; unchanged if something is wrong.
  /// - Throws: `SafetensorsError` if something is missing, or of another shape or precision.
  public func read<Scalar: BLASScalar>(
    _ file: Safetensors, prefix: String = "", into matrix: inout Matrix<Scalar>
  ) throws(SafetensorsError) {
    check(matrix)
    var read = matrix
    for slice in slices {
      let tensor: Matrix<Scalar> = try file.matrix(named: prefix + slice.name, shape: slice.shape)
      read.setElements(tensor.elements, of: slice.region)
    }
    matrix = read
  }

  /// A flat matrix of parameters, rounded to the precision asked for.
  ///
  /// - Parameter tensors: one for each parameter, of its name and shape.
  /// - Returns: `[1 × count]`.
  public func flat<Scalar: BLASScalar>(_ tensors: [Tensor]) -> Matrix<Scalar> {
    var matrix = Matrix<Scalar>(rows: 1, columns: count)
    for slice in slices {
      guard let tensor = tensors.first(where: { $0.name == slice.name }),
        tensor.shape == slice.shape
      else { preconditionFailure("\(slice.name) \(slice.shape) is not among the tensors") }
      switch tensor.elements {
      case .float32(let elements): matrix.setElements(elements, of: slice.region)
      case .float64(let elements): matrix.setElements(elements, of: slice.region)
      }
    }
    return matrix
  }

  private func check(_ matrix: Matrix<some BLASScalar>) {
    precondition(matrix.rows == 1 && matrix.columns == count, "\(matrix.shape) for \(count)")
  }
}

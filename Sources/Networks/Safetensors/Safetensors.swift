public import LinearAlgebra
public import OrderedCollections

/// A safetensors file as a value: named tensors and text.
///
/// The format is eight bytes of header length (little-endian), a JSON header of name → dtype, shape and
/// place, and the elements (little-endian, row-major). It holds numbers only: nothing in it is executed.
public struct Safetensors: Hashable, Sendable {
  /// The longest header that is read: the format's own limit.
  public static let headerBytesMax = 100_000_000

  public private(set) var tensors: OrderedDictionary<String, Tensor>
  /// The header's `__metadata__`.
  public var metadata: OrderedDictionary<String, String>
  /// The types of tensors that are not read, by name: masks of flags, weights in half precision.
  private(set) var unreadTypes: [String: String] = [:]

  /// - Precondition: no two tensors have the same name.
  public init(tensors: [Tensor], metadata: OrderedDictionary<String, String> = [:]) {
    self.tensors = OrderedDictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    self.metadata = metadata
  }

  init(
    tensors: [Tensor], metadata: OrderedDictionary<String, String>, unreadTypes: [String: String]
  ) {
    self.init(tensors: tensors, metadata: metadata)
    self.unreadTypes = unreadTypes
  }

  /// The tensor of this name.
  ///
  /// - Throws: `SafetensorsError` when there is none; it lists those that there are.
  public func tensor(named name: String) throws(SafetensorsError) -> Tensor {
    guard let tensor = tensors[name] else {
      if let type = unreadTypes[name] {
        throw SafetensorsError("\(name) is \(type), F32, F64, I32 or I64 is needed")
      }
      let names = tensors.keys.prefix(20).joined(separator: ", ")
      throw SafetensorsError(
        "there is no tensor \"\(name)\"; the file has \(names.isEmpty ? "none" : names)")
    }
    return tensor
  }

  /// The tensor of this name as a matrix, in the precision that it was written in.
  ///
  /// - Parameters:
  ///   - name: the tensor's name.
  ///   - shape: the shape that it must have.
  /// - Returns: the matrix; of a vector, one row.
  /// - Throws: `SafetensorsError` when there is none, or it has another shape or precision.
  public func matrix<Scalar: BLASScalar>(
    named name: String, shape: [Int]
  ) throws(SafetensorsError) -> Matrix<Scalar> {
    let tensor = try tensor(named: name)
    guard tensor.shape == shape else {
      let expected = "[" + shape.map(String.init).joined(separator: " × ") + "]"
      throw SafetensorsError("\(name) is \(tensor.shapeText), \(expected) is needed")
    }
    let isDouble = if case .float64 = tensor.elements { true } else { false }
    guard isDouble == (Scalar.self == Double.self) else {
      throw SafetensorsError(
        "\(name) is \(isDouble ? "F64" : "F32"), the run's precision is "
          + (isDouble ? "float32" : "float64"))
    }
    return try tensor.matrix()
  }
}

/// What is wrong with a safetensors file, in one sentence.
public struct SafetensorsError: Error, Equatable, CustomStringConvertible {
  public let problem: String
  public var description: String { problem }

  public init(_ problem: String) { self.problem = problem }
}

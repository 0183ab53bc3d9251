/// An array of bytes with its shape: the format that MNIST's images and labels come in.
///
/// Two zero bytes, the type of the elements (8: unsigned bytes, the only one read here), the number of dimensions, their
/// sizes as four bytes each, highest first, and the elements, the last dimension fastest. LeCun, Cortes and Burges 1998.
public struct IDXFile: Hashable, Sendable {
  /// The size of each dimension: `[images, rows, columns]` or `[labels]`.
  public let sizes: [Int]
  /// As many as the product of the sizes.
  public let elements: ArraySlice<UInt8>

  /// What the elements must be.
  private static let unsignedBytes: UInt8 = 8
  private static let sizeBytes = 4
  /// How a file begins that gzip has made.
  private static let gzip: [UInt8] = [0x1F, 0x8B]

  /// Reads a file's bytes; nothing in them is believed before it is checked.
  ///
  /// - Parameter bytes: the whole file.
  /// - Throws: `IDXError` for the first thing that is wrong.
  public init(bytes: [UInt8]) throws(IDXError) {
    if bytes.starts(with: Self.gzip) {
      throw IDXError("the file is compressed; unpack it with gunzip, so that it has one digest")
    }
    guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else {
      throw IDXError("expected an IDX file, which begins with two zero bytes, a type and a count")
    }
    guard bytes[2] == Self.unsignedBytes else {
      throw IDXError(
        "expected an IDX file of unsigned bytes, type 8, found elements of type \(bytes[2])")
    }
    let dimensions = Int(bytes[3])
    let start = 4 + dimensions * Self.sizeBytes
    guard dimensions > 0, bytes.count >= start else {
      throw IDXError(
        "the header says it has \(dimensions) dimensions; the file ends after \(bytes.count) bytes")
    }
    var sizes: [Int] = []
    var count = 1
    for place in stride(from: 4, to: start, by: Self.sizeBytes) {
      let size = bytes[place..<place + Self.sizeBytes].reduce(0) { $0 << 8 | Int($1) }
      sizes.append(size)
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      count = overflows ? .max : product
    }
    guard count == bytes.count - start else {
      let shape = sizes.map(String.init).joined(separator: " × ")
      throw IDXError(
        "the header says it has \(shape) elements of a byte each; \(bytes.count - start) bytes follow"
      )
    }
    self.sizes = sizes
    elements = bytes[start...]
  }
}

/// What is wrong with an IDX file, or with two that do not go together, in one sentence.
public struct IDXError: Error, Equatable, CustomStringConvertible {
  public let problem: String
  public var description: String { problem }

  public init(_ problem: String) { self.problem = problem }
}

import Foundation
import OrderedCollections

extension Safetensors {
  /// Reads a file's bytes; of tensors of other types than F32, F64, I32 and I64 the type alone.
  ///
  /// Whole numbers become double precision, which holds all of them up to 2⁵³; beyond, a tensor is refused.
  ///
  /// Nothing in the bytes is believed before it is checked: not the length of the header, not a shape
  /// (its product may overflow), not a place (it may lie outside, or on another tensor).
  ///
  /// - Parameter bytes: the whole file.
  /// - Throws: `SafetensorsError` for the first thing that is wrong.
  public init(bytes: [UInt8]) throws(SafetensorsError) {
    guard bytes.count >= 8 else {
      throw SafetensorsError("a safetensors file starts with 8 bytes, this has \(bytes.count)")
    }
    let headerBytes = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard headerBytes <= Self.headerBytesMax else {
      throw SafetensorsError(
        "the header says it has \(headerBytes) bytes; at most \(Self.headerBytesMax) are read")
    }
    let dataStart = 8 + Int(headerBytes)
    guard dataStart <= bytes.count else {
      throw SafetensorsError(
        "the header says it has \(headerBytes) bytes; the file ends after \(bytes.count - 8)")
    }
    let header = try Self.header(Data(bytes[8..<dataStart]))
    let places = header.tensors.sorted { left, right in
      (left.value.begin, left.value.end, left.key) < (right.value.begin, right.value.end, right.key)
    }
    let data = bytes[dataStart...]
    try Self.checkPlaces(places.map { ($0.key, $0.value) }, dataBytes: data.count)
    var tensors: [Tensor] = []
    var unreadTypes: [String: String] = [:]
    for (name, entry) in places {
      if let elementBytes = Self.elementBytes[entry.dtype] {
        tensors.append(try Self.tensor(named: name, entry, elementBytes, in: data))
      } else {
        unreadTypes[name] = entry.dtype
      }
    }
    self.init(
      tensors: tensors,
      metadata: OrderedDictionary(
        uniqueKeysWithValues: header.metadata.sorted { $0.key < $1.key }),
      unreadTypes: unreadTypes)
  }

  /// What the header says of one tensor.
  private struct Entry: Decodable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    var begin: Int { offsets[0] }
    var end: Int { offsets[1] }

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  private struct Header: Decodable {
    var tensors: [String: Entry] = [:]
    var metadata: [String: String] = [:]

    private struct Name: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      for key in container.allKeys {
        if key.stringValue == "__metadata__" {
          metadata = try container.decode([String: String].self, forKey: key)
        } else {
          tensors[key.stringValue] = try container.decode(Entry.self, forKey: key)
        }
      }
    }
  }

  private static func header(_ json: Data) throws(SafetensorsError) -> Header {
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: json)
    } catch DecodingError.keyNotFound(let key, let context) {
      let place = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw SafetensorsError("the header's \"\(place)\" lacks \"\(key.stringValue)\"")
    } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
      let place = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw SafetensorsError("the header's \"\(place)\" is not what safetensors has there")
    } catch {
      throw SafetensorsError("the header is not a JSON object of tensors")
    }
    for (name, entry) in header.tensors.sorted(by: { $0.key < $1.key }) {
      guard entry.offsets.count == 2 else {
        throw SafetensorsError("\(name): data_offsets are two numbers, not \(entry.offsets.count)")
      }
      guard entry.shape.allSatisfy({ $0 >= 0 }) else {
        throw SafetensorsError("\(name): the shape \(entry.shape) has a negative number")
      }
    }
    return header
  }

  /// Checks that the tensors, in the order of their places, fill the data without gap or overlap.
  private static func checkPlaces(
    _ places: [(name: String, entry: Entry)], dataBytes: Int
  ) throws(SafetensorsError) {
    var filled = 0
    for (name, entry) in places {
      guard 0 <= entry.begin, entry.begin <= entry.end, entry.end <= dataBytes else {
        throw SafetensorsError(
          "\(name): the bytes \(entry.begin) to \(entry.end) do not lie in the data's \(dataBytes)")
      }
      guard entry.begin >= filled else {
        throw SafetensorsError("\(name) overlaps the tensor before it")
      }
      guard entry.begin == filled else {
        throw SafetensorsError("\(entry.begin - filled) bytes before \(name) belong to no tensor")
      }
      filled = entry.end
    }
    guard filled == dataBytes else {
      throw SafetensorsError("\(dataBytes - filled) bytes at the end belong to no tensor")
    }
  }

  /// The types that are read, with the size of an element.
  private static let elementBytes = ["F32": 4, "I32": 4, "F64": 8, "I64": 8]

  private static func tensor(
    named name: String, _ entry: Entry, _ elementBytes: Int, in data: ArraySlice<UInt8>
  ) throws(SafetensorsError) -> Tensor {
    var bytesNeeded = elementBytes
    for size in entry.shape {
      let (product, overflows) = bytesNeeded.multipliedReportingOverflow(by: size)
      guard !overflows else {
        throw SafetensorsError("\(name): the shape \(entry.shape) is larger than any file")
      }
      bytesNeeded = product
    }
    guard bytesNeeded == entry.end - entry.begin else {
      throw SafetensorsError(
        "\(name): the shape \(entry.shape) of \(entry.dtype) needs \(bytesNeeded) bytes, "
          + "its place has \(entry.end - entry.begin)")
    }
    let bytes = data[data.startIndex + entry.begin..<data.startIndex + entry.end]
    let count = bytesNeeded / elementBytes
    let elements: Tensor.Elements = bytes.withUnsafeBytes { raw in
      if entry.dtype == "I32" {
        .float64((0..<count).map { Double(integer(raw, $0, as: Int32.self)) })
      } else if entry.dtype == "I64" {
        .float64((0..<count).map { Double(integer(raw, $0, as: Int64.self)) })
      } else if elementBytes == 4 {
        .float32(
          (0..<count).map { index in
            let bits = raw.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
            return Float(bitPattern: UInt32(littleEndian: bits))
          })
      } else {
        .float64(
          (0..<count).map { index in
            let bits = raw.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
            return Double(bitPattern: UInt64(littleEndian: bits))
          })
      }
    }
    if entry.dtype == "I64", case .float64(let numbers) = elements,
      let place = numbers.firstIndex(where: { $0.magnitude > 0x1p53 })
    {
      throw SafetensorsError("\(name)[\(place)] is beyond 2^53")
    }
    return Tensor(name: name, shape: entry.shape, elements: elements)
  }

  private static func integer<Number: FixedWidthInteger>(
    _ raw: UnsafeRawBufferPointer, _ index: Int, as: Number.Type
  ) -> Number {
    Number(
      littleEndian: raw.loadUnaligned(
        fromByteOffset: MemoryLayout<Number>.size * index, as: Number.self))
  }
}

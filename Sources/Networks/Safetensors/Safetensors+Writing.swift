import Foundation
import OrderedCollections

extension Safetensors {
  /// The file's bytes: the same value gives the same bytes.
  public var bytes: [UInt8] {
    var entries: [String: WrittenHeader.Entry] = [:]
    var place = 0
    for tensor in tensors.values {
      let end = place + tensor.elements.count * tensor.elementBytes
      entries[tensor.name] = WrittenHeader.Entry(
        dtype: tensor.elementBytes == 4 ? "F32" : "F64", shape: tensor.shape,
        offsets: [place, end])
      place = end
    }
    var header = json(
      WrittenHeader(entries: entries, metadata: Dictionary(metadata.map { $0 }) { $1 }))
    // Blanks up to a multiple of eight, so that the elements are aligned in a mapped file.
    header.append(contentsOf: [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8))
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + place)
    append(UInt64(header.count), to: &bytes)
    bytes.append(contentsOf: header)
    for tensor in tensors.values {
      switch tensor.elements {
      case .float32(let values): for value in values { append(value.bitPattern, to: &bytes) }
      case .float64(let values): for value in values { append(value.bitPattern, to: &bytes) }
      }
    }
    return bytes
  }

  private func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private func json(_ header: WrittenHeader) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(header))
    } catch {
      preconditionFailure("a header of \(tensors.keys) cannot be written: \(error)")
    }
  }

  fileprivate struct WrittenHeader: Encodable {
    struct Entry: Encodable {
      let dtype: String
      let shape: [Int]
      let offsets: [Int]

      enum CodingKeys: String, CodingKey {
        case dtype, shape
        case offsets = "data_offsets"
      }
    }
    struct Name: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    let entries: [String: Entry]
    let metadata: [String: String]

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Name.self)
      if !metadata.isEmpty {
        try container.encode(metadata, forKey: Name(stringValue: "__metadata__"))
      }
      for (name, entry) in entries {
        try container.encode(entry, forKey: Name(stringValue: name))
      }
    }
  }
}

extension Tensor {
  /// The size of one element in the file.
  var elementBytes: Int {
    switch elements {
    case .float32: 4
    case .float64: 8
    }
  }
}

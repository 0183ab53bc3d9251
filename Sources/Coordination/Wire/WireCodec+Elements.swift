import Foundation

extension WireCodec {
  /// Reports, leases and columns of observables in one message; a worker's batch has far fewer.
  static let elementsMax = 200_000

  /// Refuses a message of too many parts before they are made into values.
  ///
  /// An empty report is two bytes on the wire and more than a hundred in memory: the largest
  /// message could take gigabytes before anything of it would be checked.
  ///
  /// - Parameter bytes: a worker's message.
  /// - Throws: `WireError` if it has more parts than any worker's.
  static func checkElements(in bytes: Data) throws(WireError) {
    // Every part takes two bytes at least.
    guard bytes.count > 2 * elementsMax else { return }
    let count = bytes.withUnsafeBytes { buffer in
      var counter = ElementCounter()
      counter.count(buffer, in: .message)
      return counter.elements
    }
    guard count <= elementsMax else {
      throw WireError("a message of more than \(elementsMax) parts")
    }
  }
}

/// Walks through protobuf's encoding as far as repeated messages go, without making anything of it.
private struct ElementCounter {
  var elements = 0

  /// A message that can have others in it, by the numbers of groksweep.proto.
  enum Place {
    case message, heartbeat, reports, report, records, command, submission, selection

    /// What the field of this number is; nil for all that has no parts.
    func field(_ number: UInt64) -> (isElement: Bool, place: Place?)? {
      switch (self, number) {
      case (.message, 5): (false, .heartbeat)
      case (.message, 6): (false, .reports)
      case (.message, 8): (false, .command)
      case (.command, 4): (false, .submission)
      case (.command, 5), (.command, 6): (false, .selection)
      case (.submission, 3), (.submission, 4), (.selection, 2): (true, nil)
      case (.heartbeat, 3): (true, nil)
      case (.reports, 2): (true, .report)
      case (.report, 5): (false, .records)
      case (.records, 6): (true, nil)
      default: nil
      }
    }
  }

  mutating func count(_ buffer: UnsafeRawBufferPointer, in place: Place) {
    var position = 0
    // What cannot be walked through cannot be decoded either, and the decoder says so.
    while elements <= WireCodec.elementsMax, let tag = Self.varint(buffer, &position) {
      switch tag & 7 {
      case 0: if Self.varint(buffer, &position) == nil { return }
      case 1: position += 8
      case 5: position += 4
      case 2:
        guard let length = Self.varint(buffer, &position),
          length <= UInt64(max(0, buffer.count - position))
        else { return }
        let end = position + Int(length)
        if let (isElement, inner) = place.field(tag >> 3) {
          if isElement { elements += 1 }
          if let inner {
            count(UnsafeRawBufferPointer(rebasing: buffer[position..<end]), in: inner)
          }
        }
        position = end
      default: return
      }
    }
  }

  private static func varint(_ buffer: UnsafeRawBufferPointer, _ position: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard position < buffer.count else { return nil }
      let byte = buffer[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}

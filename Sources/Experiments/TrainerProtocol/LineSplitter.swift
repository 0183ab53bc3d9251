public import Foundation

/// Cuts a stream of bytes into lines.
public struct LineSplitter: Sendable {
  public enum Piece: Hashable, Sendable {
    /// A line without its newline.
    case line(Data)
    /// A line over the limit has begun; the rest of it is skipped.
    case tooLong
  }

  private let bytesMax: Int
  private var partial = Data()
  private var isSkipping = false

  public init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Takes the next bytes and returns the lines that they complete.
  ///
  /// Not generic, because nobody outside of this module could have it specialised.
  public mutating func append(_ bytes: ArraySlice<UInt8>) -> [Piece] {
    var pieces: [Piece] = []
    var rest = bytes
    while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let head = rest[..<newline]
      rest = rest[rest.index(after: newline)...]
      if isSkipping {
        isSkipping = false
      } else if partial.count + head.count > bytesMax {
        pieces.append(.tooLong)
      } else if partial.isEmpty {
        pieces.append(.line(Data(head)))
      } else {
        partial.append(contentsOf: head)
        pieces.append(.line(partial))
      }
      partial = Data()
    }
    if !isSkipping {
      partial.append(contentsOf: rest)
      if partial.count > bytesMax {
        pieces.append(.tooLong)
        partial = Data()
        isSkipping = true
      }
    }
    return pieces
  }

  /// What is left at the end of the stream: a last line without newline.
  public mutating func finish() -> Data? {
    defer { partial = Data() }
    return partial.isEmpty ? nil : partial
  }
}

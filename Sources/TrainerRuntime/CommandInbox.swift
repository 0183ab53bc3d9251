import Experiments
import Foundation
import Synchronization

/// The lines of standard input, read by a thread of their own so that a computing run sees them at once.
final class CommandInbox: Sendable {
  /// A line, or the end of the input.
  enum Item: Hashable, Sendable {
    case line(Data)
    /// A line over the limit; the rest of it is skipped.
    case tooLong
    case endOfInput
  }

  private struct State {
    /// A slice, because taking its first element moves nothing.
    var items: ArraySlice<Item> = []
    var isEnded = false
  }

  private let state = Mutex(State())
  private let arrival = DispatchSemaphore(value: 0)

  /// The next item if there is one.
  func next() -> Item? {
    state.withLock { state in
      if !state.items.isEmpty { return state.items.removeFirst() }
      return state.isEnded ? .endOfInput : nil
    }
  }

  /// Whether something waits to be read.
  var hasNews: Bool { state.withLock { !$0.items.isEmpty || $0.isEnded } }

  /// Waits until something has arrived, at most so long.
  func wait(atMost duration: Duration? = nil) {
    guard !hasNews else { return }
    if let duration {
      _ = arrival.wait(timeout: .now() + duration.seconds)
    } else {
      arrival.wait()
    }
  }

  private static func item(_ piece: LineSplitter.Piece) -> Item? {
    switch piece {
    case .line(let line): line.isEmpty ? nil : .line(line)
    case .tooLong: .tooLong
    }
  }

  private func put(_ items: [Item]) {
    guard !items.isEmpty else { return }
    state.withLock { $0.items.append(contentsOf: items) }
    arrival.signal()
  }

  private func end() {
    state.withLock { $0.isEnded = true }
    arrival.signal()
  }

  /// Reads lines from a descriptor into this inbox until its end, on a thread of its own.
  ///
  /// - Parameters:
  ///   - descriptor: an open file descriptor for reading.
  ///   - lineBytesMax: a longer line is dropped, and that is reported.
  ///   - atEnd: called on the thread once the input has ended.
  func read(from descriptor: Int32, lineBytesMax: Int, atEnd: @escaping @Sendable () -> Void) {
    Thread.detachNewThread {
      var splitter = LineSplitter(bytesMax: lineBytesMax)
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = Foundation.read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        self.put(splitter.append(buffer[..<count]).compactMap(Self.item))
      }
      self.end()
      atEnd()
    }
  }
}

extension Duration {
  /// In seconds, for interfaces that want a floating-point number.
  var seconds: Double {
    let (whole, attoseconds) = components
    return Double(whole) + Double(attoseconds) * 1e-18
  }
}

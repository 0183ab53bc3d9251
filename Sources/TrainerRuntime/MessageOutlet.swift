import Experiments
import Foundation

/// Standard output: whole lines, gathered and written together.
struct MessageOutlet: ~Copyable {
  /// Nobody reads the trainer's output any more.
  struct Closed: Error {}

  /// Gathered lines are written once there are so many bytes, short of the next flush.
  private static let gatheredBytesMax = 1 << 16

  private let descriptor: Int32
  private var gathered = Data()

  init(descriptor: Int32) { self.descriptor = descriptor }

  mutating func say(_ message: TrainerMessage) throws(Closed) {
    gathered.append(TrainerLine.encode(message))
    gathered.append(UInt8(ascii: "\n"))
    if gathered.count >= Self.gatheredBytesMax { try flush() }
  }

  mutating func flush() throws(Closed) {
    guard !gathered.isEmpty else { return }
    var written = 0
    while written < gathered.count {
      let count = gathered.withUnsafeBytes { bytes in
        write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&waiting, 1, -1)
        continue
      }
      guard count > 0 else { throw Closed() }
      written += count
    }
    gathered.removeAll(keepingCapacity: true)
  }
}

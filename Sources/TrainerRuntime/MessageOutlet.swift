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
    guard writeAll(gathered, to: descriptor) else { throw Closed() }
    gathered.removeAll(keepingCapacity: true)
  }
}

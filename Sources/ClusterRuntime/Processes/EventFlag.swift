import CProcess
import Foundation
import Synchronization

/// Wakes a loop that sleeps in `Poller.wait` from another thread.
public final class EventFlag: Sendable {
  let descriptor: Int32

  public init() throws(RuntimeFailure) {
    let opened = process_open_event()
    guard opened >= 0 else { throw .system("open an event", code: -opened) }
    descriptor = opened
  }

  deinit { close(descriptor) }

  public func raise() {
    var one: UInt64 = 1
    // It fails only when the counter is full, and then the flag is up already.
    _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
  }

  func lower() {
    var count: UInt64 = 0
    // It fails only when the flag is down already.
    _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
  }
}

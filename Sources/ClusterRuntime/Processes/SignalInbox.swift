import CProcess
import Foundation

/// The signals of this process as something that a loop can wait for.
///
/// Must be opened on the main thread before any other thread starts: threads inherit the blocked
/// signals, and one that had them unblocked would die of them.
public final class SignalInbox {
  enum Signal: Equatable {
    /// SIGINT, SIGTERM or SIGHUP: the user, or whoever placed this process, wants it to end.
    ///
    /// SIGINT and SIGHUP stay ignored where they were ignored from the start.
    case stop
    /// A child has ended.
    case child
  }

  let descriptor: Int32

  public init() throws(RuntimeFailure) {
    let opened = process_open_signals()
    guard opened >= 0 else { throw .system("receive signals", code: -opened) }
    descriptor = opened
  }

  deinit { close(descriptor) }

  func next() throws(RuntimeFailure) -> Signal? {
    let number = process_next_signal(descriptor)
    if number < 0 { throw .system("receive signals", code: -number) }
    return switch number {
    case 0: nil
    case SIGCHLD: .child
    default: .stop
    }
  }

  /// Sleeps, unless somebody wants this process to end.
  ///
  /// - Parameter patience: how long to sleep.
  /// - Returns: whether to end.
  /// - Throws: `RuntimeFailure` if signals cannot be received.
  public func waitForStop(within patience: Duration) throws(RuntimeFailure) -> Bool {
    var poller = Poller()
    poller.add(descriptor)
    try poller.wait(within: patience)
    while let signal = try next() {
      if signal == .stop { return true }
    }
    return false
  }
}

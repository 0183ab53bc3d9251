import CProcess
import Foundation

/// The signals that ask a process to end.
enum EndingSignals {
  /// Calls `cleanUp` at the first of them, and ends the process by that signal, as if it were not watched.
  ///
  /// A signal that whoever started the process told it to ignore (nohup) stays ignored.
  ///
  /// - Parameter cleanUp: what is left to do; called on a thread of its own.
  /// - Throws: `FileError` if the system lends no event to wait for.
  static func watch(_ cleanUp: @escaping @Sendable () -> Void) throws(FileError) {
    let descriptor = process_open_signals()
    guard descriptor >= 0 else {
      throw FileError("signals cannot be received: \(String(cString: strerror(-descriptor)))")
    }
    let thread = Thread {
      var source = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      while true {
        _ = poll(&source, 1, -1)
        let number = process_next_signal(descriptor)
        guard number > 0, number != SIGCHLD else { continue }
        cleanUp()
        process_end_by_signal(number)
      }
    }
    thread.name = "signals"
    thread.start()
  }
}

import ClusterRuntime
import Foundation

/// Where a command's words go: results to standard output, everything else to standard error.
enum Console {
  /// Writes a line to standard output.
  static func print(_ line: String) throws(RuntimeFailure) { try write(line + "\n") }

  /// Writes text as it is to standard output.
  ///
  /// - Throws: `RuntimeFailure` if it cannot be written: what is lost must not end with exit code 0.
  static func write(_ text: String) throws(RuntimeFailure) {
    switch send(text, to: STDOUT_FILENO) {
    case 0: return
    case EPIPE: throw RuntimeFailure(.closedOutput, "nobody reads the output any more")
    case let code:
      throw RuntimeFailure(
        .surroundings, "cannot write to standard output: \(String(cString: strerror(code)))")
    }
  }

  /// Says on standard error why something cannot be done.
  static func error(_ sentence: String) { note("groksweep: \(sentence)") }

  /// Says something in passing on standard error.
  ///
  /// On a terminal it takes the place of a progress line, which another process of ours may have drawn.
  static func note(_ sentence: String) { show((isTerminal ? emptyLine : "") + sentence + "\n") }

  /// Whether standard error is a terminal.
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// What takes away the line that the cursor is in.
  static let emptyLine = "\r\u{1B}[K"

  /// Writes text as it is to standard error; nobody is left to be told when that fails.
  static func show(_ text: String) { _ = send(text, to: STDERR_FILENO) }

  /// Returns the number of the system's error, or 0.
  private static func send(_ text: String, to descriptor: Int32) -> Int32 {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        switch errno {
        case EINTR: continue
        case EAGAIN:
          var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&waiting, 1, -1)
        case let code: return code
        }
      } else {
        bytes = bytes.dropFirst(count)
      }
    }
    return 0
  }
}

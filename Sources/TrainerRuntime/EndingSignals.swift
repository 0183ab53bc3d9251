import Foundation

/// The signals that ask a process to end.
enum EndingSignals {
  private static let numbers = [SIGHUP, SIGINT, SIGTERM]

  /// Calls `cleanUp` at the first of them, and ends the process by that signal, as if it were not watched.
  ///
  /// A signal that whoever started the process told it to ignore (nohup) stays ignored.
  ///
  /// - Parameter cleanUp: what is left to do; called on a thread of its own.
  /// - Returns: the watches, to be kept.
  static func watch(
    _ cleanUp: @escaping @Sendable () -> Void
  ) -> [any DispatchSourceSignal] {
    let queue = DispatchQueue(label: "groksweep.signals")
    return numbers.compactMap { number in
      // Else the process would end before the watch is told.
      let before = signal(number, SIG_IGN)
      guard !isIgnoring(before) else { return nil }
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        cleanUp()
        signal(number, SIG_DFL)
        kill(getpid(), number)
      }
      source.resume()
      return source
    }
  }

  private static func isIgnoring(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

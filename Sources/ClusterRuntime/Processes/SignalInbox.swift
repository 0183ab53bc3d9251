import CProcess
import Foundation

/// The signals of this process as something that a loop can wait for.
///
/// Opened once a process and never closed: a signal may come until the very end.
public final class SignalInbox: Sendable {
  enum Signal: Equatable {
    /// SIGINT, SIGTERM or SIGHUP: the user, or whoever placed this process, wants it to end.
    ///
    /// Each stays ignored where it was ignored from the start.
    case stop
    /// A child has ended.
    case child
  }

  /// The exit code of commands that were told to end.
  public static let interruptedCode: Int32 = 130

  let descriptor: Int32
  private let isOver: EventFlag

  public init() throws(RuntimeFailure) {
    isOver = try EventFlag()
    let opened = process_open_signals()
    guard opened >= 0 else { throw .system("receive signals", code: -opened) }
    descriptor = opened
  }

  /// The next signal, where equal ones that have come meanwhile are one.
  ///
  /// To be asked until there is none.
  func next() throws(RuntimeFailure) -> Signal? {
    let number = process_next_signal(descriptor)
    if number < 0 { throw .system("receive signals", code: -number) }
    return switch number {
    case 0: nil
    case SIGCHLD: .child
    default: .stop
    }
  }

  /// Does work that looks at no inbox, however long it takes: a signal meanwhile ends the process.
  ///
  /// Only for work that may be broken off anywhere, as a transaction of the store may. Private folders
  /// are removed; children end with their parent.
  ///
  /// - Parameters:
  ///   - lastWords: called before the process ends with exit code 130, on a thread of its own.
  ///   - body: the work; after it signals wait in the inbox again.
  /// - Returns: what the work returns.
  /// - Throws: what the work throws.
  public func interruptibly<Value, Failure: Error>(
    _ lastWords: @escaping @Sendable () -> Void, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let end = DispatchSemaphore(value: 0)
    isOver.lower()
    let thread = Thread { [self] in
      waitForStop(lastWords)
      end.signal()
    }
    thread.name = "signals"
    thread.start()
    defer {
      isOver.raise()
      end.wait()
    }
    return try body()
  }

  /// Returns once the work is over.
  private func waitForStop(_ lastWords: () -> Void) {
    var sources = [descriptor, isOver.descriptor].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    while true {
      let count = poll(&sources, nfds_t(sources.count), -1)
      if count < 0 && errno == EINTR { continue }
      // Not through `next`: a failure has nobody to go to here, and ends the watch.
      var number = count > 0 ? process_next_signal(descriptor) : -1
      while number == SIGCHLD { number = process_next_signal(descriptor) }
      if number > 0 {
        lastWords()
        PrivateFolder.removeAll()
        _exit(Self.interruptedCode)
      }
      if number < 0 || sources[1].revents != 0 { return }
    }
  }
}

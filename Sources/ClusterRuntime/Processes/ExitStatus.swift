import Foundation

/// How a process ended.
public enum ExitStatus: Hashable, Sendable {
  case exited(Int32)
  case killed(signal: Int32)

  /// Reads what waitpid reports.
  init(waitStatus status: Int32) {
    let signal = status & 0x7F
    self = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
  }

  /// As shells number it: the exit code, or 128 and the signal.
  public var code: Int {
    switch self {
    case .exited(let code): Int(code)
    case .killed(let signal): 128 + Int(signal)
    }
  }

  /// `ended with exit code 3`, `was killed by signal 9 (out of memory, or kill -9)`.
  public var sentence: String {
    switch self {
    case .exited(let code): "ended with exit code \(code)"
    case .killed(SIGKILL): "was killed by signal 9 (out of memory, or kill -9)"
    case .killed(let signal): "was killed by signal \(signal)"
    }
  }

  /// The children of this process that have ended, each reported once.
  ///
  /// As process 1 of a container this also collects orphans that are nobody else's.
  static func collect() -> [(process: pid_t, status: ExitStatus)] {
    var ended: [(process: pid_t, status: ExitStatus)] = []
    while true {
      var status: Int32 = 0
      let process = waitpid(-1, &status, WNOHANG)
      guard process > 0 else { return ended }
      ended.append((process, ExitStatus(waitStatus: status)))
    }
  }
}

public import Foundation

/// Processes of this machine, by their numbers.
public enum ProcessState {
  /// Whether the process of a number has ended.
  ///
  /// One that nobody has asked for its exit status yet has a number still: as long as that takes, and in a
  /// container whose first process does not ask, for ever.
  ///
  /// - Parameter process: its number.
  /// - Returns: whether no program runs under it.
  public static func hasEnded(_ process: pid_t) -> Bool {
    guard process > 0 else { return false }
    if kill(process, 0) != 0 && errno == ESRCH { return true }
    // It is a zombie: `123 (name) Z …`.
    let state = FileManager.default.contents(atPath: "/proc/\(process)/stat")
      .map { String(decoding: $0, as: UTF8.self) }
    return state?.split(separator: ")").last?.hasPrefix(" Z") ?? false
  }
}

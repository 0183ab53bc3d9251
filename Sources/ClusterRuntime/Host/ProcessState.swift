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

  /// Whether a process was started as a command of this program; its number may be another's by now.
  ///
  /// - Parameters:
  ///   - process: its number.
  ///   - commands: the commands, of which its words have one.
  /// - Returns: false if it has ended, or is something else; true where nobody may see what it is.
  public static func runs(_ process: Int, as commands: Set<String>) -> Bool {
    guard let process = pid_t(exactly: process), process > 0, !hasEnded(process) else {
      return false
    }
    guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline"),
      !line.isEmpty
    else { return true }
    return line.split(separator: 0).contains {
      commands.contains(String(decoding: $0, as: UTF8.self))
    }
  }
}

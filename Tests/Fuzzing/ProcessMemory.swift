import Foundation

/// What the kernel says of a process's memory.
public enum ProcessMemory {
  /// The most that a process has had so far.
  ///
  /// - Parameter process: its id; nil for this one.
  /// - Returns: bytes; nil where nobody says.
  public static func peak(of process: Int32? = nil) -> Int? {
    let name = process.map(String.init) ?? "self"
    let status = FileManager.default.contents(atPath: "/proc/\(name)/status")
      .map { String(decoding: $0, as: UTF8.self) }
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first
      .flatMap { Int($0) }.map { $0 << 10 }
  }
}

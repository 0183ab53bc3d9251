import Foundation

/// The control groups that a process is in, of version 1 or 2, and the files of their limits.
struct ControlGroups {
  /// Where control groups are mounted.
  let root: String
  /// The folder of the process under /proc.
  let process: String

  static let own = ControlGroups(root: "/sys/fs/cgroup", process: "/proc/self")

  /// Where a controller's limits stand.
  enum Folder {
    case versionOne(String)
    case versionTwo(String)
  }

  /// The process's own group and all above it; the tightest limit on the way counts.
  ///
  /// - Parameter controller: `cpu` or `memory`.
  /// - Returns: their folders; most lack most files.
  func folders(of controller: String) -> [Folder] {
    groups(of: controller).flatMap { isVersionTwo, path in
      Self.ancestors(of: path).map {
        isVersionTwo ? .versionTwo("\(root)\($0)") : .versionOne("\(root)/\(controller)\($0)")
      }
    }
  }

  private func groups(of controller: String) -> [(isVersionTwo: Bool, path: String)] {
    guard let text = Self.contents("\(process)/cgroup") else { return [(true, "")] }
    return text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      let path = parts[2] == "/" ? "" : String(parts[2])
      if parts[1].isEmpty { return (true, path) }
      return parts[1].split(separator: ",").contains { $0 == controller } ? (false, path) : nil
    }
  }

  private static func ancestors(of path: String) -> [String] {
    var paths = [path]
    var rest = path[...]
    while let slash = rest.lastIndex(of: "/") {
      rest = rest[..<slash]
      paths.append(String(rest))
    }
    return paths
  }

  /// Nil where there is no such file: most hierarchies lack most of them.
  static func contents(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The number that is all of a file.
  static func number(_ path: String) -> Double? {
    contents(path).flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }
}

import CProcess
import Foundation

/// How many trainers a machine has room for.
public enum AvailableCores {
  /// The cores that this process may use, by affinity and by the quota of its control group.
  public static var count: Int {
    count(affinity: Int(process_affinity_count()), root: "/sys/fs/cgroup", process: "/proc/self")
  }

  /// The same for given files, so that a test can lay them out.
  ///
  /// - Parameters:
  ///   - affinity: processors in the affinity mask.
  ///   - root: where control groups are mounted.
  ///   - process: the folder of the process under /proc.
  /// - Returns: at least 1.
  public static func count(affinity: Int, root: String, process: String) -> Int {
    let quotas = groups(process: process).flatMap { controller, path in
      controller == nil
        ? ancestors(of: path).compactMap { versionTwoQuota("\(root)\($0)/cpu.max") }
        : ancestors(of: path).compactMap { versionOneQuota("\(root)/cpu\($0)") }
    }
    // A quota of 1.5 cores leaves room for one trainer, and a half for the worker.
    let quota = quotas.min().map { max(1, Int($0)) } ?? .max
    return max(1, min(affinity, quota))
  }

  /// The group of each hierarchy: nil for version 2, else the version 1 controllers.
  private static func groups(process: String) -> [(controller: String?, path: String)] {
    guard let text = contents("\(process)/cgroup") else { return [(nil, "")] }
    return text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      let path = parts[2] == "/" ? "" : String(parts[2])
      if parts[1].isEmpty { return (nil, path) }
      return parts[1].split(separator: ",").contains("cpu") ? (String(parts[1]), path) : nil
    }
  }

  /// A path and all that lie above it; the tightest quota on the way counts.
  private static func ancestors(of path: String) -> [String] {
    var paths = [path]
    var rest = path[...]
    while let slash = rest.lastIndex(of: "/") {
      rest = rest[..<slash]
      paths.append(String(rest))
    }
    return paths
  }

  /// `max 100000` or `150000 100000`.
  private static func versionTwoQuota(_ file: String) -> Double? {
    guard let parts = contents(file)?.split(whereSeparator: \.isWhitespace), parts.count == 2,
      let quota = Double(parts[0]), let period = Double(parts[1]), period > 0
    else { return nil }
    return quota / period
  }

  private static func versionOneQuota(_ folder: String) -> Double? {
    guard let quota = number("\(folder)/cpu.cfs_quota_us"), quota > 0,
      let period = number("\(folder)/cpu.cfs_period_us"), period > 0
    else { return nil }
    return quota / period
  }

  private static func number(_ file: String) -> Double? {
    contents(file).flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  /// Nil where there is no such file: most hierarchies lack most of them.
  private static func contents(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}

import CProcess
import Foundation

/// How many trainers this machine's processors have room for.
public enum AvailableCores {
  /// The cores that this process may use: by affinity, by the quota of its control group, and by what
  /// Slurm has given its job.
  public static var count: Int {
    count(
      affinity: Int(process_affinity_count()), environment: ProcessInfo.processInfo.environment,
      root: ControlGroups.own.root, process: ControlGroups.own.process)
  }

  /// The same for given files, so that a test can lay them out.
  ///
  /// - Parameters:
  ///   - affinity: processors in the affinity mask.
  ///   - environment: the variables of the process.
  ///   - root: where control groups are mounted.
  ///   - process: the folder of the process under /proc.
  /// - Returns: at least 1.
  public static func count(
    affinity: Int, environment: [String: String], root: String, process: String
  ) -> Int {
    let quotas = ControlGroups(root: root, process: process).folders(of: "cpu")
      .compactMap { limit(in: $0) }
    // A quota of 1.5 cores leaves room for one trainer, and a half for the worker.
    let quota = quotas.min().map { max(1, Int($0)) } ?? .max
    return max(1, min(affinity, quota, SlurmJob(environment)?.cores ?? .max))
  }

  private static func limit(in folder: ControlGroups.Folder) -> Double? {
    switch folder {
    case .versionTwo(let path): versionTwoQuota("\(path)/cpu.max")
    case .versionOne(let path): versionOneQuota(path)
    }
  }

  /// `max 100000` or `150000 100000`.
  private static func versionTwoQuota(_ file: String) -> Double? {
    guard let parts = ControlGroups.contents(file)?.split(whereSeparator: \.isWhitespace),
      parts.count == 2, let quota = Double(parts[0]), let period = Double(parts[1]), period > 0
    else { return nil }
    return quota / period
  }

  private static func versionOneQuota(_ folder: String) -> Double? {
    guard let quota = ControlGroups.number("\(folder)/cpu.cfs_quota_us"), quota > 0,
      let period = ControlGroups.number("\(folder)/cpu.cfs_period_us"), period > 0
    else { return nil }
    return quota / period
  }
}

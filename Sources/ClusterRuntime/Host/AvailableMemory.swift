import Foundation

/// How much memory this process and the trainers that it starts may take together.
public enum AvailableMemory {
  /// The machine's memory, the limit of the control group or what Slurm has given the job, whichever is
  /// least, in bytes; nil if nobody says.
  public static var bytes: Int? {
    bytes(
      machine: "/proc/meminfo", environment: ProcessInfo.processInfo.environment,
      root: ControlGroups.own.root, process: ControlGroups.own.process)
  }

  /// The same for given files, so that a test can lay them out.
  ///
  /// - Parameters:
  ///   - machine: what the system says of its memory.
  ///   - environment: the variables of the process.
  ///   - root: where control groups are mounted.
  ///   - process: the folder of the process under /proc.
  /// - Returns: bytes; nil if nobody says.
  public static func bytes(
    machine: String, environment: [String: String], root: String, process: String
  ) -> Int? {
    let total = (ControlGroups.contents(machine) ?? "").split(separator: "\n")
      .first { $0.hasPrefix("MemTotal:") }
      .flatMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }
      .map { $0 << 10 }
    let limits = ControlGroups(root: root, process: process).folders(of: "memory")
      .compactMap { limit(in: $0) }
    return (limits + [total, SlurmJob(environment)?.memoryBytes].compactMap { $0 }).min()
  }

  /// How many trainers there is room for.
  ///
  /// - Parameters:
  ///   - bytesPerTrainer: what each may take.
  ///   - bytes: what there is for all; nil for no bound.
  /// - Returns: at least 1.
  public static func trainers(bytesPerTrainer: Int, in bytes: Int?) -> Int {
    bytes.map { max(1, $0 / bytesPerTrainer) } ?? .max
  }

  private static func limit(in folder: ControlGroups.Folder) -> Int? {
    let file =
      switch folder {
      case .versionTwo(let path): "\(path)/memory.max"
      case .versionOne(let path): "\(path)/memory.limit_in_bytes"
      }
    // `max` in version 2, and a number beyond every machine's memory in version 1, are no limit.
    return ControlGroups.contents(file)
      .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
      .flatMap { $0 > 0 ? $0 : nil }
  }
}

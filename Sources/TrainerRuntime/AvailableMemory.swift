import Foundation
import Training

/// The memory that this process may still take.
enum AvailableMemory {
  /// A machine that cannot give this much could not have started the process.
  private static let alwaysThere = 16 << 20

  /// - Parameters:
  ///   - needed: what a run takes, in bytes.
  ///   - available: what there is, in bytes; nil to look.
  /// - Throws: `TrainingError` that names both if the run does not fit.
  static func check(needed: Int, available: Int?) throws(TrainingError) {
    // To look takes longer than many a short run.
    guard available != nil || needed > alwaysThere else { return }
    guard let available = available ?? measured(), needed > available else { return }
    throw TrainingError(
      "the run needs \(needed) bytes of memory, \(available) bytes are available; "
        + "choose smaller sizes")
  }

  /// What the system would give without swapping, and no more than the control group's limit; nil if
  /// neither is told here.
  private static func measured() -> Int? {
    let free = contents("/proc/meminfo").split(separator: "\n")
      .first { $0.hasPrefix("MemAvailable:") }
      .flatMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }
      .map { $0 << 10 }
    let group = contents("/proc/self/cgroup").split(separator: "\n")
      .first { $0.hasPrefix("0::") }
      .map { String($0.dropFirst(3)) }
    let limits = ["", group ?? ""].compactMap { group in
      Int(
        contents("/sys/fs/cgroup\(group)/memory.max")
          .trimmingCharacters(in: .whitespacesAndNewlines))
    }
    return ([free] + limits).compactMap { $0 }.min()
  }

  /// A file of the system as text; empty if it is not there, as on systems that do not keep it.
  private static func contents(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

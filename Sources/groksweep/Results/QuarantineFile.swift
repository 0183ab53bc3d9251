import ClusterRuntime
import Coordination
import Experiments
import Foundation

/// The list of quarantined machines, which a coordinator leaves for the next one.
///
/// Beside the store and not in it: a user may see and change it while no coordinator runs.
struct QuarantineFile {
  let path: String

  private static let head = """
    # Machines that are given no runs, one a line, because runs failed there that succeeded elsewhere.
    # groksweep readmit MACHINE lets one in again.

    """

  /// The machines on the list; none where there is no file.
  func hosts() throws(RuntimeFailure) -> [String] {
    guard try Folders.isThere(path) else { return [] }
    return try Folders.text(of: path).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty && !$0.hasPrefix("#") }
  }

  /// Notes what has happened to a machine.
  func note(_ notice: Coordinator.Notice) throws(RuntimeFailure) {
    switch notice {
    case .nodeQuarantined(let host, _): try write(hosts().filter { $0 != host } + [host])
    case .nodeReadmitted(let host): try write(hosts().filter { $0 != host })
    default: break
    }
  }

  private func write(_ hosts: [String]) throws(RuntimeFailure) {
    guard !hosts.isEmpty else {
      // Missing where a suspect was let in that had not been quarantined.
      unlink(path)
      return
    }
    try Folders.write((Self.head + hosts.map { "\($0)\n" }.joined()).utf8, to: path)
  }
}

import ClusterRuntime
import Foundation
import Launching

/// The folder `launch` in that of the results: what was started, where, and what it said.
struct LaunchFolder {
  let results: ResultsFolder

  var path: String { "\(results.path)/launch" }
  var coordinatorLog: String { "\(path)/coordinator.log" }
  var coordinatorProcess: String { "\(path)/coordinator.pid" }
  /// The machines that workers were started on over ssh.
  var hosts: String { "\(path)/ssh.hosts" }
  /// The batch script of a launch; two at the same moment do not share one.
  func batchScript(of key: KeyName) -> String { "\(path)/\(key).sh" }
  /// The numbers of the jobs that were submitted.
  var jobs: String { "\(path)/slurm.jobs" }

  /// The batch script of a coordinator that is a job itself, and that job's number.
  var coordinatorScript: String { "\(path)/slurm-coordinator.sh" }
  var coordinatorJob: String { "\(path)/slurm-coordinator.job" }

  /// The numbers of jobs that stand in a file of this folder.
  func jobNumbers(in file: String) -> [String] {
    (text(of: file) ?? "").split(whereSeparator: \.isNewline).map(String.init)
  }

  func make() throws(RuntimeFailure) {
    try results.makeWritable()
    try Folders.make(path)
  }

  /// Large lists of machines out of reach take so long.
  private static let patience: Duration = .seconds(3600)

  /// Lets one launch or its end at a time start, end and record things.
  ///
  /// - Returns: what is held for so long; nil where nothing was launched, and so nothing can be in the way.
  /// - Throws: a sentence, if another one does not end.
  func lock() throws(RuntimeFailure) -> LockedFile? {
    guard access(path, F_OK) == 0 else { return nil }
    let lock = try LockedFile.waiting(
      for: "\(path)/.lock", within: Self.patience,
      onWait: { Console.note("another launch is at work in \(path); this one waits for it") })
    guard let lock else {
      throw RuntimeFailure(
        .surroundings,
        "\(path): another launch has not ended after \(Self.patience.components.seconds) s")
    }
    return lock
  }

  /// A file of this folder, or nil where there is none.
  func text(of file: String) -> String? {
    FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Writes a file; an empty text removes it.
  func write(_ text: String, to file: String) throws(RuntimeFailure) {
    if text.isEmpty {
      unlink(file)
    } else {
      try Folders.write(text.utf8, to: file)
    }
  }

  /// Whether jobs of Slurm are still recorded.
  var hasJobs: Bool { access(jobs, F_OK) == 0 || access(coordinatorJob, F_OK) == 0 }

  /// Whether workers of any engine are still recorded.
  var hasWorkers: Bool { access(hosts, F_OK) == 0 || access(jobs, F_OK) == 0 }
}

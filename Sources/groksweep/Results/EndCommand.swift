import ClusterRuntime
import Coordination
import Foundation
import ResultStore

/// The user's command of `--when-done` where the coordinator stays: run whenever every run has ended.
///
/// A mark in the results folder says for which sweeps it is due. It is there from when a sweep is taken in until the command
/// has ended, so that the next coordinator runs it if this one is killed before.
final class EndCommand {
  static let purpose = "--when-done"

  private let command: String
  private let results: ResultsFolder
  private let background: BackgroundCommands
  private let onProblem: (String) -> Void
  /// Whether it is to be run at the next end of all runs, or has been asked for and has not ended.
  private var isDue: Bool
  /// Whether it is due once more since it was run last.
  private var isDueAgain = false
  /// How often it is under way, or waits for that.
  private var pending = 0
  /// Whether this coordinator has seen every run ended.
  private var hasEnded = false

  /// Finds out whether it is due since before.
  ///
  /// - Parameters:
  ///   - command: what a shell is told.
  ///   - results: the folder with the mark.
  ///   - background: runs it.
  ///   - onProblem: called with a sentence if the mark cannot be written.
  /// - Throws: `RuntimeFailure` if the folder cannot be looked into.
  init(
    _ command: String, results: ResultsFolder, background: BackgroundCommands,
    onProblem: @escaping (String) -> Void
  ) throws(RuntimeFailure) {
    self.command = command
    self.results = results
    self.background = background
    self.onProblem = onProblem
    isDue = try Folders.isThere(results.dueFile)
  }

  /// A sweep was taken in.
  ///
  /// - Parameters:
  ///   - isDone: whether nothing of it is left to compute.
  ///   - names: the sweeps that are worked on.
  func noteSweep(isDone: Bool, of names: [String]) {
    // One of which nothing is left has no end of its own, unless it is what all begins with.
    if !isDone || !hasEnded { noteDue(names) }
  }

  private func noteDue(_ names: [String]) {
    (isDue, isDueAgain) = (true, true)
    do throws(RuntimeFailure) {
      try Folders.write(names.map { "\($0)\n" }.joined().utf8, to: results.dueFile)
    } catch {
      onProblem(
        "\(error); a coordinator that starts later would not run the command of --when-done")
    }
  }

  /// Every run has ended: what was done when this coordinator started has been told by the one before.
  func noteEnd(failedRuns: Int, of names: [String]) {
    defer { hasEnded = true }
    guard isDue || hasEnded else { return }
    noteDue(names)
    run(failedRuns: failedRuns)
  }

  /// Runs it for sweeps whose end a coordinator before this one did not live to see, or not that of the command.
  ///
  /// - Returns: whether it was due.
  /// - Throws: `RuntimeFailure` if the mark or the store cannot be read.
  func catchUp(with store: ResultStore) throws(RuntimeFailure) -> Bool {
    guard isDue else { return false }
    var failedRuns = 0
    for name in try Folders.text(of: results.dueFile).split(separator: "\n") {
      failedRuns += try withStoreErrors { () throws(StoreError) in
        try store.counts(ofSweep: String(name)).failed
      }
    }
    run(failedRuns: failedRuns)
    return true
  }

  private func run(failedRuns: Int) {
    isDueAgain = false
    let isNew = background.submit(
      ["/usr/bin/env", "GROKSWEEP_FAILED=\(failedRuns)", "/bin/sh", "-c", command],
      for: Self.purpose)
    if isNew { pending += 1 }
  }

  /// The coordinator ends as it should, and has told the command to end if it was under way: that may be what ended it.
  func noteInterruption() {
    if background.brokenOff == Self.purpose { noteDone() }
  }

  /// The command has ended.
  func noteDone() {
    pending -= 1
    guard pending == 0, !isDueAgain else { return }
    isDue = false
    // Missing when it could not be written.
    unlink(results.dueFile)
  }
}

import ArgumentParser
import ClusterRuntime
import Coordination
import Experiments
import Foundation
import ResultStore

/// The last words of a sweep: its map, or how to continue.
enum SweepEnding {
  /// Draws the maps of a finished session, or says how to go on, and exits as the outcome demands.
  static func conclude(_ ending: SweepSession.Ending, of session: SweepSession) throws {
    let names = ending.names
    switch ending.outcome {
    case .interrupted:
      for name in names { try sayHowFar(name, ending.store, session.results) }
      sayHowToContinue()
      throw ExitCode.interrupted
    case .complete(let failedRuns):
      let drawing = names.map { command(drawing: $0, session.results) }
      try session.signals.interruptibly({
        Console.note("interrupted; the maps can be drawn with: \(drawing.joined(separator: "; "))")
      }) {
        for name in names {
          try MapDrawing.drawSweep(named: name, from: ending.store, into: session.results)
        }
      }
      if failedRuns > 0 { try listFailures(ending.store, sweeps: names) }
      if let command = session.whenDone {
        session.signals.interruptibly({
          Console.note("interrupted during --when-done; every run has ended")
        }) { runWhenDone(command, failedRuns: failedRuns) }
        // It may have been due since a coordinator that was to stay, and has been run now.
        unlink(session.results.dueFile)
      }
      guard failedRuns > 0 else { return }
      throw ExitCode.someRunsFailed
    }
  }

  /// Runs what the user asked for; its failure is said, and changes nothing about the sweep.
  private static func runWhenDone(_ command: String, failedRuns: Int) {
    var environment = ProcessInfo.processInfo.environment
    environment["GROKSWEEP_FAILED"] = "\(failedRuns)"
    do throws(RuntimeFailure) {
      let status = try ChildCommand.runInForeground(
        ["/bin/sh", "-c", command], environment: environment)
      if status != .exited(0) { Console.note("--when-done: `\(command)` \(status.sentence)") }
    } catch {
      Console.note("--when-done: \(error)")
    }
  }

  /// The last words of a command that was told to end.
  @Sendable static func sayHowToContinue() {
    Console.note("interrupted; continue with: \(ShellText.command(CommandLine.arguments))")
  }

  private static func sayHowFar(
    _ name: String, _ store: ResultStore, _ results: ResultsFolder
  ) throws(RuntimeFailure) {
    let counts = try withStoreErrors { () throws(StoreError) in try store.counts(ofSweep: name) }
    var sentence = "\(name): \(counts.finished) of \(counts.total) runs are done"
    // Not drawn here: whoever presses Ctrl-C does not wait for gnuplot.
    if counts.finished > 0 { sentence += "; their map: \(command(drawing: name, results))" }
    Console.note(sentence)
  }

  private static func command(drawing name: String, _ results: ResultsFolder) -> String {
    ShellText.command([CommandLine.arguments[0], "map", name, "--results", results.path])
  }

  private static func listFailures(_ store: ResultStore, sweeps: [String]) throws(RuntimeFailure) {
    let shown = 5
    for name in sweeps {
      let runs = try withStoreErrors { () throws(StoreError) in try store.runs(ofSweep: name) }
      let failures = runs.compactMap { run -> (RunKey, String)? in
        if case .failed(let reason) = run.status { (run.key, reason) } else { nil }
      }
      guard !failures.isEmpty else { continue }
      Console.note("\(name): \(failures.count) of \(runs.count) runs failed")
      for (key, reason) in failures.prefix(shown) {
        Console.note("  groksweep show \(key.abbreviation): \(reason)")
      }
      if failures.count > shown { Console.note("  and \(failures.count - shown) more") }
      Console.note("--retry-failed tries them again")
    }
  }
}

/// Words as a shell takes them.
enum ShellText {
  /// A command line that can be pasted into a shell.
  static func command(_ words: [String]) -> String {
    words.map { word in
      let isPlain =
        !word.isEmpty
        && word.unicodeScalars.allSatisfy { scalar in
          scalar.isASCII
            && (scalar.properties.isAlphabetic
              || "0123456789-_./=,:+%@".unicodeScalars.contains(scalar))
        }
      return isPlain ? word : "'\(word.replacingOccurrences(of: "'", with: "'\\''"))'"
    }.joined(separator: " ")
  }
}

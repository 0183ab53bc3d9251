import ClusterRuntime
import Coordination
import Foundation

/// Shows how far a sweep is: a line that is written over on a terminal, a line now and then in a file.
final class ProgressDisplay {
  private let isTerminal: Bool
  private var nextLogLine: MonotonicInstant
  private var lastLine = ""
  private var hasLine = false

  /// A log file is read by people and by `tail -f`: a line this often.
  private static let logInterval: Duration = .seconds(5)

  init(at now: MonotonicInstant) {
    isTerminal = isatty(STDERR_FILENO) == 1
    nextLogLine = now + .seconds(2)
  }

  func show(_ progress: Coordination.Progress, at now: MonotonicInstant) {
    if isTerminal {
      let line = progress.line(width: TerminalWidth.columns)
      guard line != lastLine else { return }
      lastLine = line
      hasLine = true
      Console.write("\r\u{1B}[K" + line, to: .standardError)
    } else if now >= nextLogLine {
      nextLogLine = now + Self.logInterval
      Console.note(progress.logLine)
    }
  }

  /// Prints a sentence without tearing the progress line.
  func note(_ sentence: String) {
    clear()
    Console.note(sentence)
  }

  /// Takes the progress line away, so that what follows starts at the margin.
  func clear() {
    guard hasLine else { return }
    Console.write("\r\u{1B}[K", to: .standardError)
    hasLine = false
    lastLine = ""
  }
}

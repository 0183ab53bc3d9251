import ClusterRuntime
import Coordination
import Foundation

/// Shows how far a sweep is: a line that is written over on a terminal, a line now and then in a file.
final class ProgressDisplay {
  private var nextLogLine: MonotonicInstant
  /// When a line is printed even if nothing has changed.
  private var nextSignOfLife: MonotonicInstant
  private var lastLogged: Coordination.Progress?
  private var lastLine = ""
  private var hasLine = false

  /// A log file is read by people and by `tail -f`: a line this often.
  private static let logInterval: Duration = .seconds(5)
  private static let signOfLifeInterval: Duration = .seconds(60)

  init(at now: MonotonicInstant) {
    nextLogLine = now + .seconds(2)
    nextSignOfLife = nextLogLine
  }

  func show(_ progress: Coordination.Progress, at now: MonotonicInstant) {
    if Console.isTerminal {
      let line = progress.line(width: TerminalWidth.columns)
      guard line != lastLine else { return }
      lastLine = line
      hasLine = true
      Console.show(Console.emptyLine + line)
    } else if now >= nextLogLine {
      // Rate and time left always change, and say nothing while the rest stays the same.
      var counted = progress
      counted.rate = 0
      counted.timeLeft = nil
      guard counted != lastLogged || now >= nextSignOfLife else { return }
      lastLogged = counted
      nextLogLine = now + Self.logInterval
      nextSignOfLife = now + Self.signOfLifeInterval
      Console.note(progress.logLine)
    }
  }

  /// Prints a sentence in place of the progress line, which comes again below it.
  func note(_ sentence: String) {
    Console.note(sentence)
    hasLine = false
    lastLine = ""
  }

  /// Takes the progress line away, so that what follows starts at the margin.
  func clear() {
    guard hasLine else { return }
    Console.show(Console.emptyLine)
    hasLine = false
    lastLine = ""
  }
}

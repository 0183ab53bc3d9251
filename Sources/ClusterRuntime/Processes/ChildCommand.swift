import Coordination
import CProcess
import Foundation

/// A program that is run to its end, with a limit on how long it may take.
public enum ChildCommand {
  /// What a program did.
  public struct Result: Sendable {
    public var status: ExitStatus
    /// All that it printed on standard output and standard error.
    public var output: String
    public var ranOutOfTime: Bool
  }

  /// Output beyond this is read and dropped.
  private static let outputBytesMax = 1 << 20

  /// Whether a program can be found.
  public static func exists(_ name: String, environment: [String: String]) -> Bool {
    let path = ChildProcess.path(of: name, searching: environment["PATH"])
    return path.contains("/") && access(path, X_OK) == 0
  }

  /// Runs a program without input.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - environment: all of its environment.
  ///   - limit: after this long it is killed.
  /// - Returns: how it ended and what it printed.
  /// - Throws: `RuntimeFailure` if it cannot be started.
  public static func run(
    _ command: [String], environment: [String: String], limit: Duration
  ) throws(RuntimeFailure) -> Result {
    let child = try ChildProcess(command, environment: environment, input: .null)
    let end = MonotonicClock.now + limit
    var output: [UInt8] = []
    var poller = Poller()
    var ranOutOfTime = false
    while child.output != nil || child.error != nil {
      poller.removeAll()
      for stream in [child.output, child.error] { if let stream { poller.add(stream) } }
      try poller.wait(within: max(.zero, end - MonotonicClock.now))
      for side in [ChildProcess.Side.error, .output] {
        let (bytes, _) = child.read(side)
        if output.count < outputBytesMax { output += bytes }
      }
      if MonotonicClock.now >= end {
        ranOutOfTime = true
        break
      }
    }
    if ranOutOfTime { child.signal(SIGKILL) }
    return Result(
      status: child.waitForExit(), output: String(decoding: output, as: UTF8.self),
      ranOutOfTime: ranOutOfTime)
  }
}

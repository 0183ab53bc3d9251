import Coordination
import CProcess
public import Foundation

/// A program that is run to its end, with a limit on how long it may take.
public enum ChildCommand {
  /// What a program did.
  public struct Result: Sendable {
    public var status: ExitStatus
    /// All that it printed on standard output and standard error.
    public var output: String
    /// What of it was on standard output.
    public var answer: String
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
    try run([command], environment: environment, limit: limit)[0]
  }

  /// Runs several programs at once; those that are still running after the limit are killed.
  ///
  /// - Parameters:
  ///   - commands: each program and its arguments.
  ///   - inputs: what each reads on its standard input; nothing if empty. The caller ignores SIGPIPE.
  ///   - environment: all of their environment.
  ///   - limit: after this long they are killed.
  /// - Returns: what each did, in their order.
  /// - Throws: `RuntimeFailure` if one cannot be started; the others are killed then.
  public static func run(
    _ commands: [[String]], inputs: [Data] = [], environment: [String: String], limit: Duration
  ) throws(RuntimeFailure) -> [Result] {
    precondition(
      inputs.isEmpty || inputs.count == commands.count,
      "\(inputs.count) inputs for \(commands.count) commands")
    var running: [Running] = []
    defer { for program in running { program.kill() } }
    for (index, command) in commands.enumerated() {
      let child = try ChildProcess(
        command, environment: environment, input: inputs.isEmpty ? .null : .pipe)
      running.append(Running(child: child))
      if !inputs.isEmpty { running[index].tell(inputs[index]) }
    }
    let end = MonotonicClock.now + limit
    var poller = Poller()
    while running.contains(where: \.isTalking), MonotonicClock.now < end {
      poller.removeAll()
      for program in running {
        for stream in [program.child.output, program.child.error] {
          if let stream { poller.add(stream) }
        }
        if let input = program.child.input, program.child.hasUnwritten {
          poller.add(input, forWriting: true)
        }
      }
      try poller.wait(within: max(.zero, end - MonotonicClock.now))
      for program in running { program.talk(bytesMax: outputBytesMax) }
    }
    return running.map { $0.end() }
  }

  /// Runs a program to its end on this process's own standard streams, without input.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - environment: all of its environment.
  /// - Returns: how it ended.
  /// - Throws: `RuntimeFailure` if it cannot be started.
  public static func runInForeground(
    _ command: [String], environment: [String: String]
  ) throws(RuntimeFailure) -> ExitStatus {
    try ChildProcess(
      command, environment: environment, input: .null, output: .inherited, error: .inherited
    ).waitForExit()
  }

  /// A program under way.
  private final class Running {
    let child: ChildProcess
    private var output: [UInt8] = []
    private var answer: [UInt8] = []
    private var hasEnded = false

    init(child: ChildProcess) { self.child = child }

    var isTalking: Bool { child.output != nil || child.error != nil }

    func tell(_ input: Data) {
      child.write(line: input)
      closeWhenTold()
    }

    func talk(bytesMax: Int) {
      if child.hasUnwritten { child.flush() }
      closeWhenTold()
      for side in [ChildProcess.Side.error, .output] {
        let (bytes, _) = child.read(side)
        guard output.count < bytesMax else { continue }
        output += bytes
        if side == .output { answer += bytes }
      }
    }

    /// A program that reads to the end waits for it.
    private func closeWhenTold() {
      if !child.hasUnwritten { child.closeInput() }
    }

    func kill() {
      guard !hasEnded else { return }
      child.signal(SIGKILL)
      _ = child.waitForExit()
    }

    /// Waits for a program that has said all, and kills one that has not.
    func end() -> Result {
      let ranOutOfTime = isTalking
      if ranOutOfTime { child.signal(SIGKILL) }
      hasEnded = true
      return Result(
        status: child.waitForExit(), output: String(decoding: output, as: UTF8.self),
        answer: String(decoding: answer, as: UTF8.self), ranOutOfTime: ranOutOfTime)
    }
  }
}

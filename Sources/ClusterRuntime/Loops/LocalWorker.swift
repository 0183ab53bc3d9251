import Coordination
import Foundation

/// The worker process of a local run: started again when it dies, ended with its parent.
public final class LocalWorker {
  private let command: (String) -> [String]
  private let environment: [String: String]
  private var address = ""
  private var child: ChildProcess?
  private var startedAt = MonotonicClock.now
  private var earlyDeaths = 0
  /// When it is started again, if it has died.
  private(set) var restartDue: MonotonicInstant?

  /// A worker that dies this early did not get to work.
  private static let earlyDeath: Duration = .seconds(5)
  /// After this many early deaths in a row something is wrong with this machine.
  private static let earlyDeathsMax = 5

  /// Describes a worker that is started later.
  ///
  /// - Parameters:
  ///   - environment: its environment.
  ///   - command: its program and arguments, given the address to connect to.
  public init(environment: [String: String], command: @escaping (String) -> [String]) {
    self.environment = environment
    self.command = command
  }

  var isRunning: Bool { child != nil }

  func start(connectingTo address: String) throws(RuntimeFailure) {
    self.address = address
    try start()
  }

  /// Starts the worker again once its pause is over.
  func restartIfDue(at now: MonotonicInstant) throws(RuntimeFailure) {
    guard let restartDue, now >= restartDue else { return }
    try start()
  }

  private func start() throws(RuntimeFailure) {
    restartDue = nil
    startedAt = MonotonicClock.now
    child = try ChildProcess(
      command(address), environment: environment, input: .null, output: .inherited,
      error: .inherited)
  }

  /// Takes note that a child of this process has ended.
  ///
  /// - Parameters:
  ///   - process: which; others than this worker are ignored.
  ///   - status: how.
  ///   - isExpected: whether it was told to end.
  /// - Throws: `RuntimeFailure` if it keeps dying.
  func noteExit(
    of process: pid_t, status: ExitStatus, isExpected: Bool
  ) throws(RuntimeFailure) {
    guard let child, child.processIdentifier == process else { return }
    self.child = nil
    if isExpected || status == .exited(0) { return }
    let now = MonotonicClock.now
    earlyDeaths = now - startedAt < Self.earlyDeath ? earlyDeaths + 1 : 0
    guard earlyDeaths < Self.earlyDeathsMax else {
      throw RuntimeFailure(
        .surroundings,
        "the worker on this machine \(status.sentence), \(earlyDeaths) times in a row")
    }
    restartDue = now + .milliseconds(earlyDeaths == 0 ? 0 : 200)
  }

  /// Tells the worker to end; it gives back what it holds first.
  func terminate() { child?.signal(SIGTERM) }

  func kill() {
    child?.signal(SIGKILL)
    child = nil
    restartDue = nil
  }
}

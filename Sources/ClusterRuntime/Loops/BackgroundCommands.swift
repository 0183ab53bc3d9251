import Foundation

/// Programs that run beside a loop, one after the other, and never hold it up.
public final class BackgroundCommands {
  private let environment: [String: String]
  private let onFailure: (String) -> Void
  private var waiting: [[String]] = []
  private var current: (command: [String], process: ChildProcess)?

  /// Makes a queue that is empty.
  ///
  /// - Parameters:
  ///   - environment: what every program gets.
  ///   - onFailure: called with a sentence about a program that failed; the loop goes on.
  public init(environment: [String: String], onFailure: @escaping (String) -> Void) {
    self.environment = environment
    self.onFailure = onFailure
  }

  /// Runs a program, silently, once those before it have ended; one that waits already is run once.
  public func submit(_ command: [String]) {
    if !waiting.contains(command) { waiting.append(command) }
    startNext()
  }

  private func startNext() {
    while current == nil, !waiting.isEmpty {
      let command = waiting.removeFirst()
      do throws(RuntimeFailure) {
        // It removes what it has begun when it is told to end, as a loop that ends early tells it.
        let process = try ChildProcess(
          command, environment: environment, input: .null, output: .null, error: .null,
          deathSignal: SIGTERM)
        current = (command, process)
      } catch {
        onFailure(error.sentence)
      }
    }
  }

  func noteExit(of process: pid_t, status: ExitStatus) {
    guard let (command, child) = current, child.processIdentifier == process else { return }
    current = nil
    if status != .exited(0) { onFailure("`\(command.joined(separator: " "))` \(status.sentence)") }
    startNext()
  }

  /// Tells the program under way to end, and starts no more.
  func end() {
    waiting = []
    current?.process.signal(SIGTERM)
    current = nil
  }
}

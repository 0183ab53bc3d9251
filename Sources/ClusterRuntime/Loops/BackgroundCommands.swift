import Foundation

/// Programs that run beside a loop, one after the other, and never hold it up.
public final class BackgroundCommands {
  private let environment: [String: String]
  private let onFailure: (String) -> Void
  /// The purpose of the program that was told to end, if one was under way then.
  public private(set) var brokenOff: String?
  /// Called with the purpose of each program that has ended by itself.
  public var onEnd: (String) -> Void = { _ in }
  private var waiting: [Entry] = []
  private var current: (entry: Entry, process: ChildProcess)?

  private struct Entry: Equatable {
    let command: [String]
    let purpose: String
  }

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
  ///
  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - purpose: what it is for, with which the sentence begins if it fails.
  /// - Returns: false if one like it waits already.
  @discardableResult
  public func submit(_ command: [String], for purpose: String) -> Bool {
    let entry = Entry(command: command, purpose: purpose)
    let isNew = !waiting.contains(entry)
    if isNew { waiting.append(entry) }
    startNext()
    return isNew
  }

  private func startNext() {
    while current == nil, !waiting.isEmpty {
      let entry = waiting.removeFirst()
      do throws(RuntimeFailure) {
        // It removes what it has begun when it is told to end, as a loop that ends early tells it.
        let process = try ChildProcess(
          entry.command, environment: environment, input: .null, output: .null, error: .null,
          deathSignal: SIGTERM)
        current = (entry, process)
      } catch {
        onFailure("\(entry.purpose): \(error.sentence)")
      }
    }
  }

  func noteExit(of process: pid_t, status: ExitStatus) {
    guard let (entry, child) = current, child.processIdentifier == process else { return }
    current = nil
    if status != .exited(0) {
      let command = entry.command.joined(separator: " ")
      onFailure("\(entry.purpose): `\(command)` \(status.sentence)")
    }
    onEnd(entry.purpose)
    startNext()
  }

  /// Tells the program under way to end, and starts no more.
  func end() {
    waiting = []
    brokenOff = current?.entry.purpose
    current?.process.signal(SIGTERM)
    current = nil
  }
}

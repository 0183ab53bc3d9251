public import Experiments
import Foundation

/// One trainer process that computes one run for somebody who watches.
public final class ForegroundTrainer {
  /// How the run ended.
  public enum Ending {
    case finished(RunSummary)
    case failed(String)
    case interrupted
  }

  /// How long a trainer that is stopped may take to save its run.
  private static let savingTime = Duration.seconds(8)

  private let signals: SignalInbox
  private let slot: TrainerSlot
  private let command: [String]
  private let environment: [String: String]

  /// Describes a trainer that `run` starts.
  ///
  /// - Parameters:
  ///   - command: the trainer's program and arguments.
  ///   - environment: its environment.
  ///   - folder: where it writes its checkpoints.
  ///   - signals: the signals of this process.
  /// - Throws: `RuntimeFailure` if the folder cannot be made.
  public init(
    _ command: [String], environment: [String: String], folder: String, signals: SignalInbox
  ) throws(RuntimeFailure) {
    self.command = command
    self.environment = environment
    self.signals = signals
    slot = try TrainerSlot(index: 0, folder: folder)
  }

  /// Runs the order to its end.
  ///
  /// - Parameters:
  ///   - order: the run.
  ///   - savesWhenStopped: whether a run that is interrupted says a checkpoint before; a second signal does not wait for it.
  ///   - onMessage: called with everything that the trainer says; what it throws ends the trainer.
  ///   - onLog: called with the lines that are no messages.
  /// - Returns: how it ended.
  /// - Throws: `RuntimeFailure` if the trainer cannot be started, and what `onMessage` throws.
  public func run(
    _ order: RunOrder, savesWhenStopped: Bool = false,
    onMessage: (TrainerMessage) throws(RuntimeFailure) -> Void,
    onLog: (String) -> Void
  ) throws(RuntimeFailure) -> Ending {
    try slot.start(command, environment: environment)
    defer { slot.kill() }
    slot.tell(.run(order))
    var poller = Poller()
    let clock = ContinuousClock()
    var stopsAt: ContinuousClock.Instant?
    while true {
      poller.removeAll()
      let signalIndex = poller.add(signals.descriptor)
      if let process = slot.process {
        for stream in [process.output, process.error] { if let stream { poller.add(stream) } }
        if let input = process.input, process.hasUnwritten { poller.add(input, forWriting: true) }
      }
      try poller.wait(within: stopsAt.map { max(.zero, $0 - clock.now) })
      slot.process?.flush()
      if poller.isReady(signalIndex), try receivesStop() {
        guard savesWhenStopped, stopsAt == nil else { return .interrupted }
        stopsAt = clock.now + Self.savingTime
        slot.tell(.save(order.key))
      }
      if let stopsAt, clock.now >= stopsAt { return .interrupted }
      for output in slot.readOutput() {
        switch output {
        case .message(let message):
          try onMessage(message)
          if let ending = Self.ending(message) { return ending }
          if stopsAt != nil, Self.answersSaving(message) { return .interrupted }
        case .log(let line): onLog(line)
        case .malformed(let problem): return .failed("the trainer said \(problem)")
        }
      }
      if slot.process?.output == nil, let status = slot.takeExit() {
        return .failed("the trainer \(status.sentence)")
      }
    }
  }

  private func receivesStop() throws(RuntimeFailure) -> Bool {
    var stops = false
    while let signal = try signals.next() { stops = stops || signal == .stop }
    for (process, status) in ExitStatus.collect() { slot.noteExit(of: process, status: status) }
    return stops
  }

  private static func ending(_ message: TrainerMessage) -> Ending? {
    switch message {
    case .finished(_, let summary): .finished(summary)
    case .failed(_, let reason), .refused(_, _, let reason): .failed(reason)
    case .ready, .record, .progress, .checkpoint, .checkpointFailed: nil
    }
  }

  private static func answersSaving(_ message: TrainerMessage) -> Bool {
    switch message {
    case .checkpoint, .checkpointFailed: true
    case .ready, .record, .progress, .finished, .failed, .refused: false
    }
  }
}

import Experiments
import Foundation
import Training

/// One run at a time, in slices, with a look at the inbox between two slices.
struct TrainerLoop: ~Copyable {
  /// How long a slice should last: within it, `cancel` and `save` wait.
  private static let sliceDuration = Duration.milliseconds(20)

  /// The run in hand.
  private struct Current {
    var run: TrainingRun
    let key: RunKey
    let noop: NoopBehaviour?
    /// As many steps as fit a slice, by the time that the last slice took.
    var sliceSteps = 1
    var savedAt: ContinuousClock.Instant
    /// When the step in hand is over, for steps that are told how long to last.
    var stepOverAt: ContinuousClock.Instant

    /// Makes slices last about `aim`; a single step may last longer.
    mutating func adapt(to duration: Duration, aim: Duration) {
      if duration < aim / 2 {
        sliceSteps = min(sliceSteps * 2, 1 << 20)
      } else if duration > aim, sliceSteps > 1 {
        sliceSteps /= 2
      }
    }
  }

  /// Nothing more can be served: the input has ended, or nobody reads the output.
  private struct Ended: Error {}

  private let inbox: CommandInbox
  private var outlet: MessageOutlet
  private let folder: CheckpointFolder
  private let checkpointInterval: Duration
  /// What a run may take, in bytes; nil for what this machine has at the time.
  private let memoryBytes: Int?
  private let clock = ContinuousClock()
  private var current: Current?
  /// Runs that were ordered before the one in hand had ended.
  private var waiting: ArraySlice<RunOrder> = []
  /// Runs in hand or waiting that are to be saved at the next occasion.
  private var savesDue: Set<RunKey> = []

  init(
    inbox: CommandInbox, outlet: consuming MessageOutlet, folder: CheckpointFolder,
    options: TrainerOptions
  ) {
    self.inbox = inbox
    self.outlet = outlet
    self.folder = folder
    checkpointInterval = options.checkpointInterval ?? TrainerOptions.defaultCheckpointInterval
    memoryBytes = options.memoryBytes
  }

  /// Serves until the input ends or nobody reads the output.
  mutating func serve() {
    do {
      try outlet.say(TrainerProcess.greeting)
      while true {
        try takeCommands()
        if current == nil, !waiting.isEmpty { try start(waiting.removeFirst()) }
        if current != nil {
          try advance()
        } else if waiting.isEmpty, !inbox.hasNews {
          try outlet.flush()
          inbox.wait()
        }
      }
    } catch {
      return
    }
  }

  private mutating func takeCommands() throws {
    while let item = inbox.next() {
      switch item {
      case .endOfInput: throw Ended()
      case .tooLong:
        Log.write("a line of more than \(TrainerLine.bytesMax) bytes was dropped")
      case .line(let line):
        do {
          obey(try TrainerLine.decodeCommand(line))
        } catch {
          // Whoever ordered a run waits for its end.
          if let key = error.key {
            try outlet.say(.failed(key, reason: "the order was not understood: \(error)"))
          } else {
            Log.write("a line was not understood: \(error)")
          }
        }
      }
    }
  }

  private mutating func obey(_ command: TrainerCommand) {
    switch command {
    case .run(let order): waiting.append(order)
    case .cancel(let key):
      waiting.removeAll { $0.key == key }
      savesDue.remove(key)
      if current?.key == key { current = nil }
    case .save(let key):
      if current?.key == key || waiting.contains(where: { $0.key == key }) {
        savesDue.insert(key)
      }
    }
  }

  private mutating func start(_ order: RunOrder) throws {
    do {
      let configuration = try Self.checked(order.configuration)
      guard configuration.key == order.key else {
        throw TrainingError(
          "the order's key \(order.key.hexadecimal.prefix(12))… is not that of its configuration, "
            + "\(configuration.key.hexadecimal.prefix(12))…")
      }
      let files = try InputFile.read(for: order)
      try AvailableMemory.check(
        needed: try TrainingRun.bytesNeeded(for: configuration, files: files),
        available: memoryBytes)
      let run = try TrainingRun(
        configuration, files: files, request: order.request,
        checkpoint: try order.checkpoint.map(InputFile.checkpoint(at:)))
      current = Current(
        run: run, key: order.key, noop: NoopBehaviour(configuration), savedAt: clock.now,
        stepOverAt: clock.now)
      if let duration = current?.noop?.stepDuration { current?.stepOverAt += duration }
    } catch let missing as MissingInput {
      try outlet.say(.refused(order.key, input: missing.name, reason: missing.problem))
    } catch {
      try outlet.say(.failed(order.key, reason: "\(error)"))
    }
  }

  /// The configuration as the catalogue makes it: complete, in range, of the version that is built in.
  private static func checked(_ configuration: Configuration) throws -> Configuration {
    guard let definition = Catalogue.experiment(named: configuration.experiment) else {
      throw TrainingError("this trainer has no experiment \"\(configuration.experiment)\"")
    }
    guard definition.version == configuration.version else {
      throw TrainingError(
        "this trainer has version \(definition.version) of \(definition.name), "
          + "the run is of version \(configuration.version)")
    }
    return try definition.configuration(configuration.parameters, inputs: configuration.inputs)
  }

  private mutating func advance() throws {
    guard var current = self.current.take() else { return }
    let begin = clock.now
    guard begin >= current.stepOverAt else {
      inbox.wait(atMost: current.stepOverAt - begin)
      self.current = current
      return
    }
    let slice = current.run.advance(steps: current.sliceSteps)
    let now = clock.now
    if let duration = current.noop?.stepDuration, duration > .zero {
      current.stepOverAt += duration
    } else {
      current.adapt(to: now - begin, aim: Self.sliceDuration)
    }
    for record in slice.records { try outlet.say(.record(current.key, record)) }
    if let step = slice.heldBackThrough { try outlet.say(.progress(current.key, step: step)) }
    if let summary = slice.finished {
      savesDue.remove(current.key)
      try finish(current, summary)
      return
    }
    if savesDue.remove(current.key) != nil || now - current.savedAt >= checkpointInterval {
      current.savedAt = now
      try save(current)
    }
    try outlet.flush()
    self.current = current
  }

  private mutating func finish(_ current: borrowing Current, _ summary: RunSummary) throws {
    switch current.noop?.ending ?? .finish {
    case .finish: break
    case .fail:
      try outlet.say(.failed(current.key, reason: "the noop run was told to fail"))
      return
    case .crash:
      try outlet.flush()
      Log.write("the noop run was told to crash")
      kill(getpid(), SIGKILL)
    case .hang:
      try outlet.flush()
      while true {
        guard inbox.next() != .endOfInput else { throw Ended() }
        inbox.wait()
      }
    }
    if Self.hasEndState(summary, isNoop: current.noop != nil) {
      try save(current)
    }
    try outlet.say(.finished(current.key, summary))
  }

  /// Whether a longer request may go on from where the run has ended.
  ///
  /// Converged noop runs are measured by the ten thousand: a file each would be what is measured.
  private static func hasEndState(_ summary: RunSummary, isNoop: Bool) -> Bool {
    switch summary.stopped {
    case .stepLimit: true
    case .converged: !isNoop
    case .criterion, .diverged: false
    }
  }

  /// Writes a checkpoint and says so, or that it cannot be written.
  private mutating func save(_ current: borrowing Current) throws {
    do {
      let file = try folder.write(
        current.run.checkpoint(), of: current.key, step: current.run.step)
      try outlet.say(.checkpoint(current.key, step: current.run.step, file: file))
    } catch let error as FileError {
      try outlet.say(
        .checkpointFailed(current.key, step: current.run.step, problem: error.problem))
    }
  }
}

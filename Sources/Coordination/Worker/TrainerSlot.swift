import Experiments

/// A place for one trainer process, and what it is doing.
struct TrainerSlot: Sendable {
  /// What is known of the process.
  enum Trainer: Sendable {
    /// There is none; one is started at this time.
    case absent(until: MonotonicInstant)
    case starting(since: MonotonicInstant)
    case idle
    case running(Running)
    /// It was killed, and its exit has not been seen.
    case ending
  }

  /// The run that a trainer computes.
  struct Running: Sendable {
    var lease: LeaseID
    var run: RunKey
    var began: MonotonicInstant
    /// When its step last moved.
    var moved: MonotonicInstant
    var step: Int?
    /// The longest time between two moves so far.
    var longestPause = Duration.zero
    /// Whether it was said that its checkpoints are too large to be sent.
    var hasTooLargeState = false
    /// Whether it was said that its checkpoints cannot be written.
    var isUnsaved = false
    /// What came in while a checkpoint file was being read; it keeps its place in the order.
    var heldBack: [Occurrence] = []

    /// When it counts as hung, unless it moves.
    func deadline(hungAfter: Duration) -> MonotonicInstant {
      // Nothing is known of its speed before its first step, and the first may build large tables.
      let floor = step == nil ? hungAfter * 10 : hungAfter
      return moved + max(floor, longestPause * 10)
    }

    /// A step below is a move, too: a run may begin anew.
    mutating func move(to next: Int, at now: MonotonicInstant) {
      guard step != next else { return }
      longestPause = max(longestPause, now - moved)
      moved = now
      step = next
    }
  }

  /// Something that a trainer did.
  enum Occurrence: Hashable, Sendable {
    case said(TrainerMessage)
    case misspoke(String)
    case exited(Int?)
  }

  var trainer = Trainer.absent(until: MonotonicInstant(nanoseconds: .max))
  var log = LogTail()
  /// Runs that this process was told to forget; what it still says of them may be on its way.
  var cancelled: Set<RunKey> = []
  /// The leases whose checkpoint files are being read, in the order in which they were asked for.
  var reads: [LeaseID] = []
  /// Exits since a run last finished here, or was what a trainer ended for.
  var exits = 0

  var running: Running? {
    if case .running(let running) = trainer { running } else { nil }
  }

  var isIdle: Bool { if case .idle = trainer { true } else { false } }

  /// When something must be done about the trainer.
  func deadline(hungAfter: Duration) -> MonotonicInstant? {
    switch trainer {
    case .absent(let until): until.nanoseconds == .max ? nil : until
    case .starting(let since): since + hungAfter * 10
    case .running(let running): running.deadline(hungAfter: hungAfter)
    case .idle, .ending: nil
    }
  }

  /// Gives the trainer more time, because the worker did not listen for so long.
  mutating func postpone(by duration: Duration) {
    update { $0.moved = $0.moved + duration }
    if case .starting(let since) = trainer { trainer = .starting(since: since + duration) }
  }

  mutating func update(_ change: (inout Running) -> Void) {
    guard case .running(var running) = trainer else { return }
    change(&running)
    trainer = .running(running)
  }

  /// How long to wait before the next process is started: longer if the last ones did nothing.
  var restartDelay: Duration {
    exits < 2 ? .zero : .seconds(min(30, 1 << min(exits - 2, 5)))
  }
}

/// The last lines that a trainer printed.
struct LogTail: Hashable, Sendable {
  /// Enough for a stack trace.
  private static let linesMax = 60
  private static let lineBytesMax = 500

  private var lines: [String] = []

  var text: String { lines.joined(separator: "\n") }

  mutating func append(_ line: String) {
    lines.append(
      line.utf8.count <= Self.lineBytesMax ? line : String(line.prefix(Self.lineBytesMax / 4)) + "…"
    )
    if lines.count > Self.linesMax { lines.removeFirst() }
  }
}

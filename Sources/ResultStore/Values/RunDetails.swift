public import Experiments

/// Everything that the store knows of one run.
public struct RunDetails: Hashable, Sendable {
  public var key: RunKey
  public var configuration: Configuration
  /// The sweeps that want it, with what they ask for.
  public var requests: [SweepRequest]
  /// The run as a whole: finished once every sweep that wants it is answered.
  public var status: StoredStatus
  public var summary: RunSummary?
  /// The attempt whose chain of parents is the accepted curve.
  public var acceptedAttempt: Int?
  public var attempts: [StoredAttempt]
  public var checkpoint: CheckpointPlace?

  public init(
    key: RunKey, configuration: Configuration, requests: [SweepRequest], status: StoredStatus,
    summary: RunSummary? = nil, acceptedAttempt: Int? = nil, attempts: [StoredAttempt],
    checkpoint: CheckpointPlace? = nil
  ) {
    self.key = key
    self.configuration = configuration
    self.requests = requests
    self.status = status
    self.summary = summary
    self.acceptedAttempt = acceptedAttempt
    self.attempts = attempts
    self.checkpoint = checkpoint
  }
}

/// What one sweep asks of a run.
public struct SweepRequest: Hashable, Sendable {
  public var sweep: String
  public var position: Int
  public var request: Request
  /// Whether the sweep was cancelled, or this run of it.
  public var isCancelled: Bool

  public init(
    sweep: String, position: Int, request: Request, isCancelled: Bool = false
  ) {
    self.sweep = sweep
    self.position = position
    self.request = request
    self.isCancelled = isCancelled
  }
}

/// An attempt with how it went.
public struct StoredAttempt: Hashable, Sendable {
  public var attempt: Attempt
  /// ISO 8601 text in UTC, with milliseconds.
  public var startedAt: String
  public var endedAt: String?
  public var outcome: AttemptOutcome
  /// Whether the run has got a result by another attempt since this one began.
  public var isSuperseded: Bool
  /// Records that the store keeps of it.
  public var recordCount: Int

  public init(
    attempt: Attempt, startedAt: String, endedAt: String? = nil, outcome: AttemptOutcome,
    isSuperseded: Bool = false, recordCount: Int
  ) {
    self.attempt = attempt
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.outcome = outcome
    self.isSuperseded = isSuperseded
    self.recordCount = recordCount
  }
}

/// What became of an attempt.
public enum AttemptOutcome: Hashable, Sendable {
  case open
  case accepted
  case ended(AttemptEnd)
}

/// What the beginning of a key stands for.
public enum RunLookup: Hashable, Sendable {
  case found(RunDetails)
  /// Several runs begin with these digits: the first of them, at most twenty.
  case ambiguous([RunKey])
  case none
  /// Fewer than four digits, or not hexadecimal.
  case notAPrefix
}

public import Experiments

/// How a run stands with respect to one sweep's request.
public enum StoredStatus: Hashable, Sendable {
  /// Still to do, or to continue.
  case open
  /// The stored summary answers the request.
  case finished
  /// Given up, for the reason that was told; can be tried again by hand.
  case failed(reason: String)
}

/// A run of a sweep, with its result if it has one.
public struct StoredRun: Hashable, Sendable {
  /// The grid point, as `GridShape` counts them.
  public var position: Int
  public var key: RunKey
  public var configuration: Configuration
  public var status: StoredStatus
  /// The result that the store holds, whether or not it goes as far as the sweep asks.
  public var summary: RunSummary?

  public init(
    position: Int, key: RunKey, configuration: Configuration, status: StoredStatus,
    summary: RunSummary? = nil
  ) {
    self.position = position
    self.key = key
    self.configuration = configuration
    self.status = status
    self.summary = summary
  }
}

/// A run of a sweep, as far as a coordinator has to know it when it starts.
public struct KnownRun: Hashable, Sendable {
  /// The grid point, as `GridShape` counts them.
  public var position: Int
  public var key: RunKey
  /// Whether the sweep no longer wants it.
  public var isCancelled: Bool
  public var standing: Standing

  /// What the store knows of it.
  public enum Standing: Hashable, Sendable {
    /// Nobody has tried it.
    case untouched
    /// It has a result that answers every sweep, and no attempt at it is under way.
    case answered
    indirect case told(RestoredRun)
  }
}

/// A run of a sweep with all that a coordinator has to know when it starts.
public struct RestoredRun: Hashable, Sendable {
  public var run: StoredRun
  /// How many attempts failed that count, and how many ended because their lease was lost.
  public var failures: Int
  public var losses: Int
  /// The highest number of an attempt; 0 before the first.
  public var lastAttempt: Int
  /// Attempts that have not ended: their workers may still compute them.
  public var openAttempts: [Attempt]
  /// All attempts, in ascending order of their numbers.
  public var attempts: [StoredAttempt] = []
  /// The attempt that gave the run its result.
  public var acceptedAttempt: Int? {
    attempts.last { $0.outcome == .accepted }?.attempt.number
  }
  /// Where a new attempt can continue from, if anywhere.
  public var checkpoint: CheckpointPlace?
  /// Whether the sweep no longer wants this run.
  public var isCancelled = false
  /// The last attempt before the run, given up, was opened again; 0 if it never was.
  ///
  /// Failures until then do not count.
  public var retriedAfter = 0

  public init(
    run: StoredRun, failures: Int, losses: Int, lastAttempt: Int,
    openAttempts: [Attempt], checkpoint: CheckpointPlace? = nil
  ) {
    self.run = run
    self.failures = failures
    self.losses = losses
    self.lastAttempt = lastAttempt
    self.openAttempts = openAttempts
    self.checkpoint = checkpoint
  }

  public var key: RunKey { run.key }
  public var configuration: Configuration { run.configuration }
  public var status: StoredStatus { run.status }
  public var summary: RunSummary? { run.summary }
}

/// The attempt and the step that a stored checkpoint belongs to.
public struct CheckpointPlace: Hashable, Sendable {
  public var attempt: Int
  public var step: Int

  public init(attempt: Int, step: Int) {
    self.attempt = attempt
    self.step = step
  }
}

/// A checkpoint with its content.
public struct StoredCheckpoint: Hashable, Sendable {
  public var place: CheckpointPlace
  public var bytes: [UInt8]

  public init(
    place: CheckpointPlace, bytes: [UInt8]
  ) {
    self.place = place
    self.bytes = bytes
  }
}

/// How long a finished attempt took: what a cost model learns from.
public struct RunTime: Hashable, Sendable {
  public var configuration: Configuration
  /// The optimiser steps that the attempt did itself, after the checkpoint that it started from.
  public var steps: Int
  /// From its grant to the commit of its result.
  public var seconds: Double

  public init(
    configuration: Configuration, steps: Int, seconds: Double
  ) {
    self.configuration = configuration
    self.steps = steps
    self.seconds = seconds
  }
}

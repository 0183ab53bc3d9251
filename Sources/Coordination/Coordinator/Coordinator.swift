public import Experiments

/// Hands out runs under leases, decides which reports count, and says what to make durable.
///
/// A pure state machine: it is told what happened and when, and answers with what to do. The caller
/// must carry out the effects in order, must call `handle(.timePassed, at:)` at `nextDeadline`, and
/// must answer every `commit` with `storeCommitted` or `storeFailed`. Sweeps are submitted before the
/// first message is handled, so that workers from before a restart find their runs known.
public struct Coordinator: Sendable {
  let settings: Settings

  /// Makes a coordinator without sweeps.
  ///
  /// - Parameters:
  ///   - settings: periods and limits.
  ///   - highestLease: the highest lease number in the store, 0 for none.
  ///   - now: the time at which it starts.
  public init(
    settings: Settings = Settings(), highestLease: LeaseID = LeaseID(0), at now: MonotonicInstant
  ) {
    self.settings = settings
  }

  /// What to do now that this has happened.
  public mutating func handle(_ event: Event, at now: MonotonicInstant) -> [Effect] { [] }

  /// When `timePassed` is due; nil if nothing is waited for.
  public var nextDeadline: MonotonicInstant? { nil }
}

extension Coordinator {
  /// How far the sweeps are.
  public func progress(at now: MonotonicInstant) -> Progress {
    Progress(
      done: 0, reused: 0, running: 0, failed: 0, total: 0, rate: 0, timeLeft: nil, workers: [])
  }
}

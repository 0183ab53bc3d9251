import ClusterRuntime
import Coordination
import Experiments
import ResultStore

extension Coordination.RestoredRun {
  /// What the store knows of a run, in the words of the coordinator.
  init(_ known: KnownRun) {
    let source = Source.gridPoint(known.position)
    switch known.standing {
    case .untouched: self.init(source, key: known.key, isCancelled: known.isCancelled)
    case .answered:
      self.init(source, key: known.key, status: .answered, isCancelled: known.isCancelled)
    case .told(let stored):
      self.init(stored, source)
      isCancelled = known.isCancelled
    }
  }

  /// A run that is known by itself.
  init(_ stored: RestorableRun) { self.init(stored, .configuration(stored.configuration)) }

  private init(_ stored: RestorableRun, _ source: Source) {
    self.init(
      source, key: stored.key, status: Self.status(of: stored),
      attempts: stored.attempts.map { attempt in
        RestoredAttempt(
          number: attempt.attempt.number, parent: attempt.attempt.parent,
          startStep: attempt.attempt.startStep, lease: attempt.attempt.lease,
          worker: attempt.attempt.worker, host: attempt.attempt.provenance.host,
          state: Self.state(of: attempt.outcome), isSuperseded: attempt.isSuperseded)
      },
      checkpoint: stored.checkpoint.map { Continuation(parent: $0.attempt, step: $0.step) })
    retriedAfter = stored.retriedAfter
  }

  private static func status(of stored: RestorableRun) -> Status {
    if case .failed(let reason) = stored.status { return .failed(reason: reason) }
    guard let summary = stored.summary, let attempt = stored.acceptedAttempt else { return .open }
    return .finished(summary, attempt: attempt)
  }

  private static func state(of outcome: AttemptOutcome) -> RestoredAttempt.State {
    switch outcome {
    case .open: .open
    case .accepted: .accepted
    case .ended(.failed): .failed
    case .ended(.lost): .lost
    case .ended(.withdrawn), .ended(.refused): .withdrawn
    }
  }
}

extension RuntimeFailure {
  /// The store's sentence; whatever is wrong with it lies outside of what the user typed.
  init(_ error: StoreError) { self.init(.surroundings, error.description) }
}

/// Turns what the store throws into what commands throw.
func withStoreErrors<Value>(
  _ body: () throws(StoreError) -> Value
) throws(RuntimeFailure) -> Value {
  do {
    return try body()
  } catch {
    throw RuntimeFailure(error)
  }
}

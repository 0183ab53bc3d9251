public import Experiments
import OrderedCollections

/// Hands out runs under leases, decides which reports count, and says what to make durable.
///
/// A pure state machine: it is told what happened and when, and answers with what to do. The caller
/// must carry out the effects in order, must call `handle(.timePassed, at:)` at `nextDeadline`, and
/// must answer every `commit` with `storeCommitted` or `storeFailed`. Sweeps are submitted before the
/// first message is handled, so that workers from before a restart find their runs known.
public struct Coordinator: Sendable {
  /// Whether it goes on, and until when it waits if not.
  enum Course: Hashable, Sendable {
    case running
    case stopping(until: MonotonicInstant)
    case ended
  }

  let settings: Settings
  let startedAt: MonotonicInstant
  var course = Course.running
  var runs = RunTable()
  var sweeps: [KnownSweep] = []
  var schedule = Schedule()
  var leases = LeaseTable()
  var sessions: OrderedDictionary<WorkerID, Session> = [:]
  /// Sessions that may have room for more runs.
  var hungry: OrderedSet<WorkerID> = []
  /// Workers that take no more runs, and leave once they have none, until they are let in again.
  var draining: Set<WorkerID> = []
  /// Leases of unknown runs, whose reports were acknowledged without effect: never adopted.
  var disowned: Set<LeaseID> = []
  var journal = Journal()
  /// The seeds of all sweeps that have several.
  var seeds: [SeedProgress] = []
  var nextLease: Int
  var reused = 0
  /// Whether the end of all runs has been said.
  var saidComplete = false
  /// When the next silent session is looked for.
  var nextSilenceCheck: MonotonicInstant?
  var effects: [Effect] = []

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
    startedAt = now
    nextLease = highestLease.rawValue + 1
  }

  /// What to do now that this has happened.
  public mutating func handle(_ event: Event, at now: MonotonicInstant) -> [Effect] {
    guard course != .ended else { return [] }
    switch event {
    case .sweepSubmitted(let submission): submit(submission, at: now)
    case .messageArrived(let message, let routing): receive(message, from: routing, at: now)
    case .commandArrived(let command, let routing): obey(command, from: routing, at: now)
    case .sweepRegistered(let submission, let command, let routing):
      submit(submission, at: now)
      answer(.done(sentence(about: submission)), to: command, from: routing)
    case .storeCommitted(let batch): committed(batch, at: now)
    case .storeFailed(let batch, let reason): commitFailed(batch, reason, at: now)
    case .checkpointUnavailable(let lease): checkpointUnavailable(lease)
    case .interrupted: interrupt(at: now)
    case .timePassed: break
    }
    expireLeases(at: now)
    dropSilentSessions(at: now)
    grantWork()
    if let (id, changes) = journal.begin(at: now) { effects.append(.commit(id, changes)) }
    if let batch = journal.takeUnburdened() { release(batch, at: now) }
    considerEnd(at: now)
    defer { effects = [] }
    return effects
  }

  /// When `timePassed` is due; nil if nothing is waited for.
  public var nextDeadline: MonotonicInstant? {
    var deadlines = [leases.nextDeadline, journal.retryAt, nextSilenceCheck]
    if case .stopping(let until) = course { deadlines.append(until) }
    return deadlines.compactMap { $0 }.min()
  }

  private mutating func interrupt(at now: MonotonicInstant) {
    guard course == .running else { return }
    course = .stopping(until: now + settings.stopGrace)
    guard settings.stopsWorkers else { return }
    for session in sessions.values {
      effects.append(.send(.stop(grace: settings.stopGrace), to: session.routing))
    }
  }

  /// Says that all runs have ended, once that is durable, or that the coordinator may stop.
  private mutating func considerEnd(at now: MonotonicInstant) {
    switch course {
    case .ended: break
    case .stopping(let until):
      let isQuiet = journal.isIdle && (!settings.stopsWorkers || leases.heldCount == 0)
      guard isQuiet || until <= now else { return }
      course = .ended
      effects.append(.finished(.interrupted))
    case .running:
      guard !saidComplete, isComplete else { return }
      saidComplete = true
      if settings.staysWhenComplete {
        effects.append(.tellUser(.everythingEnded(failedRuns: runs.failedCount)))
        return
      }
      if settings.stopsWorkers || settings.stopsWorkersOnceComplete {
        for session in sessions.values {
          effects.append(.send(.stop(grace: settings.stopGrace), to: session.routing))
        }
      }
      effects.append(.finished(.complete(failedRuns: runs.failedCount)))
    }
  }

  private var isComplete: Bool {
    let ended = runs.finishedCount + runs.failedCount + runs.cancelledCount
    return !sweeps.isEmpty && ended == runs.count && journal.isIdle
  }
}

/// How many runs of one seed of a sweep are still to come.
struct SeedProgress: Sendable {
  let sweep: Int
  let seed: ParameterValue
  var open = 0
}

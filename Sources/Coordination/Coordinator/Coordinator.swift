public import Experiments
import OrderedCollections

/// Hands out runs under leases, decides which reports count, and says what to make durable.
///
/// A pure state machine: it is told what happened and when, and answers with what to do. The caller
/// must carry out the effects in order, but for commits, which may go before all others, must call
/// `handle(.timePassed, at:)` at `nextDeadline`, and must answer every `commit` with
/// `storeCommitted` or `storeFailed`. Sweeps are submitted before the
/// first message is handled, so that workers from before a restart find their runs known.
public struct Coordinator: Sendable {
  /// Whether it goes on, and until when it waits if not.
  enum Course: Hashable, Sendable {
    case running
    case stopping(until: MonotonicInstant)
    case ended
  }

  /// A deadline that is missed by less was missed by a busy processor.
  private static let sleepMin: Duration = .seconds(1)

  let settings: Settings
  let startedAt: MonotonicInstant
  var course = Course.running
  var runs = RunTable()
  var sweeps: [KnownSweep] = []
  var schedule = Schedule()
  /// Waiting runs that failed before.
  var retries = RetryQueue()
  /// Waiting runs that lost their workers too often to be computed beside others, each with the
  /// machine that is kept for it, once there is one.
  var lonely: OrderedDictionary<Int, Int?> = [:]
  var nodes = NodeTable()
  /// The last runs that were found to resemble what was observed.
  var resembling: Neighbours?
  var leases = LeaseTable()
  var sessions: OrderedDictionary<WorkerID, Session> = [:]
  /// The slots of all sessions.
  var slots = 0
  /// Sessions that may have room for more runs.
  var hungry: OrderedSet<WorkerID> = []
  /// Runs whose input files some worker has not got.
  var parked = ParkedRuns()
  /// Workers that take no more runs, and leave once they have none, until they are let in again.
  var draining: OrderedDictionary<WorkerID, String> = [:]
  /// Leases of unknown runs, whose reports were acknowledged without effect: never adopted.
  var disowned: Set<LeaseID> = []
  var journal = Journal()
  var nextLease: Int
  /// Whether the end of all runs has been said.
  var saidComplete = false
  /// Results that are not durable yet, by run.
  var unsettled: [Int: UnsettledResult] = [:]
  /// The results of runs of which some sweep asks for more than these tell; those of ended runs where it has given them up.
  var shortResults: [Int: RunSummary] = [:]
  /// Runs with an attempt under way that no sweep wants so far; another one may that is heard of next.
  var undecided: [Int] = []
  /// Attempts from before a restart at more than was asked for then, by run.
  var dormant: [Int: RestoredAttempt] = [:]
  /// Since when the end has to be considered that no other event will bring up.
  var endDue: MonotonicInstant?
  /// Sweeps of the store that are not worked on: they have ended, were cancelled, or were not asked for.
  public var resting: [SweepStatus] = []
  /// When the next silent session is looked for.
  var nextSilenceCheck: MonotonicInstant?
  /// When the last event was handled, `timePassed` was due at this time.
  private var wakeDue: MonotonicInstant?
  /// Before this time nobody is taken for lost: what was said while this process slept is still read.
  var judgesFrom: MonotonicInstant
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
    judgesFrom = now
    nextLease = highestLease.rawValue + 1
    for host in settings.quarantined { nodes.quarantine(host) }
  }

  /// What to do now that this has happened.
  public mutating func handle(_ event: Event, at now: MonotonicInstant) -> [Effect] {
    guard course != .ended else { return [] }
    forgiveSleep(at: now)
    if case .sweepSubmitted = event {} else { dropUndecided() }
    switch event {
    case .sweepSubmitted(let submission): submit(submission, at: now)
    case .runsRecalled(let runs): recall(runs)
    case .messageArrived(let message, let routing): receive(message, from: routing, at: now)
    case .commandArrived(let command, let routing): obey(command, from: routing, at: now)
    case .sweepRegistered(let submission, let command, let routing):
      submit(submission, at: now)
      dropUndecided()
      answer(answer(about: submission), to: command, from: routing)
    case .storeCommitted(let batch): committed(batch, at: now)
    case .storeFailed(let batch, let reason): commitFailed(batch, reason, at: now)
    case .checkpointUnavailable(let lease): checkpointUnavailable(lease)
    case .nodeReadmitted(let host): readmit(host)
    case .interrupted: interrupt(at: now)
    case .timePassed: break
    }
    expireLeases(at: now)
    dropSilentSessions(at: now)
    grantWork(at: now)
    if let (id, changes) = journal.begin(at: now) { effects.append(.commit(id, changes)) }
    if let batch = journal.takeUnburdened() { release(batch, at: now) }
    if case .sweepSubmitted = event {} else { considerEnd(at: now) }
    wakeDue = nextDeadline
    defer { effects = [] }
    return effects
  }

  /// Judges nobody's silence by the time in which this process, or the whole machine, stood still.
  private mutating func forgiveSleep(at now: MonotonicInstant) {
    guard let wakeDue, wakeDue + Self.sleepMin < now else { return }
    judgesFrom = now + settings.heartbeatInterval * 2
  }

  /// When `timePassed` is due; nil if nothing is waited for.
  public var nextDeadline: MonotonicInstant? {
    let silences = [leases.nextDeadline, nextSilenceCheck].map { $0.map { max($0, judgesFrom) } }
    var deadlines = silences + [journal.retryAt, endDue]
    if case .stopping(let until) = course { deadlines.append(until) }
    return deadlines.compactMap { $0 }.min()
  }

  /// How many changes wait for the commit that is under way, at least.
  public var waitingChanges: Int { journal.waitingChanges }

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
    endDue = nil
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
        effects.append(.tellUser(.everythingEnded(failedRuns: runs.wanted.failed)))
        return
      }
      if settings.stopsWorkers || settings.stopsWorkersOnceComplete {
        for session in sessions.values {
          effects.append(.send(.stop(grace: settings.stopGrace), to: session.routing))
        }
      }
      effects.append(.finished(.complete(failedRuns: runs.wanted.failed)))
    }
  }

  private var isComplete: Bool {
    !sweeps.isEmpty && !hasOpenRuns && journal.isIdle
  }

  var hasOpenRuns: Bool {
    runs.finishedCount + runs.failedCount + runs.cancelledCount < runs.count
  }
}

/// A result that was accepted and is on its way into the store.
struct UnsettledResult: Sendable {
  var summary: RunSummary
  var attempt: Int
}

import Experiments
import OrderedCollections

/// What is to be made durable, and what may be said once it is.
///
/// One batch is under way at a time; what arrives meanwhile forms the next one (group commit). It is closed once it is
/// large, so that under load the store writes one batch while workers answer to the one before.
struct Journal: Sendable {
  /// Changes that become durable together, and what waits for them.
  struct Batch: Sendable {
    var changes: [StoreChange] = []
    /// The sequence number that each worker may be told, with the epoch it belongs to.
    var acknowledgements: OrderedDictionary<WorkerID, Acknowledgement> = [:]
    /// Leases whose attempts are opened in this batch.
    var grants: [LeaseID] = []
    var withdrawals: [Withdrawal] = []
    var notices: [Coordinator.Notice] = []
    var answers: [Answer] = []
    var registrations: [Registration] = []
    /// Runs and attempts whose results are in this batch.
    var results: [(run: Int, attempt: Int)] = []

    var isEmpty: Bool {
      changes.isEmpty && acknowledgements.isEmpty && grants.isEmpty && withdrawals.isEmpty
        && notices.isEmpty && answers.isEmpty && registrations.isEmpty
    }
  }

  struct Acknowledgement: Sendable {
    var epoch: UInt64
    var through: Int
  }

  struct Withdrawal: Sendable {
    var worker: WorkerID
    var lease: LeaseID
  }

  /// What somebody is told once it is durable.
  struct Answer: Sendable {
    var routing: RoutingID
    var answer: CommandAnswer
  }

  /// A sweep that is registered, by other means than a change, once what came before it is durable.
  struct Registration: Sendable {
    var sweep: SubmittedSweep
    var command: UInt64
    var routing: RoutingID
  }

  /// Where the batch under way stands.
  enum State: Sendable {
    case idle
    case committing(BatchID, Batch)
    /// It failed, and is tried again at this time.
    case resting(BatchID, Batch, until: MonotonicInstant)
  }

  /// More changes make larger transactions, and those no quicker.
  private static let changesMax = 4096

  /// What is collected now.
  var pending = Batch()
  /// What waits for its turn: closed batches, the oldest first.
  private var closed: ArraySlice<Batch> = []
  private(set) var state = State.idle
  /// Since when commits have failed, if the last one did.
  private(set) var failingSince: MonotonicInstant?
  /// When it was last said that commits fail.
  private var toldAt: MonotonicInstant?
  /// A full disk lasts for hours, and is tried again every second: it is said anew after this.
  private static let silence: Duration = .seconds(60)
  /// Why the last commit failed, if it did.
  private(set) var failureReason: String?
  private var nextBatch = 1

  var isIdle: Bool { if case .idle = state { closed.isEmpty && pending.isEmpty } else { false } }

  var retryAt: MonotonicInstant? {
    if case .resting(_, _, let until) = state { until } else { nil }
  }

  /// How many changes are not in the store's hands, at least.
  var waitingChanges: Int { closed.count * Self.changesMax + pending.changes.count }

  /// The batch to hand to the store now, if there is one.
  mutating func begin(at now: MonotonicInstant) -> (BatchID, [StoreChange])? {
    if pending.changes.count >= Self.changesMax {
      closed.append(takeAll())
    }
    switch state {
    case .committing: return nil
    case .resting(let id, let batch, let until):
      guard until <= now else { return nil }
      state = .committing(id, batch)
      return (id, batch.changes)
    case .idle:
      guard let batch = closed.popFirst() ?? takePending() else { return nil }
      let id = BatchID(nextBatch)
      nextBatch += 1
      state = .committing(id, batch)
      return (id, batch.changes)
    }
  }

  private mutating func takePending() -> Batch? {
    guard !pending.changes.isEmpty else { return nil }
    return takeAll()
  }

  private mutating func takeAll() -> Batch {
    let batch = pending
    pending = Batch()
    // The next one will be about as large, and to move all changes when it grows takes time.
    pending.changes.reserveCapacity(min(batch.changes.count, Self.changesMax))
    return batch
  }

  /// What waited for nothing but its turn: there is no change before it that is not durable.
  mutating func takeUnburdened() -> Batch? {
    guard case .idle = state, closed.isEmpty, pending.changes.isEmpty, !pending.isEmpty else {
      return nil
    }
    defer { pending = Batch() }
    return pending
  }

  /// Returns the batch with this id if it is the one under way.
  mutating func complete(_ id: BatchID) -> Batch? {
    guard case .committing(id, let batch) = state else { return nil }
    state = .idle
    failingSince = nil
    failureReason = nil
    toldAt = nil
    return batch
  }

  /// Keeps the batch to be tried again; returns false for a batch that is not under way.
  mutating func postpone(
    _ id: BatchID, because reason: String, until: MonotonicInstant, at now: MonotonicInstant
  ) -> Bool {
    guard case .committing(id, let batch) = state else { return false }
    state = .resting(id, batch, until: until)
    if failingSince == nil { failingSince = now }
    if reason != failureReason { toldAt = nil }
    failureReason = reason
    return true
  }

  /// Whether the user is to be told now that commits fail.
  mutating func tellsOfFailure(at now: MonotonicInstant) -> Bool {
    if let toldAt, now < toldAt + Self.silence { return false }
    toldAt = now
    return true
  }

  /// Whether a sweep waits for what came before it.
  var hasRegistrations: Bool {
    var batches = closed + [pending]
    switch state {
    case .idle: break
    case .committing(_, let batch), .resting(_, let batch, _): batches.append(batch)
    }
    return batches.contains { !$0.registrations.isEmpty }
  }

  /// Takes out the answers and the registrations that wait for a commit.
  mutating func takeCommands() -> (answers: [Answer], registrations: [Registration]) {
    var taken: (answers: [Answer], registrations: [Registration]) = ([], [])
    func take(from batch: inout Batch) {
      taken.answers += batch.answers
      taken.registrations += batch.registrations
      batch.answers = []
      batch.registrations = []
    }
    if case .resting(let id, var batch, let until) = state {
      take(from: &batch)
      state = .resting(id, batch, until: until)
    }
    for index in closed.indices { take(from: &closed[index]) }
    take(from: &pending)
    return taken
  }
}

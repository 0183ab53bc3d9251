import Experiments
import HeapModule
import OrderedCollections

/// The leases that are out, and when they are lost.
struct LeaseTable: Sendable {
  /// One run in the hands of one worker.
  struct Lease: Hashable, Sendable {
    var run: Int
    var attempt: Int
    var worker: WorkerID
    /// Nil when it was granted before a restart.
    var request: Int?
    var continuation: Continuation?
    /// The last step that its worker listed.
    var step = 0
    var state: State
  }

  /// Where a lease stands.
  enum State: Hashable, Sendable {
    /// Its attempt is not durable yet; the worker knows nothing of it.
    case opening
    case held(granted: MonotonicInstant, expires: MonotonicInstant)
    /// It was out when the coordinator started; its worker has not been heard of.
    case withheld(expires: MonotonicInstant)
  }

  private struct Deadline: Comparable, Sendable {
    var instant: MonotonicInstant
    var lease: LeaseID

    static func < (left: Self, right: Self) -> Bool {
      (left.instant, left.lease) < (right.instant, right.lease)
    }
  }

  private var leases: [LeaseID: Lease] = [:]
  /// One entry a lease; a renewed lease is put back when its old entry comes up.
  private var deadlines = Heap<Deadline>()
  private var withheld: [WorkerID: OrderedSet<LeaseID>] = [:]
  private(set) var heldCount = 0

  subscript(id: LeaseID) -> Lease? { leases[id] }

  /// No lease is looked at before this time.
  var nextDeadline: MonotonicInstant? { deadlines.min?.instant }

  func withheld(for worker: WorkerID) -> [LeaseID] { withheld[worker].map(Array.init) ?? [] }

  mutating func add(_ lease: Lease, as id: LeaseID) {
    leases[id] = lease
    switch lease.state {
    case .opening: break
    case .held(_, let expires):
      heldCount += 1
      deadlines.insert(Deadline(instant: expires, lease: id))
    case .withheld(let expires):
      withheld[lease.worker, default: []].append(id)
      deadlines.insert(Deadline(instant: expires, lease: id))
    }
  }

  /// The attempt is durable, the worker is told.
  mutating func hand(_ id: LeaseID, at now: MonotonicInstant, until expires: MonotonicInstant) {
    guard var lease = leases[id], lease.state == .opening else { return }
    lease.state = .held(granted: now, expires: expires)
    add(lease, as: id)
  }

  /// Its worker has said that it holds it.
  ///
  /// - Returns: whether it had been withheld until now.
  mutating func renew(_ id: LeaseID, at now: MonotonicInstant, until expires: MonotonicInstant)
    -> Bool
  {
    switch leases[id]?.state {
    case .held(let granted, _):
      leases[id]?.state = .held(granted: granted, expires: expires)
      return false
    case .withheld:
      leases[id]?.state = .held(granted: now, expires: expires)
      heldCount += 1
      if let worker = leases[id]?.worker { forgetWithheld(id, of: worker) }
      return true
    case .opening, nil: return false
    }
  }

  mutating func note(step: Int, of id: LeaseID) { leases[id]?.step = step }

  mutating func remove(_ id: LeaseID) -> Lease? {
    guard let lease = leases.removeValue(forKey: id) else { return nil }
    switch lease.state {
    case .opening: break
    case .held: heldCount -= 1
    case .withheld: forgetWithheld(id, of: lease.worker)
    }
    return lease
  }

  private mutating func forgetWithheld(_ id: LeaseID, of worker: WorkerID) {
    withheld[worker]?.remove(id)
    if withheld[worker]?.isEmpty == true { withheld[worker] = nil }
  }

  /// A lease whose time is up, which stays in the table; nil when there is none.
  mutating func popExpired(at now: MonotonicInstant) -> LeaseID? {
    while let first = deadlines.min, first.instant <= now {
      deadlines.removeMin()
      switch leases[first.lease]?.state {
      case .held(_, let expires), .withheld(let expires):
        if expires <= now { return first.lease }
        deadlines.insert(Deadline(instant: expires, lease: first.lease))
      case .opening, nil: break
      }
    }
    return nil
  }
}

import Experiments
import OrderedCollections

/// A worker that is connected: one epoch of it.
struct Session: Sendable {
  let id: WorkerID
  let epoch: UInt64
  var description: WorkerDescription
  /// The number of its machine.
  let node: Int
  /// The connection that it was last heard on.
  var routing: RoutingID
  var lastHeard: MonotonicInstant
  /// Reports up to here have arrived, in order.
  var received: Int
  /// Reports up to here are durable.
  var acknowledged: Int
  var heartbeats = 0
  /// Whether it gave a run back and has not been heard of since: it is likely to leave.
  var isResting = false
  var leases: OrderedSet<LeaseID> = []
  /// The last state of a run whose lease was lost, in case its result follows.
  var lateState: LateState?
  /// Until when it takes runs, if it knows; afterwards it saves them and leaves.
  var leavesAt: MonotonicInstant?
  /// What runs may need and it has not got.
  var lacking: OrderedDictionary<RunNeed, Lack> = [:]
  /// How long its trainers take for a run, lately; nil before the first result.
  var secondsPerRun: Double?

  /// A queue of at most this many runs waits at a worker beside those being computed.
  static let prefetchMax = 1024
  /// Long enough that a round trip and a commit are small beside it.
  static let prefetchSeconds = 0.25

  /// How many runs should wait at the worker, so that short runs do not wait for the network.
  var prefetch: Int {
    guard let secondsPerRun else { return 0 }
    let perSlot = Self.prefetchSeconds / max(secondsPerRun, 1e-4)
    guard perSlot >= 1 else { return 0 }
    return min(Self.prefetchMax, Int(perSlot) * description.slots)
  }

  /// How long it takes runs.
  var stay: Stay {
    Stay(leavesAt: leavesAt, checkpointSeconds: description.checkpointInterval.inSeconds)
  }

  /// Until when a worker stays, and how often it saves its runs.
  struct Stay: Sendable {
    let leavesAt: MonotonicInstant?
    let checkpointSeconds: Double

    /// Whether it stays until a run of so many seconds has ended, or was saved for the first time.
    ///
    /// What it computes beyond that is saved when it leaves, too, but only if all goes well then.
    func lasts(for seconds: Double, at now: MonotonicInstant) -> Bool {
      guard let leavesAt else { return true }
      return min(seconds, checkpointSeconds) <= (leavesAt - now).inSeconds
    }
  }

  mutating func learn(_ seconds: Double) {
    secondsPerRun = secondsPerRun.map { 0.8 * $0 + 0.2 * seconds } ?? seconds
  }
}

/// A checkpoint that came when its lease did not count any more.
struct LateState: Sendable {
  let lease: LeaseID
  let step: Int
  let bytes: [UInt8]
}

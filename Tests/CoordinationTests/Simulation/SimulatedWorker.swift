import Coordination
import Experiments

/// A worker's process with its trainers; it dies as a whole.
struct SimulatedWorker {
  /// A trainer's process.
  struct Trainer {
    /// Tells this process from its predecessors in the slot.
    let process: Int
    var order: RunOrder?
    var step = 0
    var cancelled = false
  }

  let id: WorkerID
  let instance: Int
  var machine: Worker
  var routing: RoutingID
  var trainers: [Trainer?]
  var timerAt: MonotonicInstant?
  /// Every report that was sent, by its sequence number.
  var sent: [Int: Report] = [:]
  var checkedThrough = 0
  var slowness: Int

  init(
    id: WorkerID, instance: Int, slots: Int, slowness: Int, kept: [Report],
    at now: MonotonicInstant
  ) {
    self.id = id
    self.instance = instance
    self.slowness = slowness
    var settings = Worker.Settings(
      worker: id, epoch: UInt64(instance), softwareVersion: "0", host: "host-\(id)", slots: slots,
      blasKernels: "none")
    settings.hungAfter = .seconds(20)
    machine = Worker(settings: settings, kept: kept, at: now)
    routing = RoutingID([])
    trainers = Array(repeating: nil, count: slots)
  }
}

import Coordination
import Experiments

/// A worker's process with its trainers; it dies as a whole.
struct SimulatedWorker {
  /// A trainer's process.
  struct Trainer {
    /// Tells this computation from all others.
    let process: Int
    var order: RunOrder?
    var first = 0
    var step = 0
    /// It is right to kill it: it hangs, or speaks nonsense.
    var isBroken = false
  }

  let instance: Int
  var machine: Worker
  var routing: RoutingID
  var trainers: [Trainer?]
  var timerAt: MonotonicInstant?
  /// Every report that was sent, by its sequence number.
  var sent: [Int: Report] = [:]
  var checkedThrough = 0
  /// Something could not be kept on its disk, of which it is yet to hear.
  var isKeepFailing = false
  /// A record takes at most ten times as many milliseconds.
  var slowness: Int

  init(
    id: WorkerID, host: String, instance: Int, slots: Int, slowness: Int, kept: [Report],
    at now: MonotonicInstant
  ) {
    self.instance = instance
    self.slowness = slowness
    var settings = Worker.Settings(
      worker: id, epoch: UInt64(instance), softwareVersion: "0", host: host, slots: slots,
      blasKernels: "none")
    settings.hungAfter = .seconds(20)
    machine = Worker(settings: settings, kept: kept, at: now)
    routing = RoutingID([])
    trainers = Array(repeating: nil, count: slots)
  }
}

/// A machine's clock and whether it stands still.
struct SimulatedMachine {
  /// Its clock is behind by this, because it stood still before.
  var lag: Duration = .zero
  var asleepUntil: MonotonicInstant?
  /// Nothing comes through to the head, or from it, before these times.
  var towardsHeadBlockedUntil: MonotonicInstant?
  var fromHeadBlockedUntil: MonotonicInstant?

  mutating func sleep(from now: MonotonicInstant, _ length: Duration, clockStands: Bool) {
    guard asleepUntil.map({ $0 <= now }) ?? true else { return }
    asleepUntil = now + length
    // Nothing on it looks at the clock meanwhile: it might as well jump back now.
    if clockStands { lag += length }
  }
}

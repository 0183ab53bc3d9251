import Experiments
import OrderedCollections

extension Coordinator {
  /// How far the sweeps are.
  ///
  /// Counts what has arrived; the last few milliseconds of it need not be durable yet.
  public func progress(at now: MonotonicInstant) -> Progress {
    let workers = sessions.values.map { session in
      Progress.WorkerProgress(
        host: session.description.provenance.host,
        busy: min(session.leases.count, session.description.slots),
        slots: session.description.slots)
    }
    let running = workers.reduce(0) { $0 + $1.busy }
    let elapsed = (now - startedAt).inSeconds
    let fresh = runs.finishedCount - runs.reusedCount
    return Progress(
      done: runs.wanted.finished, reused: runs.wanted.reused, running: running,
      failed: runs.wanted.failed,
      total: runs.wanted.all, rate: elapsed > 0 ? Double(fresh) / elapsed : 0,
      timeLeft: timeLeft(running: running), workers: workers)
  }

  /// The slots on machines that are given runs: not of those that are quarantined or passed over.
  private var usableSlots: Int {
    sessions.values.reduce(0) { sum, session in
      sum + (nodes.mayCompute(session.node) ? session.description.slots : 0)
    }
  }

  /// What waits, and half of what runs, divided among the slots.
  private func timeLeft(running: Int) -> Duration? {
    let slots = usableSlots
    guard slots > 0, schedule.model.observed > 0, runs.waitingCount + running > 0 else {
      return nil
    }
    // Runs that were cancelled stay in the schedule until their turn comes.
    let waiting = runs.waitingCount > 0 ? schedule.expectedSeconds : 0
    // What waits for a file, or for a machine to itself, waits for nobody knows how long.
    guard waiting > 0 || runs.waitingCount == 0 else { return nil }
    let each =
      runs.waitingCount > 0 ? waiting / Double(runs.waitingCount) : schedule.model.meanSeconds
    let seconds = (waiting + each * Double(running) / 2) / Double(slots)
    return .seconds(seconds)
  }
}

import Coordination
import Experiments
import ResultStore

extension SweepStatus {
  /// How far the sweeps of a store are that nobody works on, or as nobody had begun again.
  ///
  /// - Parameters:
  ///   - store: the store.
  ///   - isMeant: whether a sweep of this name is asked for.
  /// - Returns: in the order of their registration.
  /// - Throws: `StoreError` if the store cannot be read.
  static func all(
    of store: ResultStore, where isMeant: (String) -> Bool = { _ in true }
  ) throws(StoreError) -> [SweepStatus] {
    var sweeps: [SweepStatus] = []
    for stored in try store.sweeps() where isMeant(stored.sweep.name) {
      let counts = try store.counts(ofSweep: stored.sweep.name)
      let isCancelled = stored.cancelledAt != nil
      let open = counts.waiting + counts.running
      sweeps.append(
        SweepStatus(
          name: stored.sweep.name, priority: stored.sweep.priority, isCancelled: isCancelled,
          total: counts.total, done: counts.finished, waiting: isCancelled ? 0 : open,
          failed: counts.failed, cancelled: counts.cancelled + (isCancelled ? open : 0)))
    }
    return sweeps
  }
}

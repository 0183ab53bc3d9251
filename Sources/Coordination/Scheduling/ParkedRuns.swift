import Experiments
import OrderedCollections

/// Waiting runs that came up for a worker without their input files, for workers that have these.
struct ParkedRuns: Sendable {
  private struct Entry: Sendable {
    var run: Int
    var ticket: Int
  }

  /// By the SHA-256 of the files that a run needs; a slice, because taking its first element moves nothing.
  private var queues: OrderedDictionary<[String], ArraySlice<Entry>> = [:]

  /// Adds a waiting run; an earlier entry of it counts no longer once it has been granted.
  mutating func insert(_ run: Int, in runs: borrowing RunTable) {
    queues[Array(runs.inputs(of: run).values), default: []].append(
      Entry(run: run, ticket: runs[run].ticket))
  }

  /// The run that came first of those whose files a worker has; it stays.
  ///
  /// - Parameters:
  ///   - lacking: the SHA-256 of the files that the worker has not got.
  ///   - runs: what the entries are checked against.
  /// - Returns: nil when nothing waits that this worker has the files for.
  mutating func peek(lacking: Set<String>, in runs: borrowing RunTable) -> Int? {
    for (inputs, queue) in queues where lacking.isDisjoint(with: inputs) {
      guard let place = queue.firstIndex(where: { runs.isWaiting($0.run, $0.ticket) }) else {
        queues[inputs] = nil
        continue
      }
      queues[inputs] = queue[place...]
      return queue[place].run
    }
    return nil
  }

  /// Takes the run that `peek` has shown.
  mutating func take(_ run: Int, in runs: borrowing RunTable) {
    let inputs = Array(runs.inputs(of: run).values)
    if queues[inputs]?.first?.run == run { queues[inputs]?.removeFirst() }
    if queues[inputs]?.isEmpty == true { queues[inputs] = nil }
  }
}

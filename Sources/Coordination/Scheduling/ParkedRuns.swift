import Experiments
import OrderedCollections

/// Waiting runs that came up for a worker without what they need, for workers that have it.
struct ParkedRuns: Sendable {
  private struct Entry: Sendable {
    var run: Int
    var ticket: Int
  }

  /// By what a run needs; a slice, because taking its first element moves nothing.
  private var queues: OrderedDictionary<[RunNeed], ArraySlice<Entry>> = [:]

  /// Adds a waiting run; an earlier entry of it counts no longer once it has been granted.
  mutating func insert(_ run: Int, in runs: borrowing RunTable) {
    queues[runs.needs(of: run), default: []].append(Entry(run: run, ticket: runs[run].ticket))
  }

  /// The run that came first of those whose needs a worker meets; it stays.
  ///
  /// - Parameters:
  ///   - lacking: what the worker has not got.
  ///   - runs: what the entries are checked against.
  /// - Returns: nil when nothing waits that this worker has all for.
  mutating func peek(lacking: Set<RunNeed>, in runs: borrowing RunTable) -> Int? {
    for (needs, queue) in queues where lacking.isDisjoint(with: needs) {
      guard let place = queue.firstIndex(where: { runs.isWaiting($0.run, $0.ticket) }) else {
        queues[needs] = nil
        continue
      }
      queues[needs] = queue[place...]
      return queue[place].run
    }
    return nil
  }

  /// Takes the run that `peek` has shown.
  mutating func take(_ run: Int, in runs: borrowing RunTable) {
    let needs = runs.needs(of: run)
    if queues[needs]?.first?.run == run { queues[needs]?.removeFirst() }
    if queues[needs]?.isEmpty == true { queues[needs] = nil }
  }
}

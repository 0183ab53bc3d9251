import Experiments
import OrderedCollections

/// Waiting runs that have failed somewhere: each goes to a machine that it has not been tried on.
///
/// They come before other runs of their priority, because whether the run or the machine was at fault
/// is known only once they have ended elsewhere.
struct RetryQueue: Sendable {
  private struct Kind: Hashable, Sendable {
    /// The nodes on which the runs failed, in ascending order.
    var tried: [Int]
    var priority: Int
    var needs: [RunNeed]
  }

  private struct Entry: Sendable {
    var run: Int
    var ticket: Int
    /// The order of arrival.
    var number: Int
  }

  /// A slice for each kind, because taking its first element moves nothing.
  private var queues: OrderedDictionary<Kind, ArraySlice<Entry>> = [:]
  private var count = 0

  /// Adds a waiting run; an earlier entry of it counts no longer.
  mutating func insert(_ run: Int, in runs: borrowing RunTable, tried: [Int]) {
    let state = runs[run]
    count += 1
    let kind = Kind(tried: tried, priority: state.group.priority, needs: runs.needs(of: run))
    queues[kind, default: []].append(Entry(run: run, ticket: state.ticket, number: count))
  }

  /// The run that a machine should try next; it stays in the queue.
  ///
  /// - Parameters:
  ///   - node: the machine.
  ///   - nodes: says whether there is a machine that a run has not been tried on.
  ///   - lacking: what runs may need and the worker has not got.
  ///   - runs: what the entries are checked against.
  /// - Returns: nil when nothing waits that this machine may try.
  mutating func peek(
    for node: Int, among nodes: borrowing NodeTable, lacking: Set<RunNeed>,
    _ runs: borrowing RunTable
  ) -> Int? {
    var best: (priority: Int, number: Int, run: Int)?
    for (kind, queue) in queues
    where lacking.isDisjoint(with: kind.needs)
      && (!kind.tried.contains(node) || !nodes.hasUntried(kind.tried, for: kind.needs))
    {
      guard let entry = queue.first(where: { runs.isWaiting($0.run, $0.ticket) }) else {
        queues[kind] = nil
        continue
      }
      if let best, (best.priority, -best.number) > (kind.priority, -entry.number) { continue }
      best = (kind.priority, entry.number, entry.run)
    }
    return best?.run
  }

  /// Takes out a run that `peek` has shown, with what waits no longer before it.
  mutating func take(_ run: Int, in runs: borrowing RunTable, tried: [Int]) {
    let kind = Kind(
      tried: tried, priority: runs[run].group.priority, needs: runs.needs(of: run))
    guard let queue = queues[kind], let place = queue.firstIndex(where: { $0.run == run }) else {
      return
    }
    queues[kind] = queue[(place + 1)...]
    if queues[kind]?.isEmpty == true { queues[kind] = nil }
  }
}

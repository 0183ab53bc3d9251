import Experiments

/// The waiting runs in the order in which they are granted.
///
/// By priority, then sweep by sweep as they came, then seed by seed, the longest expected first within a seed. A run starts at once when
/// its own expected time reaches the expected remainder of everything, because it would end last.
/// Entries are checked when they are taken: a run that no longer waits is passed over.
struct Schedule: Sendable {
  /// The group that a run belongs to.
  struct Group: Hashable, Comparable, Sendable {
    var priority: Int
    /// The place of its sweep in the order in which they came.
    var arrival = 0
    var seedRank: Int

    static func < (left: Self, right: Self) -> Bool {
      (right.priority, left.arrival, left.seedRank) < (left.priority, right.arrival, right.seedRank)
    }
  }

  private struct Entry: Sendable {
    var run: Int
    var ticket: Int
    var seconds: Double
  }

  private struct Bucket: Sendable {
    var group: Group
    /// The one to take next comes last.
    var entries: [Entry] = []
    var seconds = 0.0
    var modelVersion: Int
    var isSorted = true
  }

  /// A run is begun this much before it must be, because what is expected of it may be too little.
  private static let haste = 1.5

  /// In the order of their groups.
  private var buckets: [Bucket] = []
  var model = CostModel()

  /// The expected seconds of all that waits, added up.
  var expectedSeconds: Double { buckets.reduce(0) { $0 + max(0, $1.seconds) } }

  /// Adds a waiting run; an earlier entry of it counts no longer.
  mutating func insert(_ run: Int, in runs: borrowing RunTable) {
    let state = runs[run]
    var low = 0
    var high = buckets.count
    while low < high {
      let middle = (low + high) / 2
      if buckets[middle].group < state.group { low = middle + 1 } else { high = middle }
    }
    if low == buckets.count || buckets[low].group != state.group {
      buckets.insert(Bucket(group: state.group, modelVersion: model.version), at: low)
    }
    let seconds = model.expectedSeconds(
      runs.point(of: run), maxSteps: runs.request(of: run).maxSteps)
    buckets[low].entries.append(Entry(run: run, ticket: state.ticket, seconds: seconds))
    buckets[low].seconds += seconds
    buckets[low].isSorted = false
  }

  /// The run to grant next, with its expected seconds; it stays in the schedule.
  ///
  /// - Parameters:
  ///   - runs: what the entries are checked against.
  ///   - slots: how many runs are computed side by side.
  /// - Returns: nil when nothing waits.
  mutating func peek(_ runs: borrowing RunTable, slots: Int) -> (run: Int, seconds: Double)? {
    guard let bucket = chosenBucket(runs, slots: slots),
      let entry = buckets[bucket].entries.last
    else { return nil }
    return (entry.run, entry.seconds)
  }

  /// Takes the run that `peek` shows.
  mutating func take(_ runs: borrowing RunTable, slots: Int) -> Int? {
    guard let bucket = chosenBucket(runs, slots: slots),
      let entry = buckets[bucket].entries.popLast()
    else { return nil }
    buckets[bucket].seconds -= entry.seconds
    return entry.run
  }

  private mutating func chosenBucket(_ runs: borrowing RunTable, slots: Int) -> Int? {
    while let first = buckets.first {
      _ = first
      prepare(0, runs)
      if !buckets[0].entries.isEmpty { break }
      buckets.removeFirst()
    }
    guard !buckets.isEmpty else { return nil }
    // Without an observation all expectations are the prior's, and no run stands out.
    guard buckets.count > 1, model.observed > 0 else { return 0 }
    // All of them before the remainder is taken, which they change.
    for index in 1..<buckets.count { prepare(index, runs) }
    let remainder = expectedSeconds / Double(max(slots, 1))
    var chosen = 0
    var longestChosen = buckets[0].entries.last?.seconds ?? 0
    for index in 1..<buckets.count {
      guard let longest = buckets[index].entries.last?.seconds,
        longest * Self.haste >= remainder, longest > longestChosen
      else { continue }
      (chosen, longestChosen) = (index, longest)
    }
    return chosen
  }

  /// Sorts a bucket by what the model expects now, and drops entries at its end that wait no longer.
  private mutating func prepare(_ index: Int, _ runs: borrowing RunTable) {
    if buckets[index].modelVersion != model.version {
      buckets[index].modelVersion = model.version
      buckets[index].isSorted = false
      buckets[index].seconds = 0
      for place in buckets[index].entries.indices {
        let run = buckets[index].entries[place].run
        let seconds = model.expectedSeconds(
          runs.point(of: run), maxSteps: runs.request(of: run).maxSteps)
        buckets[index].entries[place].seconds = seconds
        buckets[index].seconds += seconds
      }
    }
    if !buckets[index].isSorted {
      buckets[index].isSorted = true
      // Equal expectations keep the order of the grid.
      buckets[index].entries.sort { ($0.seconds, -$0.run) < ($1.seconds, -$1.run) }
    }
    while let entry = buckets[index].entries.last, !runs.isWaiting(entry.run, entry.ticket) {
      buckets[index].seconds -= entry.seconds
      buckets[index].entries.removeLast()
    }
  }
}

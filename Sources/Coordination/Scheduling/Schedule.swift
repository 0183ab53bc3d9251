import Experiments

/// The waiting runs in the order in which they are granted.
///
/// By priority, then sweep by sweep as they came, then seed by seed, the longest expected first within a seed. A run starts at once when
/// its own expected time reaches the expected remainder of its sweep, because it would end last.
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

  private struct Bucket: Sendable {
    var group: Group
    var runs = ExpectedRuns()
  }

  /// A run is begun this much before it must be.
  ///
  /// What is expected of it is too little as long as only the short ones of its like have ended, and seeds of one cell differ: with 1.5
  /// the five-seed α–ε sweep took a fifth longer on 64 slots than it had to.
  private static let haste = 5.0

  /// In the order of their groups.
  private var buckets: [Bucket] = []
  var model = CostModel()

  /// The expected seconds of all that waits, added up; those that have not been asked for yet count as the mean of what was observed.
  var expectedSeconds: Double { expectedSeconds(of: buckets[...]) }

  private func expectedSeconds(of buckets: ArraySlice<Bucket>) -> Double {
    let guesses = buckets.reduce(0) { $0 + $1.runs.guesses }
    return buckets.reduce(Double(guesses) * model.meanSeconds) { $0 + max(0, $1.runs.seconds) }
  }

  /// Adds a waiting run; an earlier entry of it counts no longer.
  mutating func insert(_ run: Int, in runs: borrowing RunTable) {
    let state = runs[run]
    let place = place(of: state.group)
    if place == buckets.count || buckets[place].group != state.group {
      buckets.insert(Bucket(group: state.group), at: place)
    }
    buckets[place].runs.insert(
      ExpectedRuns.Entry(
        run: Int32(run), ticket: Int32(state.ticket),
        seconds: model.expectedSeconds(of: run, runs), version: Int32(model.version)))
  }

  /// The first bucket whose group does not come before this one.
  private func place(of group: Group) -> Int {
    var low = 0
    var high = buckets.count
    while low < high {
      let middle = (low + high) / 2
      if buckets[middle].group < group { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The run to grant next, with its expected seconds; it stays in the schedule.
  ///
  /// - Parameters:
  ///   - runs: what the entries are checked against.
  ///   - slots: how many runs are computed side by side.
  /// - Returns: nil when nothing waits.
  mutating func peek(_ runs: borrowing RunTable, slots: Int) -> (run: Int, seconds: Double)? {
    while let first = buckets.first, first.runs.isEmpty { buckets.removeFirst() }
    while !buckets.isEmpty {
      guard let first = buckets[0].runs.top(runs, model) else {
        buckets.removeFirst()
        continue
      }
      let entry = hasty(runs, slots: slots, longerThan: first.seconds) ?? first
      return (Int(entry.run), entry.seconds)
    }
    return nil
  }

  /// A run of a later seed of the same sweep that would end last if it did not begin now.
  private mutating func hasty(
    _ runs: borrowing RunTable, slots: Int, longerThan seconds: Double
  ) -> ExpectedRuns.Entry? {
    // Without an observation all expectations are guesses, and no run stands out.
    guard buckets.count > 1, model.observed > 0 else { return nil }
    let sweep = buckets[0].group
    let end =
      buckets.firstIndex {
        ($0.group.priority, $0.group.arrival) != (sweep.priority, sweep.arrival)
      }
      ?? buckets.count
    // All of them before the remainder is taken, which they change.
    let tops = (1..<end).map { buckets[$0].runs.top(runs, model) }
    let remainder = expectedSeconds(of: buckets[..<end]) / Double(max(slots, 1))
    var chosen: ExpectedRuns.Entry?
    for case let entry? in tops
    where entry.seconds * Self.haste >= remainder && entry.seconds > chosen?.seconds ?? seconds {
      chosen = entry
    }
    return chosen
  }

  /// Takes out the run that `peek` has shown.
  mutating func take(_ run: Int, in runs: borrowing RunTable) {
    let place = place(of: runs[run].group)
    precondition(
      place < buckets.count && buckets[place].group == runs[run].group,
      "run \(run) is in no bucket")
    buckets[place].runs.remove(run)
  }
}

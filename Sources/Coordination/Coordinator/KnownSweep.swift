import BitCollections
import Experiments
import OrderedCollections

/// A sweep that was submitted: its runs, by their places in the run table, and what it wants of them.
struct KnownSweep: Sendable {
  let name: String
  /// Its place in the order in which the sweeps came.
  let arrival: Int
  var priority: Int
  var request: Request
  /// Paths of the input files, by parameter.
  var files: OrderedDictionary<String, String>
  /// In the order of the grid.
  var runs: [Int32] = []
  /// The same, to ask whether a run is among them.
  var members: BitSet = []
  /// The rank of each seed among its own.
  var seedRanks: [ParameterValue: Int] = [:]
  /// How many runs of each seed it wants that have not ended; empty unless there are several seeds.
  var openBySeed: [ParameterValue: Int] = [:]
  /// The runs that it no longer wants, although it is not cancelled.
  var cancelledRuns: Set<Int32> = []
  var isCancelled: Bool

  /// Whether a run is one of its own that it wants no more.
  func hasGivenUp(_ run: Int) -> Bool {
    (isCancelled || cancelledRuns.contains(Int32(run))) && members.contains(run)
  }

  func wants(_ run: Int) -> Bool { members.contains(run) && !hasGivenUp(run) }

  /// The group in which it has the runs of a seed.
  func group(ofSeed seed: ParameterValue?) -> Schedule.Group {
    Schedule.Group(
      priority: priority, arrival: arrival, seedRank: seed.flatMap { seedRanks[$0] } ?? 0)
  }

  /// The runs that it wants.
  var wantedRuns: [Int32] {
    if isCancelled { return [] }
    return cancelledRuns.isEmpty ? runs : runs.filter { !cancelledRuns.contains($0) }
  }
}

import Experiments
import GRDB

/// What the writer knows of the store without looking: the runs under way, and what sweeps ask for.
///
/// This process is the only writer. What was learned in a transaction that was undone is forgotten with it, and whoever
/// changes runs or sweeps past `BatchWriter` begins with an empty memory afterwards.
struct WriterMemory: Sendable {
  struct Run: Sendable {
    let id: Int64
    var status: String
    var hasResult: Bool
    /// All attempts at it, by their numbers; nil before they have been looked up.
    var attempts: [Int: Acceptance.Link]?
  }

  /// More runs than are ever under way at once; those of lost workers stay in it.
  private static let runsMax = 100_000

  /// Runs are granted in the order of the grid where nothing speaks against it: so many are looked up at once then.
  private static let neighboursCount: Int64 = 256
  private static let expectedMax = 65_536

  private(set) var runs: [RunKey: Run] = [:]
  /// Neighbours of runs that had to be looked up, which are open and have not been asked for.
  private var expected: [RunKey: Run] = [:]
  private var lastMissed: Int64 = 0
  var quantities: [String: Int64] = [:]
  /// What every sweep asks for.
  var requests: [Int64: Request]?

  /// A neighbour of runs that had to be looked up; it is expected no more.
  mutating func takeExpected(_ key: RunKey) -> Run? {
    expected.isEmpty ? nil : expected.removeValue(forKey: key)
  }

  /// The runs to look up together with one that was not known: none unless it follows closely upon the one before.
  ///
  /// - Parameter id: its number.
  /// - Returns: the numbers that follow.
  mutating func neighbours(ofMissed id: Int64) -> ClosedRange<Int64>? {
    defer { lastMissed = id }
    guard id > lastMissed, id - lastMissed <= Self.neighboursCount else { return nil }
    if expected.count >= Self.expectedMax { expected.removeAll(keepingCapacity: true) }
    return id + 1...id + Self.neighboursCount
  }

  mutating func expect(_ run: Run, at key: RunKey) {
    if runs[key] == nil { expected[key] = run }
  }

  subscript(key: RunKey) -> Run? {
    get { runs[key] }
    set {
      if runs.count >= Self.runsMax { runs.removeAll(keepingCapacity: true) }
      runs[key] = newValue
    }
  }
}

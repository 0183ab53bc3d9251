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

  private(set) var runs: [RunKey: Run] = [:]
  var quantities: [String: Int64] = [:]
  /// What every sweep asks for.
  var requests: [Int64: Request]?

  subscript(key: RunKey) -> Run? {
    get { runs[key] }
    set {
      if runs.count >= Self.runsMax { runs.removeAll(keepingCapacity: true) }
      runs[key] = newValue
    }
  }
}

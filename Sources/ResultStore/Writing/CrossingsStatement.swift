import Experiments
import GRDB

/// Writes some crossings of a run at once.
///
/// The runs of a sweep mostly watch for the same thresholds: their names stay bound, and are made where one differs.
final class CrossingsStatement {
  private let statement: RawStatement
  /// Those of the last time, in which the steps do not matter.
  private var named: [Crossing?]

  /// Prepares it.
  ///
  /// - Parameters:
  ///   - rows: how many crossings it writes.
  ///   - database: where to.
  /// - Throws: if it cannot be prepared.
  init(rows: Int, in database: Database) throws {
    // ?1 is the run; each row has three more.
    let places = (0..<rows).map { "(?1, ?\(3 * $0 + 2), ?\(3 * $0 + 3), ?\(3 * $0 + 4))" }
    // FAIL leaves the rows before a wrong one to the transaction, which is undone: with ABORT, SQLite would copy every page
    // that it changes, to undo the statement alone.
    statement = try RawStatement(
      """
      INSERT OR FAIL INTO crossing (run, series, threshold, step)
      VALUES \(places.joined(separator: ", "))
      """, in: database)
    named = Array(repeating: nil, count: rows)
  }

  /// Writes crossings.
  ///
  /// - Parameters:
  ///   - crossings: as many as it has rows.
  ///   - run: whose they are.
  /// - Throws: if the run has one of them already.
  func execute(_ crossings: some Collection<Crossing>, run: Int64) throws {
    precondition(crossings.count == named.count, "\(crossings.count) rows for \(named.count)")
    statement.bind(run, at: 0)
    for (row, crossing) in crossings.enumerated() {
      let place = Int32(3 * row + 1)
      if named[row]?.series != crossing.series || named[row]?.threshold != crossing.threshold {
        statement.bind(crossing.series.rawValue, at: place)
        statement.bind(crossing.threshold.description, at: place + 1)
        named[row] = crossing
      }
      statement.bind(crossing.step, at: place + 2)
    }
    try statement.execute()
  }
}

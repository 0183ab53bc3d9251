import Experiments
import GRDB

/// The grid of one sweep, read in its order.
struct Grid {
  let sweep: Int64
  let request: Request

  /// Nil when there is no sweep of that name.
  init?(sweep name: String, in database: Database) throws {
    guard
      let row = try Row.fetchOne(
        database, sql: "SELECT id, request FROM sweep WHERE name = ?", arguments: [name])
    else { return nil }
    sweep = row[0]
    request = try StoredJSON.value(Request.self, of: row[1])
  }

  /// Calls `body` with every grid point's run and its row id.
  func forEachRun(
    in database: Database, _ body: (StoredRun, Int64) throws -> Void
  ) throws {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT sweep_run.position, run.id, run.key, run.configuration, run.failure,
          \(RunRows.summaryColumns)
        FROM sweep_run JOIN run ON run.id = sweep_run.run
        WHERE sweep_run.sweep = ? ORDER BY sweep_run.position
        """, arguments: [sweep])
    while let row = try rows.next() {
      let id: Int64 = row[1]
      let summary = try RunRows.summary(
        in: row, at: 5, crossings: RunRows.crossings(of: id, in: database))
      let run = StoredRun(
        position: row[0], key: try RunRows.key(row[2]),
        configuration: try RunRows.configuration(row[3]),
        status: Self.status(failure: row[4], summary: summary, request: request),
        summary: summary)
      try body(run, id)
    }
  }

  /// A run that was given up on the way to more still answers those who asked for less.
  static func status(
    failure: String?, summary: RunSummary?, request: Request
  ) -> StoredStatus {
    if let summary, request.isCovered(by: summary) { return .finished }
    return failure.map(StoredStatus.failed) ?? .open
  }

  /// The runs of this sweep with an attempt that has not ended.
  func runsUnderWay(in database: Database) throws -> Set<Int64> {
    Set(
      try Int64.fetchAll(
        database,
        sql: """
          SELECT DISTINCT attempt.run FROM attempt
          JOIN sweep_run ON sweep_run.run = attempt.run AND sweep_run.sweep = ?
          WHERE attempt.outcome IS NULL
          """, arguments: [sweep]))
  }
}

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

  /// The runs with an attempt; a new sweep of very many has none.
  func runsTried(in database: Database) throws -> Set<Int64> {
    Set(
      try Int64.fetchAll(
        database,
        sql: """
          SELECT run FROM sweep_run
          WHERE sweep = ? AND EXISTS (SELECT * FROM attempt WHERE attempt.run = sweep_run.run)
          """, arguments: [sweep]))
  }

  /// The runs that the sweep no longer wants.
  func runsCancelled(in database: Database) throws -> Set<Int64> {
    Set(
      try Int64.fetchAll(
        database, sql: "SELECT run FROM sweep_run WHERE sweep = ? AND cancelled",
        arguments: [sweep]))
  }

  /// How far the runs are, without reading each: a sweep may have millions.
  func counts(in database: Database) throws -> SweepCounts {
    var counts = SweepCounts()
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT status, EXISTS (SELECT * FROM attempt
            WHERE attempt.run = run.id AND attempt.outcome IS NULL) AS is_under_way, count(*)
        FROM sweep_run JOIN run ON run.id = sweep_run.run
        WHERE sweep_run.sweep = ? AND (status = 'finished' OR steps IS NULL)
        GROUP BY status, is_under_way
        """, arguments: [sweep])
    for row in rows {
      counts.add(Self.status(named: row[0]), isUnderWay: row[1], count: row[2])
    }
    // Some sweep wants these further than they are; this one need not.
    let results = try Row.fetchAll(
      database,
      sql: """
        SELECT run.id, status, EXISTS (SELECT * FROM attempt
            WHERE attempt.run = run.id AND attempt.outcome IS NULL)
        FROM sweep_run JOIN run ON run.id = sweep_run.run
        WHERE sweep_run.sweep = ? AND status <> 'finished' AND steps IS NOT NULL
        """, arguments: [sweep])
    for row in results {
      let summary = try RunRows.summary(of: row[0], in: database)
      let isAnswered = summary.map { request.isCovered(by: $0) } ?? false
      counts.add(
        isAnswered ? .finished : Self.status(named: row[1]), isUnderWay: row[2], count: 1)
    }
    return counts
  }

  private static func status(named name: String) -> StoredStatus {
    switch name {
    case "finished": .finished
    case "failed": .failed(reason: "")
    default: .open
    }
  }
}

extension SweepCounts {
  fileprivate mutating func add(_ status: StoredStatus, isUnderWay: Bool, count: Int) {
    switch status {
    case .finished: finished += count
    case .failed: failed += count
    case .open where isUnderWay: running += count
    case .open: waiting += count
    }
  }
}

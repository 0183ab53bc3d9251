import BitCollections
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

  /// What holds of the rows of `sweep_run` that stay cancelled when their sweep is taken up again.
  static let isCancelledByKey = "sweep_run.cancelled AND NOT sweep_run.cancelled_with_sweep"
  /// What is read of a run.
  private static let columns = "run.key, run.configuration, run.failure, \(RunRows.summaryColumns)"

  /// Calls `body` with every grid point's run and its row id.
  func forEachRun(
    in database: Database, _ body: (StoredRun, Int64) throws -> Void
  ) throws {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT \(Self.columns), sweep_run.position, run.id
        FROM sweep_run JOIN run ON run.id = sweep_run.run
        WHERE sweep_run.sweep = ? ORDER BY sweep_run.position
        """, arguments: [sweep])
    while let row = try rows.next() {
      let id: Int64 = row["id"]
      try body(
        try Self.run(in: row, id: id, at: row["position"], for: request, database), id)
    }
  }

  /// The run of a row id, at a grid point.
  func run(_ id: Int64, at position: Int, in database: Database) throws -> StoredRun {
    try Self.run(id, at: position, for: request, in: database)
  }

  /// The run of a row id, at a grid point, as it stands with respect to a request.
  static func run(
    _ id: Int64, at position: Int, for request: Request, in database: Database
  ) throws -> StoredRun {
    let statement = try database.cachedStatement(
      sql: "SELECT \(columns) FROM run WHERE id = ?")
    guard let row = try Row.fetchOne(statement, arguments: [id]) else {
      throw StoreError.unreadable(path: "sweep_run", what: "the run at position \(position)")
    }
    return try run(in: row, id: id, at: position, for: request, database)
  }

  private static func run(
    in row: Row, id: Int64, at position: Int, for request: Request, _ database: Database
  ) throws -> StoredRun {
    let summary = try RunRows.summary(
      in: row, at: 3, crossings: RunRows.crossings(of: id, in: database))
    return StoredRun(
      position: position, key: try RunRows.key(row[0]),
      configuration: try RunRows.configuration(row[1]),
      status: status(failure: row[2], summary: summary, request: request), summary: summary)
  }

  /// Calls `body` with every run of the grid, at the first of its positions.
  func forEachBrief(in database: Database, _ body: (Brief) throws -> Void) throws {
    let underWay = try Self.runsUnderWay(in: database)
    var attempted = try AttemptedRuns(in: database)
    let rows = try RawStatement(
      """
      SELECT sweep_run.position, run.id, run.key, run.status, sweep_run.cancelled,
        run.steps IS NULL AND run.status = 'open', run.retried_after
      FROM sweep_run JOIN run ON run.id = sweep_run.run
      WHERE sweep_run.sweep = ? ORDER BY sweep_run.position
      """, in: database)
    rows.bind(sweep, at: 0)
    var seen = BitSet()
    let finished = UInt8(ascii: "f")
    try rows.forEach { row in
      let id = row.integer64(1)
      guard seen.insert(Int(id)).inserted else { return }
      let isUntouched = try row.integer(5) != 0 && !attempted.contains(id)
      // "failed" begins like "finished", and is the shorter.
      let isFinished = row.firstByte(3) == finished && row.byteCount(3) == "finished".utf8.count
      let isAnswered = isFinished && !underWay.contains(id)
      try body(
        Brief(
          position: row.integer(0), id: id, key: try row.key(2), isCancelled: row.integer(4) != 0,
          retriedAfter: row.integer(6),
          standing: isUntouched ? .untouched : isAnswered ? .answered : nil))
    }
  }

  /// Whether the sweep wants a run that has no result which answers it; those that were given up count if that is said.
  func isUnfinished(failedToo: Bool, in database: Database) throws -> Bool {
    let rows = try RawStatement(
      """
      SELECT run.id, run.steps IS NOT NULL
      FROM sweep_run JOIN run ON run.id = sweep_run.run
      WHERE sweep_run.sweep = ? AND NOT sweep_run.cancelled
        AND run.status IN \(failedToo ? "('open', 'failed')" : "('open')")
      """, in: database)
    rows.bind(sweep, at: 0)
    // Of those with a result some sweep, which may be cancelled, wants more; this one need not.
    return try rows.contains { row in
      try row.integer(1) == 0 || !answers(row.integer64(0), in: database)
    }
  }

  private func answers(_ run: Int64, in database: Database) throws -> Bool {
    try RunRows.summary(of: run, in: database).map { request.isCovered(by: $0) } ?? false
  }

  /// The positions whose runs have no result that answers the sweep, but for those that were given up, or cancelled by their keys.
  func openPositions(
    in database: Database
  ) throws -> (open: [Int], cancelled: Int, failed: Int) {
    let rows = try RawStatement(
      """
      SELECT sweep_run.position, run.id, run.steps IS NOT NULL, \(Self.isCancelledByKey),
        run.status = 'failed'
      FROM sweep_run JOIN run ON run.id = sweep_run.run
      WHERE sweep_run.sweep = ? AND run.status <> 'finished' ORDER BY sweep_run.position
      """, in: database)
    rows.bind(sweep, at: 0)
    var (open, cancelled, failed): ([Int], Int, Int) = ([], 0, 0)
    try rows.forEach { row in
      // Some sweep wants it further than it is; this one need not.
      if try row.integer(2) != 0 && answers(row.integer64(1), in: database) { return }
      if row.integer(4) != 0 {
        failed += 1
      } else if row.integer(3) != 0 {
        cancelled += 1
      } else {
        open.append(row.integer(0))
      }
    }
    return (open, cancelled, failed)
  }

  /// What has to be known of most runs.
  struct Brief {
    var position: Int
    var id: Int64
    var key: RunKey
    var isCancelled: Bool
    var retriedAfter: Int
    /// Nil where the details have to be read.
    var standing: KnownRun.Standing?
  }

  /// A run that was given up on the way to more still answers those who asked for less.
  static func status(
    failure: String?, summary: RunSummary?, request: Request
  ) -> StoredStatus {
    if let summary, request.isCovered(by: summary) { return .finished }
    return failure.map(StoredStatus.failed) ?? .open
  }

  /// The runs that the sweep no longer wants.
  func runsCancelled(in database: Database) throws -> Set<Int64> {
    Set(
      try Int64.fetchAll(
        database, sql: "SELECT run FROM sweep_run WHERE sweep = ? AND cancelled",
        arguments: [sweep]))
  }

  /// The runs with an attempt under way; an index holds those alone.
  static func runsUnderWay(in database: Database) throws -> Set<Int64> {
    Set(try Int64.fetchAll(database, sql: "SELECT run FROM attempt WHERE outcome IS NULL"))
  }

  /// How far the runs are, without reading each: a sweep may have millions.
  func counts(in database: Database) throws -> SweepCounts {
    var counts = SweepCounts()
    var hasFurther = false
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT status, steps IS NOT NULL, count(*), cancelled
        FROM sweep_run JOIN run ON run.id = sweep_run.run WHERE sweep_run.sweep = ? GROUP BY 1, 2, 4
        """, arguments: [sweep])
    for row in rows {
      let status = Self.status(named: row[0])
      if row[3], status == .open, !row[1] {
        counts.cancelled += row[2]
      } else if status == .finished || !row[1] {
        counts.add(status, isUnderWay: false, count: row[2])
      } else {
        hasFurther = true
      }
    }
    // Those of the open runs were counted as if they waited.
    let running = try Int.fetchOne(
      database,
      sql: """
        SELECT count(*) FROM attempt
        JOIN run ON run.id = attempt.run JOIN sweep_run ON sweep_run.run = run.id
        WHERE attempt.outcome IS NULL AND sweep_run.sweep = ?
          AND run.status = 'open' AND run.steps IS NULL AND NOT sweep_run.cancelled
          AND attempt.number = (SELECT max(number) FROM attempt AS last
            WHERE last.run = attempt.run AND last.outcome IS NULL)
        """, arguments: [sweep])
    counts.running = running ?? 0
    counts.waiting -= counts.running
    guard hasFurther else { return counts }
    // Some sweep wants these further than they are; this one need not.
    let results = try Row.fetchAll(
      database,
      sql: """
        SELECT run.id, status, cancelled FROM sweep_run JOIN run ON run.id = sweep_run.run
        WHERE sweep_run.sweep = ? AND status <> 'finished' AND steps IS NOT NULL
        """, arguments: [sweep])
    let underWay = try Self.runsUnderWay(in: database)
    for row in results {
      let id: Int64 = row[0]
      let isAnswered = try answers(id, in: database)
      let status = isAnswered ? .finished : Self.status(named: row[1])
      if row[2], status == .open {
        counts.cancelled += 1
      } else {
        counts.add(status, isUnderWay: underWay.contains(id), count: 1)
      }
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

/// The runs that have attempts.
///
/// Runs that nobody has tried stand side by side, hundreds of thousands of them: one look at the index passes over all
/// of those between two that somebody has.
private struct AttemptedRuns {
  private let next: RawStatement
  /// Row ids of runs without attempts.
  private var gap: Range<Int64> = 0..<0

  init(in database: Database) throws {
    next = try RawStatement(
      "SELECT run FROM attempt WHERE run >= ? ORDER BY run LIMIT 1", in: database)
  }

  mutating func contains(_ run: Int64) throws -> Bool {
    if gap.contains(run) { return false }
    next.bind(run, at: 0)
    let following = try next.first { $0.integer64(0) } ?? .max
    gap = run..<following
    return gap.isEmpty
  }
}

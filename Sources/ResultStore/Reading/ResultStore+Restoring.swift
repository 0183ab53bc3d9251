public import Experiments
import Foundation
import GRDB

extension ResultStore {
  /// Tells of every run of a sweep what a coordinator has to know when it starts, in grid order.
  ///
  /// A sweep may have a million runs: of those that nobody has tried, and of those whose result answers every
  /// sweep, that is hardly more than the key.
  ///
  /// - Parameters:
  ///   - name: a registered sweep; of any other there are none.
  ///   - positions: the grid points that are of interest; nil for all.
  ///   - body: takes one run after the other; one that stands at several grid points comes once, at the first.
  /// - Throws: `StoreError` if the store cannot be read.
  public func restore(
    sweep name: String, at positions: [Int]? = nil, _ body: (KnownRun) -> Void
  ) throws(StoreError) {
    let wanted = positions.map(Set.init)
    try read { database in
      guard let grid = try Grid(sweep: name, in: database) else { return }
      try grid.forEachBrief(in: database) { brief in
        guard wanted?.contains(brief.position) ?? true else { return }
        let standing =
          try brief.standing ?? .told(restored(brief, of: grid, database))
        body(
          KnownRun(
            position: brief.position, key: brief.key, isCancelled: brief.isCancelled,
            standing: standing))
      }
    }
  }

  /// The runs of a sweep with all that the store knows of each, in grid order.
  ///
  /// - Parameters:
  ///   - name: a registered sweep; of any other there are none.
  ///   - positions: the grid points that are of interest; nil for all.
  /// - Returns: one value a run; a run that stands at several grid points comes once, at the first.
  /// - Throws: `StoreError` if the store cannot be read.
  public func restoredRuns(
    ofSweep name: String, at positions: [Int]? = nil
  ) throws(StoreError) -> [RestoredRun] {
    let wanted = positions.map(Set.init)
    var runs: [RestoredRun] = []
    try read { database in
      guard let grid = try Grid(sweep: name, in: database) else { return }
      try grid.forEachBrief(in: database) { brief in
        guard wanted?.contains(brief.position) ?? true else { return }
        runs.append(try restored(brief, of: grid, database))
      }
    }
    return runs
  }

  /// The runs, of whatever sweep or of none, of which an attempt may still bring a result.
  ///
  /// Such an attempt has not failed, and the run has got no result since it began.
  ///
  /// - Throws: `StoreError` if the store cannot be read.
  public func runsWithPendingResults() throws(StoreError) -> [RunKey] {
    try read { database in
      let rows = try RawStatement(
        """
        SELECT run.key FROM run JOIN (
          SELECT DISTINCT run FROM attempt
          WHERE outcome IS NOT 'accepted' AND outcome IS NOT 'failed' AND NOT superseded
        ) AS pending ON pending.run = run.id
        """, in: database)
      var keys: [RunKey] = []
      try rows.forEach { keys.append(try $0.key(0)) }
      return keys
    }
  }

  /// What the store knows of runs, whatever sweeps ask of them.
  ///
  /// - Parameter keys: their keys; those that are not in the store are left out.
  /// - Returns: the runs, in the same order; their positions, which are those of no grid, are 0.
  /// - Throws: `StoreError` if the store cannot be read.
  public func restoredRuns(_ keys: [RunKey]) throws(StoreError) -> [RestoredRun] {
    try read { database in
      try keys.compactMap { key in
        let statement = try database.cachedStatement(
          sql: "SELECT id, retried_after FROM run WHERE key = ?")
        guard let row = try Row.fetchOne(statement, arguments: [key.hexadecimal]) else {
          return nil
        }
        let id: Int64 = row[0]
        let run = try Grid.run(id, at: 0, for: .anything, in: database)
        return try restored(run, id, retriedAfter: row[1], for: .anything, database)
      }
    }
  }

  private func restored(
    _ brief: Grid.Brief, of grid: Grid, _ database: Database
  ) throws -> RestoredRun {
    let run = try grid.run(brief.id, at: brief.position, in: database)
    var restored = try restored(
      run, brief.id, retriedAfter: brief.retriedAfter, for: grid.request, database)
    restored.isCancelled = brief.isCancelled
    return restored
  }

  private func restored(
    _ run: StoredRun, _ id: Int64, retriedAfter: Int, for request: Request, _ database: Database
  ) throws -> RestoredRun {
    var restored = RestoredRun(
      run: run, failures: 0, losses: 0, lastAttempt: 0, openAttempts: [], checkpoint: nil)
    restored.retriedAfter = retriedAfter
    let statement = try database.cachedStatement(
      sql: "SELECT \(AttemptRows.columns) FROM attempt WHERE run = ? ORDER BY number")
    let rows = try Row.fetchCursor(statement, arguments: [id])
    while let row = try rows.next() {
      let stored = try AttemptRows.attempt(in: row, run: run.key)
      restored.lastAttempt = stored.attempt.number
      restored.attempts.append(stored)
      switch stored.outcome {
      case .open: restored.openAttempts.append(stored.attempt)
      case .ended(.failed):
        restored.failures += stored.attempt.number > retriedAfter ? 1 : 0
      case .ended(.lost): restored.losses += 1
      case .accepted, .ended(.withdrawn), .ended(.refused): break
      }
    }
    restored.checkpoint = try checkpointPlace(of: id, in: database, for: request, run.summary)
    return restored
  }

  /// Where a run can go on from: not from a result that never watched for the thresholds asked for.
  private func checkpointPlace(
    of id: Int64, in database: Database, for request: Request, _ summary: RunSummary?
  ) throws -> CheckpointPlace? {
    let statement = try database.cachedStatement(
      sql: """
        SELECT checkpoint.attempt, checkpoint.step, attempt.counts FROM checkpoint
        JOIN attempt ON attempt.run = checkpoint.run AND attempt.number = checkpoint.attempt
        WHERE checkpoint.run = ?
        """)
    guard let row = try Row.fetchOne(statement, arguments: [id]) else { return nil }
    let isOfResult: Bool = row[2]
    if isOfResult, let summary,
      summary.thresholds.union(request.thresholds) != summary.thresholds
    {
      return nil
    }
    return CheckpointPlace(attempt: row[0], step: row[1])
  }

  /// The newest checkpoint of a run, with its bytes.
  public func checkpoint(of key: RunKey) throws(StoreError) -> StoredCheckpoint? {
    try read { database in
      try Row.fetchOne(
        database,
        sql: """
          SELECT checkpoint.attempt, checkpoint.step, checkpoint.bytes
          FROM checkpoint JOIN run ON run.id = checkpoint.run WHERE run.key = ?
          """, arguments: [key.hexadecimal]
      ).map { row in
        let bytes: Data = row[2]
        return StoredCheckpoint(
          place: CheckpointPlace(attempt: row[0], step: row[1]), bytes: Array(bytes))
      }
    }
  }

  /// The highest lease that was ever written; leases are numbered on from it.
  public func highestLease() throws(StoreError) -> LeaseID? {
    try read { database in
      try Int.fetchOne(database, sql: "SELECT max(lease) FROM attempt").map { LeaseID($0) }
    }
  }

  /// How long finished attempts took, newest runs first: what a cost model learns from.
  ///
  /// - Parameters:
  ///   - experiment: the experiment's name.
  ///   - limit: at most so many.
  /// - Returns: attempts that ended with a result and did at least one step.
  /// - Throws: `StoreError` if the store cannot be read.
  public func runTimes(
    of experiment: String, limit: Int = 10_000
  ) throws(StoreError) -> [RunTime] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT run.configuration, run.steps - attempt.start_step,
            (julianday(attempt.ended_at) - julianday(attempt.started_at)) * 86400
          FROM run JOIN attempt
            ON attempt.run = run.id AND attempt.number = run.accepted_attempt
          WHERE run.experiment = ? AND run.steps > attempt.start_step
            AND attempt.ended_at >= attempt.started_at
          ORDER BY run.id DESC LIMIT ?
          """, arguments: [experiment, limit]
      ).map { row in
        RunTime(
          configuration: try RunRows.configuration(row[0]), steps: row[1], seconds: row[2])
      }
    }
  }
}

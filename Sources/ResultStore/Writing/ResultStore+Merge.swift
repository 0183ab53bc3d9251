import Experiments
import Foundation
import GRDB
import Synchronization

/// What was taken over from another store.
public struct MergeOutcome: Hashable, Sendable {
  /// Runs that the other store has a result of.
  public var offered: Int
  /// Of these, runs whose result is here now and was not before.
  public var taken: Int
  /// Of these, runs whose result here says as much.
  public var known: Int
  /// Of these, runs of which each store knows something that the other does not, or that have come further here; they stay as
  /// they are.
  public var differing: Int
  /// Sweeps of names that were not known here.
  public var sweeps: [String]

  public init(offered: Int, taken: Int, known: Int, differing: Int, sweeps: [String]) {
    self.offered = offered
    self.taken = taken
    self.known = known
    self.differing = differing
    self.sweeps = sweeps
  }
}

extension ResultStore {
  /// Takes over the results of another store, and the sweeps whose names are not known here.
  ///
  /// A result comes with its curve, its checkpoint and the attempts that led to it, under new numbers. Where
  /// both stores have a result, the one that says more stays. Doing it twice changes nothing.
  ///
  /// - Parameter path: the other store's file, which is only read.
  /// - Returns: what there was, and what of it is here now.
  /// - Throws: `StoreError` if the other file is no store of this version, or nothing can be written; then
  ///   nothing was taken.
  public func merge(_ path: String) throws(StoreError) -> MergeOutcome {
    guard Self.file(path) != Self.file(self.path) else {
      throw StoreError.notReadable(path: path, detail: "it is the store that results are to go to")
    }
    // Says in a sentence what is wrong with the file; SQLite would do so later and less clearly.
    let other = try ResultStore(path: path, access: .reader)
    // One in a folder that nobody here may write to has been opened by such a name already.
    let name =
      other.database.path.hasPrefix("file:")
      ? other.database.path : URL(fileURLWithPath: path).absoluteString + "?mode=ro"
    let instant = Timestamp.text(of: now())
    memory.withLock { $0 = WriterMemory() }
    do {
      return try database.writeWithoutTransaction { database in
        try database.execute(sql: "ATTACH DATABASE ? AS other", arguments: [name])
        defer { detach(database) }
        database.check(references: true)
        return try database.transaction { database in
          var merging = Merging(writer: try BatchWriter(database: database, instant: instant))
          return try merging.carryOut()
        }
      }
    } catch {
      throw StoreError(error, path: isToBlame(for: error) ? self.path : path)
    }
  }

  /// Whether a failure is this store's: SQLite does not say which of the two files it means.
  private func isToBlame(for error: any Error) -> Bool {
    let ambiguous: [ResultCode] = [
      .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CANTOPEN, .SQLITE_READONLY,
    ]
    guard let error = error as? DatabaseError, ambiguous.contains(error.resultCode) else {
      return true
    }
    do {
      let answer = try database.read { try String.fetchOne($0, sql: "PRAGMA main.quick_check(1)") }
      return answer != "ok"
    } catch {
      return true
    }
  }

  private static func file(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
  }

  private func detach(_ database: Database) {
    do {
      try database.execute(sql: "DETACH DATABASE other")
    } catch {
      // It goes with the connection; nothing is written to it.
    }
  }
}

/// Copies inside one transaction, with the other store attached as `other`.
private struct Merging {
  var writer: BatchWriter

  private var database: Database { writer.database }

  mutating func carryOut() throws -> MergeOutcome {
    let sweeps = try String.fetchAll(
      database,
      sql: """
        SELECT name FROM other.sweep WHERE name NOT IN (SELECT name FROM main.sweep) ORDER BY id
        """)
    try addRuns()
    let outcome = try choose(sweeps: sweeps)
    try clear()
    try addAttempts()
    try addRows()
    try addResults()
    try addSweeps(sweeps)
    try settle(sweeps)
    try database.execute(sql: "DROP TABLE temp.taken")
    return outcome
  }

  /// Runs that have a result over there, or that a sweep which is taken over wants.
  private func addRuns() throws {
    try database.execute(
      sql: """
        INSERT INTO main.run (key, experiment, version, configuration)
        SELECT key, experiment, version, configuration FROM other.run
        WHERE (steps IS NOT NULL OR id IN (
            SELECT run FROM other.sweep_run JOIN other.sweep ON sweep.id = sweep_run.sweep
            WHERE sweep.name NOT IN (SELECT name FROM main.sweep)))
          AND key NOT IN (SELECT key FROM main.run)
        ORDER BY id
        """)
  }

  /// Notes in `taken` the runs whose result over there says more than what there is here.
  private func choose(sweeps: [String]) throws -> MergeOutcome {
    try database.execute(
      sql: """
        CREATE TEMP TABLE taken AS
        SELECT theirs.id AS theirs, ours.id AS ours,
          (SELECT coalesce(max(number), 0) FROM main.attempt WHERE run = ours.id) AS shift,
          ours.steps IS NOT NULL AND ours.steps >= theirs.steps AND NOT EXISTS (
            SELECT series, threshold FROM other.crossing WHERE run = theirs.id
            EXCEPT SELECT series, threshold FROM main.crossing WHERE run = ours.id) AS is_known,
          (ours.steps IS NULL OR (theirs.steps >= ours.steps AND NOT EXISTS (
            SELECT series, threshold FROM main.crossing WHERE run = ours.id
            EXCEPT SELECT series, threshold FROM other.crossing WHERE run = theirs.id)))
          -- What is computed here, and has come further, will tell all that theirs does.
          AND NOT (ours.status = 'open' AND EXISTS (
            SELECT 1 FROM main.checkpoint WHERE run = ours.id AND step > theirs.steps)
            AND EXISTS (
              SELECT 1 FROM main.sweep_run JOIN main.sweep ON sweep.id = sweep_run.sweep
              WHERE sweep_run.run = ours.id AND NOT cancelled AND cancelled_at IS NULL))
          AS says_more
        FROM other.run AS theirs JOIN main.run AS ours ON ours.key = theirs.key
        WHERE theirs.steps IS NOT NULL
        """)
    let row = try Row.fetchOne(
      database,
      sql: """
        SELECT count(*), total(says_more AND NOT is_known), total(is_known),
          total(NOT says_more AND NOT is_known) FROM temp.taken
        """)
    try database.execute(sql: "DELETE FROM temp.taken WHERE is_known OR NOT says_more")
    func count(_ column: Int) -> Int { (row?[column] as Double?).map { Int($0) } ?? 0 }
    return MergeOutcome(
      offered: row?[0] ?? 0, taken: count(1), known: count(2), differing: count(3), sweeps: sweeps)
  }

  /// Lets go of what the results that are taken over make superfluous.
  private func clear() throws {
    for table in ["curve", "observable", "crossing", "checkpoint"] {
      try database.execute(
        sql: "DELETE FROM main.\(table) WHERE run IN (SELECT ours FROM temp.taken)")
    }
    try database.execute(
      sql: """
        UPDATE main.attempt SET counts = 0, superseded = 1,
          reason = CASE WHEN outcome IS NULL THEN 'a result was taken over from another store'
            ELSE reason END,
          ended_at = coalesce(ended_at, ?), outcome = coalesce(outcome, 'withdrawn')
        WHERE run IN (SELECT ours FROM temp.taken)
        """, arguments: [writer.instant])
  }

  /// The attempts that led to the results; leases are numbered here, because they are never used twice.
  private func addAttempts() throws {
    try database.execute(
      sql: """
        INSERT INTO main.attempt (run, number, parent, start_step, lease, worker, host, trainer,
          blas_kernels, started_at, ended_at, outcome, counts, reason, exit_status, log_tail,
          superseded)
        SELECT ours, number + shift, parent + shift, start_step,
          (SELECT coalesce(max(lease), 0) FROM main.attempt)
            + row_number() OVER (ORDER BY ours, number),
          worker, host, trainer, blas_kernels, started_at, ended_at, outcome, counts, reason,
          exit_status, log_tail, superseded
        FROM temp.taken JOIN other.attempt ON attempt.run = theirs WHERE counts
        ORDER BY ours, number
        """)
  }

  private func addRows() throws {
    try database.execute(
      sql: """
        INSERT INTO main.curve
          (run, attempt, step, train_loss, test_loss, train_accuracy, test_accuracy)
        SELECT ours, attempt + shift, step, train_loss, test_loss, train_accuracy, test_accuracy
        FROM temp.taken JOIN other.curve ON curve.run = theirs
        WHERE (theirs, attempt) IN (SELECT run, number FROM other.attempt WHERE counts)
        ORDER BY 1, 2, 3;

        INSERT INTO main.quantity (name)
        SELECT name FROM other.quantity WHERE name NOT IN (SELECT name FROM main.quantity);

        INSERT INTO main.observable (run, attempt, step, quantity, value)
        SELECT ours, attempt + shift, step,
          (SELECT id FROM main.quantity WHERE name = theirs_quantity.name), value
        FROM temp.taken JOIN other.observable ON observable.run = theirs
        JOIN other.quantity AS theirs_quantity ON theirs_quantity.id = observable.quantity
        WHERE (theirs, attempt) IN (SELECT run, number FROM other.attempt WHERE counts)
        ORDER BY 1, 2, 3;

        INSERT INTO main.crossing (run, series, threshold, step)
        SELECT ours, series, threshold, step
        FROM temp.taken JOIN other.crossing ON crossing.run = theirs;

        INSERT INTO main.checkpoint (run, attempt, step, bytes)
        SELECT ours, attempt + shift, step, bytes
        FROM temp.taken JOIN other.checkpoint ON checkpoint.run = theirs
        WHERE (theirs, attempt) IN (SELECT run, number FROM other.attempt WHERE counts);
        """)
  }

  private func addResults() throws {
    let columns = [
      "steps", "stopped", "converged_at", "initial_train_loss", "initial_test_loss",
      "initial_train_accuracy", "initial_test_accuracy", "final_train_loss", "final_test_loss",
      "final_train_accuracy", "final_test_accuracy", "recomputed_in_float64",
    ].map { "\($0) = theirs.\($0)" }.joined(separator: ", ")
    try database.execute(
      sql: """
        UPDATE main.run SET status = 'finished', failure = NULL,
          accepted_attempt = theirs.accepted_attempt + taken.shift, \(columns)
        FROM temp.taken JOIN other.run AS theirs ON theirs.id = taken.theirs
        WHERE main.run.id = taken.ours
        """)
  }

  private func addSweeps(_ names: [String]) throws {
    for name in names {
      try database.execute(
        sql: """
          INSERT INTO main.sweep (name, experiment, definition, request, registered_at, cancelled_at)
          SELECT name, experiment, definition, request, registered_at, cancelled_at
          FROM other.sweep WHERE name = ?1;
          """, arguments: [name])
      try database.execute(
        sql: """
          INSERT INTO main.sweep_run (sweep, position, run, cancelled, cancelled_with_sweep)
          SELECT (SELECT id FROM main.sweep WHERE name = ?1), position, ours.id, cancelled,
            cancelled_with_sweep
          FROM other.sweep_run
          JOIN other.sweep AS theirs_sweep
            ON theirs_sweep.id = sweep_run.sweep AND theirs_sweep.name = ?1
          JOIN other.run AS theirs ON theirs.id = sweep_run.run
          JOIN main.run AS ours ON ours.key = theirs.key
          """, arguments: [name])
    }
  }

  /// A run that some sweep wants further than its result goes is open: of those whose results were taken, and of
  /// those that have one here and that a sweep wants which was not known before.
  private mutating func settle(_ added: [String]) throws {
    var runs = try Int64.fetchAll(database, sql: "SELECT ours FROM temp.taken")
    for name in added {
      runs += try Int64.fetchAll(
        database,
        sql: """
          SELECT run.id FROM main.run
          JOIN main.sweep_run ON sweep_run.run = run.id
          JOIN main.sweep ON sweep.id = sweep_run.sweep AND sweep.name = ?1
          WHERE run.status = 'finished'
          """, arguments: [name])
    }
    for run in Set(runs).sorted() {
      guard let summary = try RunRows.summary(of: run, in: database),
        try writer.isWantedFurther(run, summary: summary)
      else { continue }
      try writer.execute("UPDATE run SET status = 'open' WHERE id = ?", [run])
    }
  }
}

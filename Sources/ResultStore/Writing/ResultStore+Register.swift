public import Experiments
import GRDB
public import OrderedCollections

extension ResultStore {
  /// Makes a sweep's definition and all runs of its grid durable; runs that exist are shared.
  ///
  /// A sweep of the same name is replaced: its definition and its grid, never a run or a result. Runs
  /// whose result does not answer the new request are open again.
  ///
  /// - Parameters:
  ///   - sweep: the sweep, checked.
  ///   - inputs: the SHA-256 of every input file, in hexadecimal, by the name of its parameter.
  /// - Throws: `StoreError` if it cannot be made durable; then nothing of it was.
  public func register(
    _ sweep: Sweep, inputs: OrderedDictionary<String, String> = [:]
  ) throws(StoreError) {
    guard let experiment = Catalogue.experiment(named: sweep.experiment) else {
      throw StoreError.unreadable(path: path, what: "the experiment \"\(sweep.experiment)\"")
    }
    let instant = Timestamp.text(of: now())
    try write { database in
      var registration = Registration(
        sweep: sweep, experiment: experiment, inputs: inputs,
        writer: BatchWriter(database: database, instant: instant))
      try registration.carryOut()
    }
  }
}

/// Writes one sweep and its grid inside one transaction.
private struct Registration {
  let sweep: Sweep
  let experiment: ExperimentDefinition
  let inputs: OrderedDictionary<String, String>
  var writer: BatchWriter

  mutating func carryOut() throws {
    let database = writer.database
    let definition = try StoredJSON.text(
      of: SweepDocument(sweep, version: experiment.version, inputs: inputs))
    let stored = try Row.fetchOne(
      database, sql: "SELECT id, definition FROM sweep WHERE name = ?", arguments: [sweep.name])
    if let stored, stored[1] == definition { return }
    let request = try StoredJSON.text(of: sweep.request)
    try writer.execute(
      """
      INSERT INTO sweep (name, experiment, definition, request, registered_at)
      VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (name) DO UPDATE SET experiment = excluded.experiment,
        definition = excluded.definition, request = excluded.request
      """, [sweep.name, sweep.experiment, definition, request, writer.instant])
    guard
      let id = try Int64.fetchOne(
        database, sql: "SELECT id FROM sweep WHERE name = ?", arguments: [sweep.name])
    else { throw DatabaseError(message: "sweep \(sweep.name) was not stored") }
    try writer.execute("DELETE FROM sweep_run WHERE sweep = ?", [id])
    try addGrid(to: id)
    try settleRuns(of: id)
  }

  private func addGrid(to sweepID: Int64) throws {
    let database = writer.database
    let addRun = try database.cachedStatement(
      sql: """
        INSERT INTO run (key, experiment, version, configuration) VALUES (?, ?, ?, ?)
        ON CONFLICT (key) DO NOTHING
        """)
    let findRun = try database.cachedStatement(sql: "SELECT id FROM run WHERE key = ?")
    let addPoint = try database.cachedStatement(
      sql: "INSERT INTO sweep_run (sweep, position, run) VALUES (?, ?, ?)")
    for position in 0..<sweep.runCount {
      let given = sweep.parameters.merging(sweep.point(at: position)) { $1 }
      let configuration = try experiment.configuration(given, inputs: inputs)
      let text = configuration.canonicalJSON
      let key = configuration.key.hexadecimal
      addRun.setUncheckedArguments([key, experiment.name, configuration.version, text])
      try addRun.execute()
      let run =
        database.changesCount > 0
        ? database.lastInsertedRowID
        : try Int64.fetchOne(findRun, arguments: [key])
      addPoint.setUncheckedArguments([sweepID, position, run])
      try addPoint.execute()
    }
  }

  /// Opens the runs whose results end too early for what is asked now, and closes the others.
  private mutating func settleRuns(of sweepID: Int64) throws {
    let database = writer.database
    let runs = try Int64.fetchAll(
      database,
      sql: """
        SELECT DISTINCT run.id FROM sweep_run JOIN run ON run.id = sweep_run.run
        WHERE sweep_run.sweep = ? AND run.steps IS NOT NULL AND run.status <> 'failed'
        """, arguments: [sweepID])
    for run in runs {
      guard let summary = try RunRows.summary(of: run, in: database) else { continue }
      let status = try writer.isWantedFurther(run, summary: summary) ? "open" : "finished"
      try writer.execute("UPDATE run SET status = ? WHERE id = ?", [status, run])
    }
  }
}

public import Experiments
import GRDB
public import OrderedCollections
import Synchronization

/// What became of a sweep that was registered.
public enum Registration: Hashable, Sendable {
  /// No sweep of this name was known.
  case added
  case unchanged
  /// A part of the stored grid, at these positions of it; the stored sweep stays as it was.
  case narrowed(positions: [Int])
  /// The same of a sweep that was cancelled: what lies outside of these positions stays so.
  case revivedInPart(positions: [Int])
  /// The stored grid, of so many points, and more.
  case extended(from: Int)
  /// The stored sweep differed in these parts of its definition.
  case replaced(parts: [String])
}

extension ResultStore {
  /// Makes a sweep's definition and all runs of its grid durable; runs that exist are shared.
  ///
  /// A part of the grid that is stored under the same name, all else being equal, leaves the stored sweep
  /// as it is. Any other sweep of the same name is replaced: its definition and its grid, never a run or
  /// a result. Runs whose result does not answer the new request are open again.
  ///
  /// - Parameters:
  ///   - sweep: the sweep, checked.
  ///   - inputs: the SHA-256 of every input file, in hexadecimal, by the name of its parameter.
  ///   - submittedFiles: absolute paths of the input files, by parameter, of a sweep that is submitted
  ///     to a running coordinator; nil leaves what is known of that.
  ///   - isNamed: whether a command that starts a coordinator names the sweep, which `submission(since:)` looks at.
  ///   - revives: whether the sweep is to be computed although it was cancelled.
  /// - Returns: what became of the sweep that was stored under its name.
  /// - Throws: `StoreError` if it cannot be made durable; then nothing of it was.
  @discardableResult
  public func register(
    _ sweep: Sweep, inputs: OrderedDictionary<String, String> = [:],
    submittedFiles: OrderedDictionary<String, String>? = nil, isNamed: Bool = false,
    revives: Bool = true
  ) throws(StoreError) -> Registration {
    guard let experiment = Catalogue.experiment(named: sweep.experiment) else {
      throw StoreError.unreadable(path: path, what: "the experiment \"\(sweep.experiment)\"")
    }
    let instant = Timestamp.text(of: now())
    return try write { database in
      memory.withLock { $0 = WriterMemory() }
      var registering = Registering(
        sweep: sweep, experiment: experiment, inputs: inputs,
        writer: try BatchWriter(database: database, instant: instant))
      var outcome = try registering.carryOut()
      if revives { outcome = try registering.revive(outcome) }
      try registering.note(submittedFiles, outcome)
      if isNamed { try registering.noteName(outcome) }
      return outcome
    }
  }
}

/// Writes one sweep and its grid inside one transaction.
private struct Registering {
  let sweep: Sweep
  let experiment: ExperimentDefinition
  let inputs: OrderedDictionary<String, String>
  var writer: BatchWriter

  mutating func carryOut() throws -> Registration {
    let document = SweepDocument(sweep, version: experiment.version, inputs: inputs)
    let outcome = try outcome(of: document)
    switch outcome {
    case .unchanged, .narrowed, .revivedInPart: return outcome
    case .added, .extended, .replaced: break
    }
    let database = writer.database
    try writer.execute(
      """
      INSERT INTO sweep (name, experiment, definition, request, registered_at)
      VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (name) DO UPDATE SET experiment = excluded.experiment,
        definition = excluded.definition, request = excluded.request
      """,
      [
        sweep.name, sweep.experiment, try StoredJSON.text(of: document),
        try StoredJSON.text(of: sweep.request), writer.instant,
      ])
    if case .replaced = outcome {
      // Parts of the one before, which may be none of this one.
      try writer.execute("UPDATE sweep SET submitted_parts = NULL WHERE name = ?", [sweep.name])
    }
    guard
      let id = try Int64.fetchOne(
        database, sql: "SELECT id FROM sweep WHERE name = ?", arguments: [sweep.name])
    else { throw DatabaseError(message: "sweep \(sweep.name) was not stored") }
    let cancelled = try Row.fetchAll(
      database,
      sql: "SELECT run, cancelled_with_sweep FROM sweep_run WHERE sweep = ? AND cancelled",
      arguments: [id])
    try writer.execute("DELETE FROM sweep_run WHERE sweep = ?", [id])
    try addGrid(to: id)
    for row in cancelled {
      let (run, isWithSweep): (Int64, Bool) = (row[0], row[1])
      try writer.execute(
        "UPDATE sweep_run SET cancelled = 1, cancelled_with_sweep = ? WHERE sweep = ? AND run = ?",
        [isWithSweep, id, run])
    }
    try settleRuns(of: id)
    return outcome
  }

  /// Takes back that the sweep was cancelled, as far as it is asked for.
  func revive(_ outcome: Registration) throws -> Registration {
    let row = try Row.fetchOne(
      writer.database, sql: "SELECT id, cancelled_at IS NOT NULL FROM sweep WHERE name = ?",
      arguments: [sweep.name])
    guard let row else { return outcome }
    let (id, wasCancelled): (Int64, Bool) = (row[0], row[1])
    try writer.execute("UPDATE sweep SET cancelled_at = NULL WHERE id = ?", [id])
    guard case .narrowed(let positions) = outcome else {
      try writer.execute(
        """
        UPDATE sweep_run SET cancelled = 0, cancelled_with_sweep = 0
        WHERE sweep = ? AND cancelled_with_sweep
        """, [id])
      return outcome
    }
    if wasCancelled {
      try writer.execute(
        """
        UPDATE sweep_run SET cancelled = 1, cancelled_with_sweep = 1
        WHERE sweep = ? AND NOT cancelled
        """, [id])
    }
    for position in positions {
      try writer.execute(
        """
        UPDATE sweep_run SET cancelled = 0, cancelled_with_sweep = 0
        WHERE sweep = ? AND position = ? AND cancelled_with_sweep
        """, [id, position])
    }
    return wasCancelled ? .revivedInPart(positions: positions) : outcome
  }

  /// Keeps where the files of a sweep are that was submitted to a running coordinator, and what of it was.
  func note(
    _ submittedFiles: OrderedDictionary<String, String>?, _ outcome: Registration
  ) throws {
    guard let submittedFiles else { return }
    let files = Dictionary(uniqueKeysWithValues: Array(submittedFiles))
    try writer.execute(
      """
      UPDATE sweep SET submitted_files = ?, submitted_since = 1, submitted_parts = ? WHERE name = ?
      """, [try StoredJSON.text(of: files), try parts(after: outcome), sweep.name])
  }

  /// The parts of the sweep that were submitted, this one included; nil once the whole has been.
  private func parts(after outcome: Registration) throws -> String? {
    switch outcome {
    // Of one that is revived in part the others are cancelled.
    case .added, .unchanged, .extended, .replaced, .revivedInPart: return nil
    case .narrowed: break
    }
    let row = try Row.fetchOne(
      writer.database,
      sql: "SELECT submitted_files IS NOT NULL, submitted_parts FROM sweep WHERE name = ?",
      arguments: [sweep.name])
    guard let row else { return nil }
    let (wasSubmitted, text): (Bool, String?) = (row[0], row[1])
    // Of a sweep that was submitted as a whole the other runs are wanted as before.
    if wasSubmitted, text == nil { return nil }
    var parts = try text.map { try StoredJSON.value([SweepDocument].self, of: $0) } ?? []
    let part = SweepDocument(sweep, version: experiment.version, inputs: inputs)
    parts.removeAll { $0 == part }
    return try StoredJSON.text(of: parts + [part])
  }

  /// Keeps how a command has named the sweep.
  ///
  /// Who names just a part of what was submitted, or all of it, leaves it as it is, and so what the command before means.
  func noteName(_ outcome: Registration) throws {
    let takesItsPlace =
      switch outcome {
      case .added, .extended, .replaced: true
      case .unchanged, .narrowed, .revivedInPart: false
      }
    let document = SweepDocument(sweep, version: experiment.version, inputs: inputs)
    try writer.execute(
      """
      UPDATE sweep SET named_definition = ?, submitted_since = 0
      WHERE name = ? AND (? OR NOT submitted_since)
      """, [try StoredJSON.text(of: document), sweep.name, takesItsPlace])
  }

  /// What has to be done about the sweep that is stored under this name.
  private func outcome(of document: SweepDocument) throws -> Registration {
    let text = try String.fetchOne(
      writer.database, sql: "SELECT definition FROM sweep WHERE name = ?", arguments: [sweep.name])
    guard let text else { return .added }
    guard let stored = SweepDocument(text: text) else {
      return .replaced(parts: ["the form of the definition"])
    }
    if stored == document { return .unchanged }
    let parts = document.parts(differingFrom: stored)
    guard SweepDocument.gridParts.isSuperset(of: parts) else {
      return .replaced(parts: parts)
    }
    if let positions = sweep.positions(in: stored.sweep), positions.count < stored.sweep.runCount {
      return .narrowed(positions: positions)
    }
    if stored.sweep.positions(in: sweep) != nil {
      return .extended(from: stored.sweep.runCount)
    }
    return .replaced(parts: parts)
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
    let shape = GridShape(sweep)
    for position in shape.positions() {
      let given = sweep.parameters.merging(shape.point(at: position)) { $1 }
      let configuration = try experiment.configuration(given, inputs: inputs)
      let (text, key) = configuration.canonicalJSONAndKey
      addRun.setUncheckedArguments([key.hexadecimal, experiment.name, configuration.version, text])
      try addRun.execute()
      let run =
        database.changesCount > 0
        ? database.lastInsertedRowID
        : try Int64.fetchOne(findRun, arguments: [key.hexadecimal])
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

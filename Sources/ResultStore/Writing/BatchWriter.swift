import Experiments
import Foundation
import GRDB
import OrderedCollections

/// Carries changes out inside one transaction.
///
/// Remembers what it looked up; nothing of it outlives the transaction, so that a batch that failed
/// leaves no wrong memory behind.
struct BatchWriter {
  struct Run {
    let id: Int64
    var status: String
    var hasResult: Bool
  }

  struct AttemptPlace: Hashable {
    let run: Int64
    let number: Int
  }

  let database: Database
  let instant: String
  private var runs: [RunKey: Run] = [:]
  /// The attempts of runs, until one is opened or accepted.
  private var attempts: [Int64: [Int: Acceptance.Link]] = [:]
  private var quantities: [String: Int64] = [:]
  private var sweepRequests: [Int64: Request] = [:]

  init(database: Database, instant: String) {
    self.database = database
    self.instant = instant
  }

  mutating func apply(_ change: StoreChange) throws {
    switch change {
    case .openAttempt(let attempt): try open(attempt)
    case .addRecords(let key, let attempt, let records):
      try add(records, to: key, attempt: attempt)
    case .addCheckpoint(let key, let attempt, let step, let bytes):
      try addCheckpoint(bytes, of: key, at: CheckpointPlace(attempt: attempt, step: step))
    case .accept(let key, let attempt, let summary):
      try accept(summary, of: key, attempt: attempt)
    case .endAttempt(let key, let attempt, let end): try self.end(attempt, of: key, end)
    case .fail(let key, let reason): try fail(key, reason: reason)
    case .reopen(let key): try reopen(key)
    case .cancelSweep(let name):
      try execute(
        "UPDATE sweep SET cancelled_at = ? WHERE name = ? AND cancelled_at IS NULL",
        [instant, name])
    case .cancelRuns(let keys): try setCancelled(true, of: keys)
    case .reviveRuns(let keys): try setCancelled(false, of: keys)
    }
  }

  func execute(_ sql: String, _ arguments: StatementArguments) throws {
    try database.cachedStatement(sql: sql).execute(arguments: arguments)
  }

  func run(_ key: RunKey, attempt: Int? = nil) throws -> Run {
    if let known = runs[key] { return known }
    let statement = try database.cachedStatement(
      sql: "SELECT id, status, steps IS NOT NULL FROM run WHERE key = ?")
    guard let row = try Row.fetchOne(statement, arguments: [key.hexadecimal]) else {
      throw StoreError.unknownAttempt(key, attempt: nil)
    }
    return Run(id: row[0], status: row[1], hasResult: row[2])
  }

  private mutating func rememberedRun(_ key: RunKey) throws -> Run {
    let found = try run(key)
    runs[key] = found
    return found
  }

  mutating func setStatus(_ status: String, of key: RunKey) { runs[key]?.status = status }

  // MARK: Attempts

  private mutating func attempts(of run: Run) throws -> [Int: Acceptance.Link] {
    if let known = attempts[run.id] { return known }
    let statement = try database.cachedStatement(
      sql: "SELECT number, parent, start_step, counts, superseded FROM attempt WHERE run = ?")
    var links: [Int: Acceptance.Link] = [:]
    let rows = try Row.fetchCursor(statement, arguments: [run.id])
    while let row = try rows.next() {
      let link = Acceptance.Link(
        number: row[0], parent: row[1], startStep: row[2], counts: row[3], isSuperseded: row[4])
      links[link.number] = link
    }
    attempts[run.id] = links
    return links
  }

  private mutating func open(_ attempt: Attempt) throws {
    let run = try rememberedRun(attempt.run)
    attempts[run.id] = nil
    try execute(
      """
      INSERT INTO attempt (run, number, parent, start_step, lease, worker, host, trainer,
        blas_kernels, started_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (run, number) DO NOTHING
      """,
      [
        run.id, attempt.number, attempt.parent, attempt.startStep, attempt.lease.rawValue,
        attempt.worker.rawValue, attempt.provenance.host, attempt.provenance.trainer,
        attempt.provenance.blasKernels, instant,
      ])
    // Only a new attempt opens a run that was given up: the same batch may come a second time.
    if run.status == "failed", database.changesCount > 0 {
      try execute("UPDATE run SET status = 'open', failure = NULL WHERE id = ?", [run.id])
      setStatus("open", of: attempt.run)
    }
  }

  private mutating func end(_ number: Int, of key: RunKey, _ end: AttemptEnd) throws {
    let run = try rememberedRun(key)
    var columns: StatementArguments
    switch end {
    case .failed(let reason, let exitStatus, let logTail):
      columns = ["failed", reason, exitStatus, logTail]
    case .lost: columns = ["lost", nil, nil, nil]
    case .withdrawn: columns = ["withdrawn", nil, nil, nil]
    case .refused(let reason): columns = ["withdrawn", reason, nil, nil]
    }
    columns += [instant, run.id, number]
    // The first end counts; a result, which may come later, overrides it.
    try execute(
      """
      UPDATE attempt SET outcome = ?, reason = ?, exit_status = ?, log_tail = ?, ended_at = ?
      WHERE run = ? AND number = ? AND outcome IS NULL
      """, columns)
  }

  private mutating func fail(_ key: RunKey, reason: String) throws {
    let run = try rememberedRun(key)
    guard run.status == "open" else { return }
    try execute("UPDATE run SET status = 'failed', failure = ? WHERE id = ?", [reason, run.id])
    setStatus("failed", of: key)
  }

  private mutating func reopen(_ key: RunKey) throws {
    guard try rememberedRun(key).status == "failed" else { return }
    try execute(
      "UPDATE run SET status = 'open', failure = NULL WHERE key = ?", [key.hexadecimal])
    setStatus("open", of: key)
  }

  private func setCancelled(_ isCancelled: Bool, of keys: [RunKey]) throws {
    for key in keys {
      try execute(
        "UPDATE sweep_run SET cancelled = ? WHERE run = (SELECT id FROM run WHERE key = ?)",
        [isCancelled, key.hexadecimal])
    }
  }

  // MARK: Records and checkpoints

  /// Whether an attempt may still add to what the store holds of its run.
  private mutating func accepts(_ number: Int, of run: Run, key: RunKey) throws -> Bool {
    guard let attempt = try attempts(of: run)[number] else {
      throw StoreError.unknownAttempt(key, attempt: number)
    }
    return !attempt.counts && !attempt.isSuperseded
  }

  private mutating func add(_ records: [RunRecord], to key: RunKey, attempt: Int) throws {
    let run = try rememberedRun(key)
    guard try accepts(attempt, of: run, key: key) else { return }
    let insert = try database.cachedStatement(
      sql: """
        INSERT INTO curve (run, attempt, step, train_loss, test_loss, train_accuracy, test_accuracy)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """)
    for record in records {
      let values = record.measurement
      insert.setUncheckedArguments([
        run.id, attempt, record.step, values.trainLoss?.ifFinite, values.testLoss?.ifFinite,
        values.trainAccuracy?.ifFinite, values.testAccuracy?.ifFinite,
      ])
      try insert.execute()
      for (name, value) in record.observables {
        try execute(
          """
          INSERT INTO observable (run, attempt, step, quantity, value) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT DO NOTHING
          """,
          [run.id, attempt, record.step, try quantity(name), value?.ifFinite])
      }
    }
  }

  private mutating func quantity(_ name: String) throws -> Int64 {
    if let known = quantities[name] { return known }
    try execute("INSERT INTO quantity (name) VALUES (?) ON CONFLICT DO NOTHING", [name])
    let statement = try database.cachedStatement(sql: "SELECT id FROM quantity WHERE name = ?")
    guard let id = try Int64.fetchOne(statement, arguments: [name]) else {
      throw DatabaseError(message: "quantity \(name) was not stored")
    }
    quantities[name] = id
    return id
  }

  private mutating func addCheckpoint(
    _ bytes: [UInt8], of key: RunKey, at place: CheckpointPlace
  ) throws {
    let run = try rememberedRun(key)
    guard let attempt = try attempts(of: run)[place.attempt] else {
      throw StoreError.unknownAttempt(key, attempt: place.attempt)
    }
    guard attempt.counts || !attempt.isSuperseded else { return }
    // A later attempt started from what was there, or found nothing to start from.
    try execute(
      """
      INSERT INTO checkpoint (run, attempt, step, bytes) VALUES (?, ?, ?, ?)
      ON CONFLICT (run) DO UPDATE
        SET attempt = excluded.attempt, step = excluded.step, bytes = excluded.bytes
        WHERE (excluded.attempt, excluded.step) > (attempt, step)
      """,
      [run.id, place.attempt, place.step, Data(bytes)])
  }

  // MARK: Acceptance

  private mutating func accept(_ summary: RunSummary, of key: RunKey, attempt: Int) throws {
    let run = try rememberedRun(key)
    let acceptance = Acceptance(
      database: database, run: run.id, key: key, attempt: attempt,
      links: try attempts(of: run), hasResult: run.hasResult, instant: instant)
    attempts[run.id] = nil
    let status = try acceptance.carryOut(summary) { summary in
      try isWantedFurther(run.id, summary: summary) ? "open" : "finished"
    }
    setStatus(status, of: key)
    runs[key]?.hasResult = true
  }

  /// Whether some sweep asks for more of a run than a summary tells.
  mutating func isWantedFurther(_ run: Int64, summary: RunSummary) throws -> Bool {
    let statement = try database.cachedStatement(
      sql: "SELECT DISTINCT sweep FROM sweep_run WHERE run = ?")
    for sweep in try Int64.fetchAll(statement, arguments: [run])
    where try !request(of: sweep).isCovered(by: summary) {
      return true
    }
    return false
  }

  private mutating func request(of sweep: Int64) throws -> Request {
    if let known = sweepRequests[sweep] { return known }
    let statement = try database.cachedStatement(sql: "SELECT request FROM sweep WHERE id = ?")
    let text = try String.fetchOne(statement, arguments: [sweep]) ?? ""
    let request = try StoredJSON.value(Request.self, of: text)
    sweepRequests[sweep] = request
    return request
  }
}

extension Double {
  /// Nil for NaN and the infinities: a column holds a number, or nothing.
  var ifFinite: Double? { isFinite ? self : nil }
}

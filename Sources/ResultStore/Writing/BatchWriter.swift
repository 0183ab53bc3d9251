import Experiments
import Foundation
import GRDB
import OrderedCollections

/// Carries changes out inside one transaction.
struct BatchWriter {
  typealias Run = WriterMemory.Run

  let database: Database
  let instant: String
  /// What it looked up, for the next batch if this one succeeds.
  var memory = WriterMemory()
  let statements: HotStatements

  /// Begins a batch.
  ///
  /// - Parameters:
  ///   - database: inside of a transaction.
  ///   - instant: the time of it.
  ///   - statements: those of an earlier batch, if there was one.
  /// - Throws: if they cannot be prepared.
  init(database: Database, instant: String, statements: HotStatements? = nil) throws {
    self.database = database
    self.instant = instant
    self.statements = try statements ?? HotStatements(database)
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

  private mutating func run(_ key: RunKey) throws -> Run {
    if let known = memory[key] { return known }
    if let expected = memory.takeExpected(key) {
      memory[key] = expected
      return expected
    }
    guard let run = try statements.run(key) else {
      throw StoreError.unknownAttempt(key, attempt: nil)
    }
    // Without those that have begun: what is known of them is newer.
    if let numbers = memory.neighbours(ofMissed: run.id) {
      try statements.forEachOpenRun(numbers) { memory.expect($1, at: $0) }
    }
    memory[key] = run
    return run
  }

  private mutating func setStatus(_ status: String, of key: RunKey) {
    memory[key]?.status = status
  }

  // MARK: Attempts

  private mutating func attempts(
    of run: Run, _ key: RunKey
  ) throws -> [Int: Acceptance.Link] {
    if let known = memory[key]?.attempts { return known }
    let links = try statements.attempts(of: run.id)
    memory[key]?.attempts = links
    return links
  }

  private mutating func open(_ attempt: Attempt) throws {
    let run = try run(attempt.run)
    var known = run.attempts
    if let parent = attempt.parent {
      known = try attempts(of: run, attempt.run)
      guard known?[parent] != nil else {
        throw StoreError.unknownAttempt(attempt.run, attempt: parent)
      }
    }
    try statements.open(attempt, of: run.id, at: instant)
    // The same batch may come a second time.
    guard database.changesCount > 0 else { return }
    let link = Acceptance.Link(
      number: attempt.number, parent: attempt.parent, startStep: attempt.startStep, counts: false,
      isSuperseded: false)
    if known != nil {
      memory[attempt.run]?.attempts?[attempt.number] = link
    } else if attempt.number == 1 {
      memory[attempt.run]?.attempts = [1: link]
    }
    // Only a new attempt opens a run that was given up.
    if run.status == "failed" {
      try execute("UPDATE run SET status = 'open', failure = NULL WHERE id = ?", [run.id])
      setStatus("open", of: attempt.run)
    }
  }

  private mutating func end(_ number: Int, of key: RunKey, _ end: AttemptEnd) throws {
    let run = try run(key)
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
    let run = try run(key)
    guard run.status == "open" else { return }
    try execute("UPDATE run SET status = 'failed', failure = ? WHERE id = ?", [reason, run.id])
    setStatus("failed", of: key)
  }

  private mutating func reopen(_ key: RunKey) throws {
    guard try run(key).status == "failed" else { return }
    try execute(Self.reopening, [key.hexadecimal])
    setStatus("open", of: key)
  }

  /// Opens a run that was given up, to be tried as often as a new one.
  static let reopening = """
    UPDATE run SET status = 'open', failure = NULL,
      retried_after = coalesce((SELECT max(number) FROM attempt WHERE attempt.run = run.id), 0)
    WHERE key = ? AND status = 'failed'
    """

  private func setCancelled(_ isCancelled: Bool, of keys: [RunKey]) throws {
    for key in keys {
      try execute(
        """
        UPDATE sweep_run SET cancelled = ?, cancelled_with_sweep = 0
        WHERE run = (SELECT id FROM run WHERE key = ?)
        """,
        [isCancelled, key.hexadecimal])
    }
  }

  // MARK: Records and checkpoints

  /// Whether an attempt may still add to what the store holds of its run.
  private mutating func accepts(_ number: Int, of run: Run, key: RunKey) throws -> Bool {
    guard let attempt = try attempts(of: run, key)[number] else {
      throw StoreError.unknownAttempt(key, attempt: number)
    }
    return !attempt.counts && !attempt.isSuperseded
  }

  private mutating func add(_ records: [RunRecord], to key: RunKey, attempt: Int) throws {
    let run = try run(key)
    guard try accepts(attempt, of: run, key: key) else { return }
    try statements.add(records, to: run.id, attempt: attempt)
    for record in records {
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
    if let known = memory.quantities[name] { return known }
    try execute("INSERT INTO quantity (name) VALUES (?) ON CONFLICT DO NOTHING", [name])
    let statement = try database.cachedStatement(sql: "SELECT id FROM quantity WHERE name = ?")
    guard let id = try Int64.fetchOne(statement, arguments: [name]) else {
      throw DatabaseError(message: "quantity \(name) was not stored")
    }
    memory.quantities[name] = id
    return id
  }

  private mutating func addCheckpoint(
    _ bytes: [UInt8], of key: RunKey, at place: CheckpointPlace
  ) throws {
    let run = try run(key)
    guard let attempt = try attempts(of: run, key)[place.attempt] else {
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
    let run = try run(key)
    let acceptance = Acceptance(
      database: database, statements: statements, run: run.id, key: key, attempt: attempt,
      links: try attempts(of: run, key), hasResult: run.hasResult, instant: instant)
    try acceptance.carryOut(summary) { summary in
      try isWantedFurther(run.id, summary: summary) ? "open" : "finished"
    }
    // It has ended, or goes on with other attempts.
    memory[key] = nil
  }

  /// Whether some sweep asks for more of a run than a summary tells.
  mutating func isWantedFurther(_ run: Int64, summary: RunSummary) throws -> Bool {
    // With few sweeps it is quicker to find that none asks for more than to find out which are this run's.
    let requests = try requests()
    guard requests.values.contains(where: { !$0.isCovered(by: summary) }) else { return false }
    let statement = try database.cachedStatement(
      sql: "SELECT DISTINCT sweep FROM sweep_run WHERE run = ?")
    return try Int64.fetchAll(statement, arguments: [run]).contains {
      requests[$0]?.isCovered(by: summary) == false
    }
  }

  private mutating func requests() throws -> [Int64: Request] {
    if let known = memory.requests { return known }
    var requests: [Int64: Request] = [:]
    for row in try Row.fetchAll(database, sql: "SELECT id, request FROM sweep") {
      requests[row[0]] = try StoredJSON.value(Request.self, of: row[1])
    }
    memory.requests = requests
    return requests
  }
}

extension Double {
  /// Nil for NaN and the infinities: a column holds a number, or nothing.
  var ifFinite: Double? { isFinite ? self : nil }
}

public import Experiments
import GRDB
import OrderedCollections

extension ResultStore {
  /// The curve of a run: the records of the accepted attempt and its parents, in the order of steps.
  ///
  /// - Parameters:
  ///   - key: the run; one that the store has never seen has no records.
  ///   - attempt: another attempt than the accepted one; for a run without result, its last.
  /// - Returns: one record a step, each with the observables that were measured there.
  /// - Throws: `StoreError` if the store cannot be read.
  public func curve(of key: RunKey, attempt: Int? = nil) throws(StoreError) -> [RunRecord] {
    try read { database in
      guard
        let row = try Row.fetchOne(
          database,
          sql: """
            SELECT id, coalesce(accepted_attempt, (SELECT max(number) FROM attempt WHERE run = id))
            FROM run WHERE key = ?
            """, arguments: [key.hexadecimal]),
        let last = attempt ?? row[1]
      else { return [] }
      return try CurveRows(run: row[0], attempt: last, database: database).records()
    }
  }

  /// Everything about the run whose key begins with the given digits.
  ///
  /// - Parameter prefix: at least four hexadecimal digits.
  /// - Returns: the run, or the runs that it could be.
  /// - Throws: `StoreError` if the store cannot be read.
  public func run(withPrefix prefix: String) throws(StoreError) -> RunLookup {
    let digits = prefix.lowercased()
    guard (4...64).contains(digits.utf8.count),
      digits.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
    else { return .notAPrefix }
    return try read { database in
      // A range, not a pattern: the index on the key answers it.
      let rows = try Row.fetchAll(
        database,
        sql: "SELECT id, key FROM run WHERE key >= ? AND key < ? ORDER BY key LIMIT 20",
        arguments: [digits, digits + "g"])
      guard let first = rows.first else { return .none }
      guard rows.count == 1 else { return .ambiguous(try rows.map { try RunRows.key($0[1]) }) }
      return .found(try details(of: first[0], key: RunRows.key(first[1]), in: database))
    }
  }

  private func details(of id: Int64, key: RunKey, in database: Database) throws -> RunDetails {
    guard
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT run.configuration, run.status, run.failure, run.accepted_attempt,
            checkpoint.attempt, checkpoint.step
          FROM run LEFT JOIN checkpoint ON checkpoint.run = run.id WHERE run.id = ?
          """, arguments: [id])
    else { throw StoreError.unknownAttempt(key, attempt: nil) }
    let name: String = row[1]
    let failure: String? = row[2]
    var checkpoint: CheckpointPlace?
    if let attempt: Int = row[4], let step: Int = row[5] {
      checkpoint = CheckpointPlace(attempt: attempt, step: step)
    }
    return RunDetails(
      key: key, configuration: try RunRows.configuration(row[0]),
      requests: try requests(of: id, in: database),
      status: failure.map(StoredStatus.failed) ?? (name == "finished" ? .finished : .open),
      summary: try RunRows.summary(of: id, in: database), acceptedAttempt: row[3],
      attempts: try attempts(of: id, key: key, in: database), checkpoint: checkpoint)
  }

  private func requests(of id: Int64, in database: Database) throws -> [SweepRequest] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT sweep.name, sweep_run.position, sweep.request,
          sweep.cancelled_at IS NOT NULL OR sweep_run.cancelled
        FROM sweep_run JOIN sweep ON sweep.id = sweep_run.sweep
        WHERE sweep_run.run = ? ORDER BY sweep.id, sweep_run.position
        """, arguments: [id]
    ).map { row in
      SweepRequest(
        sweep: row[0], position: row[1], request: try StoredJSON.value(Request.self, of: row[2]),
        isCancelled: row[3])
    }
  }

  private func attempts(
    of id: Int64, key: RunKey, in database: Database
  ) throws -> [StoredAttempt] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT \(AttemptRows.columns), (SELECT count(*) FROM curve
          WHERE curve.run = attempt.run AND curve.attempt = attempt.number)
        FROM attempt WHERE run = ? ORDER BY number
        """, arguments: [id]
    ).map { row in
      var stored = try AttemptRows.attempt(in: row, run: key)
      stored.recordCount = row[15]
      return stored
    }
  }
}

/// Joins the records of an attempt with those of the attempts that it continues.
private struct CurveRows {
  let run: Int64
  let attempt: Int
  let database: Database

  func records() throws -> [RunRecord] {
    var records: [RunRecord] = []
    for link in try chain() {
      for record in try self.records(of: link.attempt)
      where record.step <= link.lastStep && record.step > records.last?.step ?? -1 {
        records.append(record)
      }
    }
    return records
  }

  /// The attempts from the first on, each with the last step that counts of it.
  private func chain() throws -> [(attempt: Int, lastStep: Int)] {
    var links: [(attempt: Int, lastStep: Int)] = []
    var next: Int? = attempt
    var lastStep = Int.max
    while let number = next {
      links.append((number, lastStep))
      let row = try Row.fetchOne(
        database, sql: "SELECT parent, start_step FROM attempt WHERE run = ? AND number = ?",
        arguments: [run, number])
      next = row?[0]
      lastStep = min(lastStep, row?[1] ?? lastStep)
    }
    return links.reversed()
  }

  private func records(of number: Int) throws -> [RunRecord] {
    var observables: [Int: OrderedDictionary<String, Double?>] = [:]
    let values = try Row.fetchCursor(
      database,
      sql: """
        SELECT observable.step, quantity.name, observable.value
        FROM observable JOIN quantity ON quantity.id = observable.quantity
        WHERE observable.run = ? AND observable.attempt = ?
        ORDER BY observable.step, observable.quantity
        """, arguments: [run, number])
    while let row = try values.next() {
      observables[row[0], default: [:]].updateValue(row[2], forKey: row[1])
    }
    return try Row.fetchAll(
      database,
      sql: """
        SELECT step, train_loss, test_loss, train_accuracy, test_accuracy
        FROM curve WHERE run = ? AND attempt = ? ORDER BY step
        """, arguments: [run, number]
    ).map { row in
      let step: Int = row[0]
      return RunRecord(
        step: step,
        measurement: Measurement(
          trainLoss: row[1], testLoss: row[2], trainAccuracy: row[3], testAccuracy: row[4]),
        observables: observables[step] ?? [:])
    }
  }
}

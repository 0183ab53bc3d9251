import Experiments
import GRDB

/// The statements that every run of a sweep takes, prepared.
///
/// A class, because it is handed on with every result, and a copy counts references to every handle. Unchecked, because it is
/// looked at on the queue of its database alone.
final class HotStatements: @unchecked Sendable {
  private let findRun: RawStatement
  private let findOpenRuns: RawStatement
  private let openAttempt: RawStatement
  private let findAttempts: RawStatement
  private let addRecord: RawStatement
  private let acceptAttempt: RawStatement
  private let finishRun: RawStatement
  private let addCrossings: [CrossingsStatement]

  init(_ database: Database) throws {
    findRun = try RawStatement(
      "SELECT id, status, steps IS NOT NULL FROM run WHERE key = ?", in: database)
    findOpenRuns = try RawStatement(
      "SELECT key, id FROM run WHERE id BETWEEN ? AND ? AND status = 'open' AND steps IS NULL",
      in: database)
    openAttempt = try RawStatement(
      """
      INSERT INTO attempt (run, number, parent, start_step, lease, worker, host, trainer,
        blas_kernels, started_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (run, number) DO NOTHING
      """, in: database)
    findAttempts = try RawStatement(
      "SELECT number, parent, start_step, counts, superseded FROM attempt WHERE run = ?",
      in: database)
    addRecord = try RawStatement(
      """
      INSERT INTO curve (run, attempt, step, train_loss, test_loss, train_accuracy, test_accuracy)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING
      """, in: database)
    acceptAttempt = try RawStatement(
      """
      UPDATE attempt SET outcome = 'accepted', counts = 1, ended_at = coalesce(ended_at, ?),
        reason = NULL, exit_status = NULL, log_tail = NULL
      WHERE run = ? AND number = ?
      """, in: database)
    finishRun = try RawStatement(
      """
      UPDATE run SET status = ?, failure = NULL, accepted_attempt = ?, steps = ?, stopped = ?,
        converged_at = ?, initial_train_loss = ?, initial_test_loss = ?,
        initial_train_accuracy = ?, initial_test_accuracy = ?, final_train_loss = ?,
        final_test_loss = ?, final_train_accuracy = ?, final_test_accuracy = ?,
        recomputed_in_float64 = ?
      WHERE id = ?
      """, in: database)
    addCrossings = try (1...Self.crossingsMax).map {
      try CrossingsStatement(rows: $0, in: database)
    }
  }

  func run(_ key: RunKey) throws -> WriterMemory.Run? {
    findRun.bind(key.hexadecimal, at: 0)
    return try findRun.first { row in
      WriterMemory.Run(id: row.integer64(0), status: row.text(1), hasResult: row.integer(2) != 0)
    }
  }

  /// Calls `body` on the runs of these numbers that are open and have no result.
  func forEachOpenRun(
    _ numbers: ClosedRange<Int64>, _ body: (RunKey, WriterMemory.Run) -> Void
  ) throws {
    findOpenRuns.bind(numbers.lowerBound, at: 0)
    findOpenRuns.bind(numbers.upperBound, at: 1)
    try findOpenRuns.forEach { row in
      body(
        try row.key(0),
        WriterMemory.Run(id: row.integer64(1), status: "open", hasResult: false))
    }
  }

  func attempts(of run: Int64) throws -> [Int: Acceptance.Link] {
    var links: [Int: Acceptance.Link] = [:]
    findAttempts.bind(run, at: 0)
    try findAttempts.forEach { row in
      let link = Acceptance.Link(
        number: row.integer(0), parent: row.optionalInteger(1), startStep: row.integer(2),
        counts: row.integer(3) != 0, isSuperseded: row.integer(4) != 0)
      links[link.number] = link
    }
    return links
  }

  func open(_ attempt: Attempt, of run: Int64, at instant: String) throws {
    openAttempt.bind(run, at: 0)
    openAttempt.bind(attempt.number, at: 1)
    openAttempt.bind(attempt.parent, at: 2)
    openAttempt.bind(attempt.startStep, at: 3)
    openAttempt.bind(attempt.lease.rawValue, at: 4)
    openAttempt.bind(attempt.worker.rawValue, at: 5)
    openAttempt.bind(attempt.provenance.host, at: 6)
    openAttempt.bind(attempt.provenance.trainer, at: 7)
    openAttempt.bind(attempt.provenance.blasKernels, at: 8)
    openAttempt.bind(instant, at: 9)
    try openAttempt.execute()
  }

  func add(_ records: [RunRecord], to run: Int64, attempt: Int) throws {
    addRecord.bind(run, at: 0)
    addRecord.bind(attempt, at: 1)
    for record in records {
      addRecord.bind(record.step, at: 2)
      addRecord.bind(record.measurement, from: 3)
      try addRecord.execute()
    }
  }

  func accept(_ attempt: Int, of run: Int64, at instant: String) throws {
    acceptAttempt.bind(instant, at: 0)
    acceptAttempt.bind(run, at: 1)
    acceptAttempt.bind(attempt, at: 2)
    try acceptAttempt.execute()
  }

  func finish(_ run: Int64, attempt: Int, _ summary: RunSummary, status: String) throws {
    finishRun.bind(status, at: 0)
    finishRun.bind(attempt, at: 1)
    finishRun.bind(summary.steps, at: 2)
    finishRun.bind(summary.stopped.rawValue, at: 3)
    finishRun.bind(summary.convergedAt, at: 4)
    finishRun.bind(summary.initial, from: 5)
    finishRun.bind(summary.final, from: 9)
    finishRun.bind(summary.isRecomputedInFloat64 ? 1 : 0, at: 13)
    finishRun.bind(run, at: 14)
    try finishRun.execute()
    try add(summary.crossings, to: run)
  }

  private func add(_ crossings: Crossings, to run: Int64) throws {
    for start in stride(from: 0, to: crossings.count, by: Self.crossingsMax) {
      let part = crossings[start..<min(start + Self.crossingsMax, crossings.count)]
      try addCrossings[part.count - 1].execute(part, run: run)
    }
  }

  /// So many crossings are written at once.
  private static let crossingsMax = 8
}

import Experiments
import GRDB
import OrderedCollections

/// Gives a run its result, and keeps of its attempts' records exactly the curve that led to it.
struct Acceptance {
  /// An attempt as a link of the chain that leads to a result.
  struct Link: Sendable {
    let number: Int
    let parent: Int?
    let startStep: Int
    /// Whether its records belong to the run's curve.
    let counts: Bool
    /// Whether the run has got a result by another attempt since it began.
    let isSuperseded: Bool
  }

  let database: Database
  let statements: HotStatements
  let run: Int64
  let key: RunKey
  let attempt: Int
  /// All attempts at the run, by their numbers.
  let links: [Int: Link]
  /// Whether the run has a result already.
  let hasResult: Bool
  let instant: String

  /// Stores the result unless the run has one that says as much.
  ///
  /// - Parameters:
  ///   - summary: what the attempt ended with.
  ///   - statusAfter: the run's status with a summary.
  /// - Throws: `StoreError` for an attempt that was never opened, and what SQLite says.
  func carryOut(
    _ summary: RunSummary, statusAfter: (RunSummary) throws -> String
  ) throws {
    guard let link = links[attempt] else {
      throw StoreError.unknownAttempt(key, attempt: attempt)
    }
    if hasResult, let stored = try RunRows.summary(of: run, in: database) {
      // The records of one that is superseded are gone: its result has no curve any more.
      if link.isSuperseded || stored.says(asMuchAs: summary) {
        return try keep(stored, statusAfter: statusAfter)
      }
      try execute("DELETE FROM crossing WHERE run = ?", [run])
    }
    try prune()
    try store(summary, status: try statusAfter(summary))
  }

  private func execute(_ sql: String, _ arguments: StatementArguments) throws {
    try database.cachedStatement(sql: sql).execute(arguments: arguments)
  }

  /// The attempt that came too late adds nothing: its records go, and it ends if it was open.
  private func keep(
    _ stored: RunSummary, statusAfter: (RunSummary) throws -> String
  ) throws {
    if links[attempt]?.counts == false {
      try remove(attempt)
      try execute(
        """
        UPDATE attempt SET outcome = 'withdrawn', ended_at = ?,
          reason = 'the run had a result that says as much'
        WHERE run = ? AND number = ? AND outcome IS NULL
        """, [instant, run, attempt])
      try execute(
        "UPDATE attempt SET superseded = 1 WHERE run = ? AND number = ?", [run, attempt])
    }
    try execute(
      "UPDATE run SET status = ?, failure = NULL WHERE id = ?", [try statusAfter(stored), run])
  }

  /// Removes what is not on the way from step 0 to the result.
  private func prune() throws {
    // The only attempt, from step 0: that is nearly every run.
    if links.count == 1, links[attempt]?.parent == nil { return }
    var chain: Set<Int> = []
    var next = links[attempt]
    var isWhole = false
    while let link = next {
      chain.insert(link.number)
      next = link.parent.flatMap { links[$0] }
      guard let parent = link.parent else { break }
      if !isWhole { isWhole = try hasBeginning(link.number) }
      if isWhole { try remove(parent) } else { try cut(parent, before: link) }
    }
    for number in links.keys.sorted() where !chain.contains(number) { try remove(number) }
    for number in chain.sorted() where number != attempt {
      try execute("UPDATE attempt SET counts = 1 WHERE run = ? AND number = ?", [run, number])
    }
    if links.count > 1 {
      try execute(
        "UPDATE attempt SET superseded = number <> ?2 WHERE run = ?1", [run, attempt])
    }
    if links.count > chain.count {
      let list = chain.sorted().map(String.init).joined(separator: ", ")
      try database.execute(
        sql: "UPDATE attempt SET counts = 0 WHERE run = ? AND counts AND number NOT IN (\(list))",
        arguments: [run])
      try database.execute(
        sql: "DELETE FROM checkpoint WHERE run = ? AND attempt NOT IN (\(list))", arguments: [run])
    }
  }

  /// Whether an attempt has recorded step 0 and so, whatever it continued, all that followed: then no record of its
  /// parents belongs to the curve.
  private func hasBeginning(_ number: Int) throws -> Bool {
    let statement = try database.cachedStatement(
      sql: "SELECT EXISTS (SELECT * FROM curve WHERE run = ? AND attempt = ? AND step = 0)")
    return try Bool.fetchOne(statement, arguments: [run, number]) == true
  }

  /// Leaves of a parent what it recorded up to the checkpoint that its child started from.
  private func cut(_ parent: Int, before child: Link) throws {
    for table in ["curve", "observable"] {
      try execute(
        "DELETE FROM \(table) WHERE run = ? AND attempt = ? AND step > ?",
        [run, parent, child.startStep])
      // Both may have measured the step that they share: the curve has it once.
      try execute(
        """
        DELETE FROM \(table) WHERE run = ?1 AND attempt = ?2 AND step <= ?3
          AND EXISTS (SELECT * FROM curve AS earlier
            WHERE earlier.run = ?1 AND earlier.attempt = ?4 AND earlier.step = \(table).step)
        """,
        [run, child.number, child.startStep, parent])
    }
  }

  private func remove(_ number: Int) throws {
    try execute("DELETE FROM curve WHERE run = ? AND attempt = ?", [run, number])
    try execute("DELETE FROM observable WHERE run = ? AND attempt = ?", [run, number])
  }

  private func store(_ summary: RunSummary, status: String) throws {
    try statements.accept(attempt, of: run, at: instant)
    try statements.finish(run, attempt: attempt, summary, status: status)
    if summary.stopped == .diverged {
      // Nothing continues from there.
      try execute("DELETE FROM checkpoint WHERE run = ?", [run])
    }
  }
}

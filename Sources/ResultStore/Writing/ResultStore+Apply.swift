public import Experiments
import GRDB

extension ResultStore {
  /// Makes a batch of changes durable: all of it, or nothing when this throws.
  ///
  /// Applying a batch a second time changes nothing, so that one whose fate is unknown is simply applied
  /// again. What arrives late does no harm: records for a run that has its result are dropped, unless
  /// they belong to an attempt at a longer one; a result that reaches no further than the stored one
  /// leaves that as it is.
  ///
  /// - Parameter changes: in the order in which they happened.
  /// - Throws: `StoreError`; `isRetryable` says whether the same batch may succeed later.
  public func apply(_ changes: [StoreChange]) throws(StoreError) {
    guard !changes.isEmpty else { return }
    let instant = Timestamp.text(of: now())
    try write { database in
      var writer = BatchWriter(database: database, instant: instant)
      for change in changes { try writer.apply(change) }
    }
  }

  /// Opens runs that were given up, so that they are tried again.
  ///
  /// - Parameter keys: runs; those that have not failed stay as they are.
  /// - Returns: how many were opened.
  /// - Throws: `StoreError` if the change cannot be made durable.
  @discardableResult
  public func reopen(_ keys: [RunKey]) throws(StoreError) -> Int {
    try write { database in
      var count = 0
      let statement = try database.cachedStatement(
        sql: "UPDATE run SET status = 'open', failure = NULL WHERE key = ? AND status = 'failed'")
      for key in keys {
        try statement.execute(arguments: [key.hexadecimal])
        count += database.changesCount
      }
      return count
    }
  }
}

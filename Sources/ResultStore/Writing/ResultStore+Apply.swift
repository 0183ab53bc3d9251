public import Experiments
import GRDB
import Synchronization

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
    do {
      // Every run and attempt that a change names is looked up, or known from before; to have SQLite look for each of
      // them once more, at every row, is an eighth of its time.
      try write(checkingReferences: false) { database in
        var writer = try BatchWriter(
          database: database, instant: instant, statements: statements.withLock(\.self))
        statements.withLock { $0 = writer.statements }
        // Swapped, not copied: it holds all runs under way.
        memory.withLock { swap(&writer.memory, &$0) }
        for change in changes { try writer.apply(change) }
        memory.withLock { swap(&writer.memory, &$0) }
      }
    } catch {
      // What was learned in a transaction that was undone need not be true.
      memory.withLock { $0 = WriterMemory() }
      throw error
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
      let statement = try database.cachedStatement(sql: BatchWriter.reopening)
      memory.withLock { $0 = WriterMemory() }
      for key in keys {
        try statement.execute(arguments: [key.hexadecimal])
        count += database.changesCount
      }
      return count
    }
  }
}

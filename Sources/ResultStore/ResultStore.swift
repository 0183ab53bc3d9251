import CSQLite
public import Foundation
import GRDB
import Synchronization

/// All results of a project: one SQLite file.
///
/// Speaks in domain values; the SQL stays inside. Every function is synchronous, and any thread may
/// call it; the coordinator gives it a thread of its own. What `apply` and `register` return from is
/// durable: it survives a power cut. Readers, in this process or in others, never block the writer.
public final class ResultStore: Sendable {
  /// What the caller wants of the file.
  public enum Access: Sendable {
    /// Writes, alone: the file is made or brought up to date, and held until the process ends.
    case coordinator
    /// Reads what has been committed.
    case reader
  }

  public let path: String
  /// How the file is used on the file system that it lies on.
  public let storage: StorageKind
  let database: DatabaseQueue
  let now: @Sendable () -> Date
  private let lock: StoreLock?
  private let log: LogKeeper?
  /// What the writer need not look up; empty after every write but those of `apply`.
  let memory = Mutex(WriterMemory())
  /// What was prepared for the last batch.
  let statements = Mutex<HotStatements?>(nil)

  /// Opens the store, and makes it if a coordinator finds none.
  ///
  /// - Parameters:
  ///   - path: the path of the SQLite file; its folder must exist.
  ///   - access: whether to write.
  ///   - sizeMax: the file does not grow beyond this many bytes (a full disk from there on); nil: no
  ///     bound.
  ///   - storage: what the file lies on, where the kernel's table of mounts does not tell it.
  ///   - now: the wall clock, for the times of attempts.
  /// - Throws: `StoreError` if the file is no store, newer, held by another process or unreachable.
  public init(
    path: String, access: Access, sizeMax: Int? = nil,
    storage: StorageKind? = nil,
    now: @escaping @Sendable () -> Date = { Date() }
  ) throws(StoreError) {
    self.path = path
    self.now = now
    let kind = storage ?? StorageKind(folderOf: path)
    self.storage = kind
    switch access {
    case .coordinator:
      try StoreFile.check(path)
      let lock = try StoreLock(store: path)
      self.lock = lock
      database = try StoreFile.openForWriting(path, on: kind, sizeMax: sizeMax)
      log = try StoreFile.keepLog(of: path, on: kind, written: database)
    case .reader:
      (lock, log) = (nil, nil)
      database = try StoreFile.openForReading(path, on: kind)
    }
  }

  /// The file is closed, and then let go of, once nothing of it is prepared or being copied.
  deinit {
    statements.withLock { $0 = nil }
    if let log { database.writeWithoutTransaction(log.leave) }
  }

  /// Tells a second process that wants the store where this one can be reached.
  public func announce(endpoint: String) throws(StoreError) {
    try lock?.write(LockHolder(endpoint: endpoint))
  }

  /// Runs `body` in one read transaction: it sees one state of the file.
  func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    do {
      return try database.read(body)
    } catch {
      throw StoreError(error, path: path).explained(on: storage)
    }
  }

  /// Runs `body` in one transaction that is durable when this returns, and undone when it throws.
  ///
  /// - Parameters:
  ///   - checkingReferences: whether SQLite checks foreign keys; false where `body` makes sure of them itself.
  ///   - body: what is to be done.
  /// - Returns: what it returns.
  /// - Throws: `StoreError` if it throws, or cannot be made durable.
  func write<Value>(
    checkingReferences: Bool = true, _ body: (Database) throws -> Value
  ) throws(StoreError) -> Value {
    let value: Value
    do {
      value = try database.writeWithoutTransaction { database in
        database.check(references: checkingReferences)
        return try database.transaction(body)
      }
    } catch {
      throw StoreError(error, path: path)
    }
    if let log, log.isDue { database.writeWithoutTransaction(log.shorten) }
    // What is written into a file without a name is lost with this process.
    guard lock?.isInPlace != false else {
      throw StoreError.notWritable(
        path: path, detail: "it was removed or replaced while this process worked on it")
    }
    return value
  }
}

extension Database {
  /// Says whether SQLite looks for the rows that a row refers to; outside of transactions alone.
  func check(references: Bool) {
    let isDone = sqlite_check_references(sqliteConnection, references ? 1 : 0) != 0
    precondition(isDone, "SQLite does not check references, or does always")
  }

  /// Runs `body` in a transaction that holds the writer's lock from the beginning.
  func transaction<Value>(_ body: (Database) throws -> Value) throws -> Value {
    var value: Value?
    try inTransaction(.immediate) {
      value = try body(self)
      return .commit
    }
    guard let value else { throw DatabaseError(message: "a transaction that ended early") }
    return value
  }
}

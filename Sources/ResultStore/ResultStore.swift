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
  func write<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    let value: Value
    do {
      value = try database.write(body)
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

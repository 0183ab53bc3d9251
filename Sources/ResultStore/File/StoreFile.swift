import CSQLite
import Foundation
import GRDB
import Glibc

/// Opens the SQLite file of a store with the settings that its promises rest on.
enum StoreFile {
  /// Tells a store from other SQLite files: "GrkS" in ASCII.
  static let applicationID = 0x4772_6B53

  /// How long a statement waits for a lock of another process before it gives up.
  private static let patienceSeconds: Double = 10

  /// Pages in memory: enough for the upper levels of every index of a million runs.
  ///
  /// More is slower: a balanced tree takes a page's place beyond the end of the file for a moment, after which SQLite looks
  /// through the whole cache at the commit (pcache1Truncate).
  private static let cacheBytes = 16 << 20
  /// A write-ahead log of so many pages is written back.
  ///
  /// Pages that change often then are once in thousands of runs, and a restart after a crash still reads through the log
  /// in no time.
  private static let logPages = 8192

  /// Made once, before the first file is opened.
  private static let settings: Void = sqlite_stop_counting_memory()

  static func openForWriting(
    _ path: String, on storage: StorageKind, sizeMax: Int?
  ) throws(StoreError) -> DatabaseQueue {
    Self.settings
    do {
      var configuration = writing
      configuration.prepareDatabase { database in
        if case .network = storage {
          // Before the first access: the log's index then lives in this process's memory.
          try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
        }
      }
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.writeWithoutTransaction { database in
        try prepare(database, path: path, sizeMax: sizeMax)
      }
      try Schema.migrator.migrate(queue)
      return queue
    } catch {
      throw StoreError(error, path: path)
    }
  }

  private static var writing: GRDB.Configuration {
    var configuration = GRDB.Configuration()
    configuration.busyMode = .timeout(patienceSeconds)
    configuration.label = "ResultStore"
    return configuration
  }

  /// Takes the write-ahead log into its keeping.
  ///
  /// - Parameters:
  ///   - path: the store's file.
  ///   - storage: what it lies on.
  ///   - writer: the connection that writes.
  /// - Returns: nil on a network file system, where one connection has the file for itself and SQLite copies the log.
  /// - Throws: `StoreError` if a second connection cannot be opened.
  static func keepLog(
    of path: String, on storage: StorageKind, written writer: DatabaseQueue
  ) throws(StoreError) -> LogKeeper? {
    if case .network = storage { return nil }
    do {
      let keeper = try LogKeeper(path: path, pagesMax: logPages, configuration: writing)
      writer.writeWithoutTransaction(keeper.watch)
      return keeper
    } catch {
      throw StoreError(error, path: path)
    }
  }

  static func openForReading(
    _ path: String, on storage: StorageKind
  ) throws(StoreError) -> DatabaseQueue {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StoreError.notReadable(path: path, detail: "there is no such file")
    }
    try check(path)
    var information = stat()
    guard stat(path, &information) != 0 || information.st_size > 0 else { throw unfinished(path) }
    do {
      return try reader(of: path, named: path)
    } catch let error as DatabaseError
      where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode)
    {
      return try readerOfArchive(path)
    } catch {
      throw StoreError(error, path: path).explained(on: storage)
    }
  }

  private static func reader(of path: String, named name: String) throws -> DatabaseQueue {
    var configuration = GRDB.Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(patienceSeconds)
    configuration.label = "ResultStore.reader"
    let queue = try DatabaseQueue(path: name, configuration: configuration)
    let isComplete = try queue.read { database in
      if try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0 {
        throw unfinished(path)
      }
      try identify(database, path: path)
      return try Schema.migrator.hasCompletedMigrations(database)
    }
    guard isComplete else { throw StoreError.olderVersion(path: path) }
    return queue
  }

  /// What a process leaves that ended while it made the store.
  private static func unfinished(_ path: String) -> StoreError {
    .notReadable(
      path: path,
      detail:
        "whoever made it ended before anything was stored; groksweep run or coordinate goes on with it"
    )
  }

  /// Opens a store where nothing can be written: a folder of somebody else's, a read-only mount.
  ///
  /// The index of the write-ahead log is a file beside the store, and cannot be made there. Without a log
  /// the file alone is all there is, and nobody changes it.
  private static func readerOfArchive(_ path: String) throws(StoreError) -> DatabaseQueue {
    let log = path + "-wal"
    var status = stat()
    if stat(log, &status) == 0, status.st_size > 0 {
      throw StoreError.notReadable(
        path: path,
        detail:
          "its newest results are still in \(log), and reading them takes a folder that can be "
          + "written; copy the folder, or let somebody who may write there look at it once")
    }
    // https://www.sqlite.org/uri.html, for which Debian's SQLite is built.
    let name = URL(fileURLWithPath: path).absoluteString + "?immutable=1"
    do {
      return try reader(of: path, named: name)
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// Refuses what is no store before anything is made beside it.
  ///
  /// Reads the head of the file itself: SQLite would create, lock and recover on the way to the same
  /// answer, and report it less clearly.
  static func check(_ path: String) throws(StoreError) {
    var isFolder: ObjCBool = false
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: folder) else {
      throw StoreError.notWritable(path: path, detail: "there is no folder \(folder)")
    }
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
    guard !isFolder.boolValue else { throw StoreError.notAStore(path: path) }
    let head: [UInt8]
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { file.closeFile() }
      head = Array(try file.read(upToCount: 100) ?? Data())
    } catch {
      throw StoreError.notReadable(path: path, detail: "\(path) cannot be opened")
    }
    // https://www.sqlite.org/fileformat.html section 1.3: a magic text, and the application id at
    // byte 68. An empty file is what a crash leaves before the first commit.
    guard !head.isEmpty else { return }
    let application = head.dropFirst(68).prefix(4).reduce(0) { $0 << 8 | Int($1) }
    guard head.starts(with: "SQLite format 3\0".utf8), application == applicationID else {
      throw StoreError.notAStore(path: path)
    }
  }

  private static func prepare(_ database: Database, path: String, sizeMax: Int?) throws {
    let isEmpty = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0
    if isEmpty, try applicationID(of: database) == 0 {
      try database.execute(sql: "PRAGMA application_id = \(applicationID)")
    }
    try identify(database, path: path)
    // Debian's SQLite writes zeros over all that is deleted; there is nothing here to hide.
    try database.execute(
      sql: """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = ON;
        PRAGMA secure_delete = OFF;
        PRAGMA cache_size = -\(cacheBytes / 1024);
        PRAGMA wal_autocheckpoint = \(logPages);
        PRAGMA journal_size_limit = 67108864;
        """)
    let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode")
    let synchronous = try Int.fetchOne(database, sql: "PRAGMA synchronous")
    precondition(
      mode == "wal" && synchronous == 2,
      "the store is open with journal mode \(mode ?? "none") and synchronous \(synchronous ?? -1)")
    if let sizeMax {
      let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
      try database.execute(sql: "PRAGMA max_page_count = \(max(sizeMax / pageSize, 1))")
    }
  }

  /// Refuses a file that is no store, and one that a newer version has changed.
  private static func identify(_ database: Database, path: String) throws {
    guard try applicationID(of: database) == applicationID else {
      throw StoreError.notAStore(path: path)
    }
    if try Schema.migrator.hasBeenSuperseded(database) {
      throw StoreError.newerVersion(path: path)
    }
  }

  private static func applicationID(of database: Database) throws -> Int? {
    try Int.fetchOne(database, sql: "PRAGMA application_id")
  }
}

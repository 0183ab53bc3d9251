import GRDB
import GRDBSQLite
import Synchronization

/// Copies the write-ahead log back into the store's file while commits go on.
///
/// SQLite does so within the commit that makes the log long enough, which then takes much longer than others, and
/// all that is to be granted waits for it. Here a connection of its own copies most of the log on a thread of its own; what
/// was written meanwhile, which is little, follows between two commits, so that the log begins anew.
final class LogKeeper: Sendable {
  private enum Stage: Sendable {
    case idle
    /// The other connection is at it.
    case copying
    /// It has copied what there was.
    case copied
  }

  /// How long the log is after the last commit, in pages; SQLite says so on the writer's thread.
  private let length = Atomic<Int>(0)
  private let stage = Mutex(Stage.idle)
  /// From this length on it is copied: more than usual while a reader needs what is in it.
  private let limit: Mutex<Int>
  private let pagesMax: Int
  private let copier: DatabaseQueue

  /// Opens the connection that copies.
  ///
  /// - Parameters:
  ///   - path: the store's file, which has a write-ahead log already.
  ///   - pagesMax: how long the log may become before it is copied.
  ///   - configuration: that of the writer.
  /// - Throws: if it cannot be opened.
  init(path: String, pagesMax: Int, configuration: GRDB.Configuration) throws {
    self.pagesMax = pagesMax
    limit = Mutex(pagesMax)
    copier = try DatabaseQueue(path: path, configuration: configuration)
    try copier.writeWithoutTransaction { database in
      // The same as the writer's: a power cut finds the file as it was, or the log.
      try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0")
    }
  }

  /// Has SQLite tell how long the log is, in place of copying it itself.
  ///
  /// - Parameter database: the writer.
  func watch(_ database: Database) {
    sqlite3_wal_hook(
      database.sqliteConnection,
      { context, _, _, pages in
        guard let context else { return SQLITE_OK }
        let keeper = Unmanaged<LogKeeper>.fromOpaque(context).takeUnretainedValue()
        keeper.length.store(Int(pages), ordering: .relaxed)
        return SQLITE_OK
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Stops listening to the writer, and waits until nothing is being copied.
  ///
  /// - Parameter database: the writer.
  func leave(_ database: Database) {
    sqlite3_wal_hook(database.sqliteConnection, nil, nil)
    // One that cannot be closed now is when this goes; the log is whole either way.
    try? copier.close()
  }

  /// Whether the log is long enough to be copied.
  var isDue: Bool { length.load(ordering: .relaxed) >= limit.withLock(\.self) }

  /// Has a long log copied, or brings that to its end.
  ///
  /// - Parameter database: the writer, outside of a transaction.
  func shorten(_ database: Database) {
    let before = stage.withLock { stage in
      defer { if stage == .idle { stage = .copying } }
      return stage
    }
    switch before {
    case .copying: return
    case .idle:
      copier.asyncWriteWithoutTransaction { [self] database in
        // What could not be copied stays in the log, which is as good a place.
        _ = try? database.checkpoint(.passive)
        stage.withLock { $0 = .copied }
      }
    case .copied:
      let result = try? database.checkpoint(.passive)
      let isWhole = result.map { $0.walFrameCount == $0.checkpointedFrameCount } ?? false
      // A reader may need what it has begun to read: asked at every commit it would not answer otherwise.
      let length = length.load(ordering: .relaxed)
      limit.withLock { $0 = isWhole ? pagesMax : length + pagesMax / 8 }
      stage.withLock { $0 = .idle }
    }
  }
}

import Experiments
import Foundation
import GRDB
import ResultStore
import Testing

/// The write-ahead log beside the store's file.
@Suite struct LogKeeperTests {
  let folder: StoreFolder
  let store: ResultStore
  let key: RunKey
  private var log: String { "\(folder.path)-wal" }

  init() throws {
    folder = try StoreFolder()
    store = try folder.openStore()
    try store.register(Sample.sweep())
    key = try #require(store.openRuns(ofSweep: "sample").first).key
    try store.apply([.openAttempt(Sample.attempt(key))])
  }

  /// How often the log has begun anew (the number that its head has at byte 12, big-endian).
  private func beginnings() throws -> UInt32 {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: log))
    defer { try? file.close() }
    let head = try file.read(upToCount: 16) ?? Data()
    return head.dropFirst(12).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Commits 256 pages at a time until something is so; the steps at which they did.
  private func commit(
    from step: Int, until isSo: (Int) throws -> Bool
  ) throws -> Int {
    let end = ContinuousClock.now + .seconds(60)
    for step in step... {
      try store.apply([
        .addCheckpoint(
          key, attempt: 1, step: step,
          [UInt8](repeating: UInt8(truncatingIfNeeded: step), count: 1 << 20))
      ])
      if try isSo(step) { return step }
      guard ContinuousClock.now < end else { break }
    }
    Issue.record("waited 60 s in vain")
    return step
  }

  @Test func `a long log is copied while commits go on, and begins anew`() throws {
    let before = try beginnings()
    // Twice, so that the second time is not that of a file that was closed.
    let last = try commit(from: 1) { _ in try beginnings() >= before + 2 }
    #expect(try store.checkpoint(of: key)?.place.step == last)
    #expect(try folder.query(String.self, "PRAGMA integrity_check") == ["ok"])
  }

  @Test func `what a reader looks at stays, and the log is copied once it has gone`() throws {
    let before = try beginnings()
    let reader = try DatabaseQueue(path: folder.path)
    var last = 0
    try reader.read { database in
      let count = { try Int.fetchOne(database, sql: "SELECT count(*) FROM checkpoint") }
      #expect(try count() == 0)
      last = try commit(from: 1) { $0 >= 80 }
      #expect(try count() == 0)
    }
    #expect(try beginnings() == before)
    _ = try commit(from: last + 1) { _ in try beginnings() > before }
    #expect(try reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM checkpoint") } == 1)
  }
}

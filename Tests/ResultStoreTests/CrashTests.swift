import Experiments
import Foundation
import Glibc
import OrderedCollections
import ResultStore
import Testing

@Suite struct CrashTests {
  /// Commits batches without end; after each, says on disk how many the store has acknowledged.
  static func commitForever(to path: String, killedAfter limit: Int) throws {
    let store = try ResultStore(path: path, access: .coordinator)
    try store.register(Sample.sweep())
    let key = try #require(store.runs(ofSweep: "sample").first).key
    try store.apply([.openAttempt(Sample.attempt(key))])
    Thread.detachNewThread {
      // Somewhere in the middle of whatever the other thread then does.
      while acknowledged(at: path) < limit { sched_yield() }
      kill(getpid(), SIGKILL)
    }
    for batch in 0... {
      try store.apply([
        .addRecords(key, attempt: 1, Sample.records(batch * 50..<batch * 50 + 50)),
        .addCheckpoint(key, attempt: 1, step: batch * 50 + 49, Array(repeating: 7, count: 9000)),
      ])
      try Data("\(batch + 1)\n".utf8).write(to: URL(fileURLWithPath: path + ".acknowledged"))
    }
  }

  static func acknowledged(at path: String) -> Int {
    guard let text = FileManager.default.contents(atPath: path + ".acknowledged") else { return 0 }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").first.flatMap { Int($0) }
      ?? 0
  }

  @Test(arguments: [1, 7, 40])
  func `a coordinator killed between two instructions leaves a whole store, and no lock`(
    batches: Int
  ) async throws {
    let folder = try StoreFolder()
    let path = folder.path
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, batches = batches as Int] in
      try CrashTests.commitForever(to: path, killedAfter: batches)
    }
    let store = try folder.openStore()
    let key = try #require(store.runs(ofSweep: "sample").first).key
    let curve = try store.curve(of: key)
    // Every acknowledged batch is there, and no part of another.
    #expect(curve.count >= 50 * Self.acknowledged(at: path))
    #expect(curve.count >= 50 * batches)
    #expect(curve == Sample.records(0..<curve.count))
    #expect(curve.count % 50 == 0)
    #expect(try store.checkpoint(of: key)?.place.step == curve.count - 1)
    #expect(try folder.query(String.self, "PRAGMA integrity_check") == ["ok"])
    #expect(try folder.query(String.self, "PRAGMA foreign_key_check").isEmpty)
  }
}

import Experiments
import Foundation
import GRDB
import OrderedCollections
import ResultStore
import Testing

@Suite struct OpeningTests {
  let folder: StoreFolder

  init() throws { folder = try StoreFolder() }

  @Test func `what was committed is there after reopening`() throws {
    let key: RunKey
    do {
      let store = try folder.openStore()
      try store.register(Sample.sweep())
      key = try #require(store.runs(ofSweep: "sample").first).key
      try store.apply([
        .openAttempt(Sample.attempt(key, lease: 41)),
        .addRecords(key, attempt: 1, Sample.records(0...5)),
        .addCheckpoint(key, attempt: 1, step: 5, [1, 2, 3]),
      ])
    }
    let store = try folder.openStore()
    let run = try #require(store.restoredRuns(ofSweep: "sample").first)
    #expect(run.openAttempts == [Sample.attempt(key, lease: 41)])
    #expect(run.lastAttempt == 1)
    #expect(run.checkpoint == CheckpointPlace(attempt: 1, step: 5))
    #expect(try store.checkpoint(of: key)?.bytes == [1, 2, 3])
    #expect(try store.highestLease() == LeaseID(41))
    #expect(try store.curve(of: key) == Sample.records(0...5))
    #expect(try store.counts(ofSweep: "sample") == SweepCounts(waiting: 3, running: 1))
  }

  @Test func `the file is a write-ahead-log database that says whose it is`() throws {
    let store = try folder.openStore()
    #expect(store.storage == .local)
    #expect(try folder.query(String.self, "PRAGMA journal_mode") == ["wal"])
    #expect(try folder.query(Int.self, "PRAGMA application_id") == [0x4772_6B53])
    #expect(try folder.query(String.self, "PRAGMA integrity_check") == ["ok"])
    #expect(
      try folder.query(
        String.self,
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main' "
          + "AND NOT strict AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%'") == [])
  }

  @Test func `a second coordinator is told who holds the store`() throws {
    let store = try folder.openStore()
    try store.announce(endpoint: "tcp://127.0.0.1:5555")
    let pid = Int(ProcessInfo.processInfo.processIdentifier)
    let host = ProcessInfo.processInfo.hostName
    let holder = LockHolder(pid: pid, host: host, endpoint: "tcp://127.0.0.1:5555")
    let error = StoreError.inUse(path: folder.path, by: holder)
    #expect(throws: error) { try folder.openStore() }
    #expect(
      error.description
        == "\(folder.path): the store is in use by process \(pid) on \(host), "
        + "which listens on tcp://127.0.0.1:5555; `groksweep submit` gives that one a sweep")
  }

  @Test func `the lock goes with its holder`() throws {
    do { _ = try folder.openStore() }
    #expect(throws: Never.self) { try folder.openStore() }
  }

  @Test func `readers see what is committed while a coordinator writes`() throws {
    let store = try folder.openStore()
    let reader = try folder.openStore(.reader)
    #expect(try reader.sweeps().isEmpty)
    try store.register(Sample.sweep())
    #expect(try reader.runs(ofSweep: "sample").count == 4)
  }

  @Test func `a store that nobody writes can be read`() throws {
    do { try folder.openStore().register(Sample.sweep()) }
    #expect(try folder.openStore(.reader).runs(ofSweep: "sample").count == 4)
  }

  @Test func `a reader makes no store`() throws {
    #expect(
      throws: StoreError.notReadable(path: folder.path, detail: "there is no such file")
    ) { try folder.openStore(.reader) }
    #expect(!FileManager.default.fileExists(atPath: folder.path))
  }

  @Test(arguments: [true, false])
  func `a file that is not a database is refused`(isReading: Bool) throws {
    let text = Data(String(repeating: "step,loss\n1,0.5\n", count: 100).utf8)
    try text.write(to: URL(fileURLWithPath: folder.path))
    let error = StoreError.notAStore(path: folder.path)
    #expect(throws: error) { try folder.openStore(isReading ? .reader : .coordinator) }
    #expect(error.description == "\(folder.path): this file is not a GrokSweep result store")
    #expect(FileManager.default.contents(atPath: folder.path) == text)
  }

  @Test(arguments: [true, false])
  func `a database of somebody else is refused and left as it is`(isReading: Bool) throws {
    try folder.tamper("CREATE TABLE mine (x)")
    #expect(throws: StoreError.notAStore(path: folder.path)) {
      try folder.openStore(isReading ? .reader : .coordinator)
    }
    #expect(try folder.query(String.self, "PRAGMA journal_mode") == ["delete"])
    #expect(try folder.query(Int.self, "PRAGMA application_id") == [0])
  }

  @Test(arguments: [true, false])
  func `a store of a newer version is refused`(isReading: Bool) throws {
    do { _ = try folder.openStore() }
    try folder.tamper("INSERT INTO grdb_migrations VALUES ('addSomethingLater')")
    #expect(throws: StoreError.newerVersion(path: folder.path)) {
      try folder.openStore(isReading ? .reader : .coordinator)
    }
  }

  @Test func `a folder is no store, and a store needs a folder`() throws {
    #expect(throws: StoreError.notAStore(path: folder.folder.path)) {
      try ResultStore(path: folder.folder.path, access: .coordinator)
    }
    let path = folder.folder.appendingPathComponent("none/results.sqlite").path
    let parent = folder.folder.appendingPathComponent("none").path
    #expect(
      throws: StoreError.notWritable(path: path, detail: "there is no folder \(parent)")
    ) { try ResultStore(path: path, access: .coordinator) }
  }

  @Test func `a damaged file is refused in one sentence`() throws {
    do { try folder.openStore().register(Sample.sweep()) }
    var bytes = try #require(FileManager.default.contents(atPath: folder.path))
    // The header stays, so that it is still a database; every page behind it is nonsense.
    bytes.replaceSubrange(4096..., with: Data(repeating: 0x5A, count: bytes.count - 4096))
    try bytes.write(to: URL(fileURLWithPath: folder.path))
    #expect {
      let store = try folder.openStore()
      _ = try store.runs(ofSweep: "sample")
    } throws: { error in
      guard case StoreError.corrupt(let path, _)? = error as? StoreError else { return false }
      return path == folder.path
    }
  }

  @Test func `on a network file system the coordinator has the file alone, and readers are told`()
    throws
  {
    let storage = StorageKind.network("nfs4")
    let sentence = try #require(storage.sentence)
    do {
      let store = try ResultStore(path: folder.path, access: .coordinator, storage: storage)
      try store.register(Sample.sweep())
      #expect(!FileManager.default.fileExists(atPath: folder.path + "-shm"))
      let error = StoreError.unavailable(path: folder.path, detail: sentence)
      #expect(error.isRetryable)
      #expect(throws: error) {
        try ResultStore(path: folder.path, access: .reader, storage: storage)
      }
    }
    let reader = try ResultStore(path: folder.path, access: .reader, storage: storage)
    #expect(try reader.runs(ofSweep: "sample").count == 4)
  }

  @Test(arguments: [
    ("/home/me/results", StorageKind.network("nfs4")), ("/homely", .local), ("/data/x", .local),
    ("/mnt/a b/c", .network("fuse.sshfs")), ("/scratch/x", .network("lustre")),
  ])
  func `the mount of a folder tells its storage`(path: String, kind: StorageKind) {
    let mounts = """
      22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
      23 22 0:40 / /home rw,relatime shared:2 - nfs4 head:/home rw
      24 22 0:41 / /data rw - nfs head:/data rw
      25 22 8:2 / /data rw - xfs /dev/sdb1 rw
      26 22 0:42 / /mnt/a\\040b rw - fuse.sshfs me@there: rw
      27 22 0:43 / /scratch rw master:3 propagate_from:2 - lustre mgs:/s rw
      """
    #expect(StorageKind(folder: path, mounts: mounts) == kind)
    #expect((kind.sentence == nil) == (kind == .local))
  }

  @Test func `the file itself refuses a word that no column knows`() throws {
    do {
      let store = try folder.openStore()
      try store.register(Sample.sweep())
      let key = try #require(store.runs(ofSweep: "sample").first).key
      try store.apply([.openAttempt(Sample.attempt(key, lease: 1))])
    }
    for sql in [
      "UPDATE run SET status = 'odd'", "UPDATE attempt SET outcome = 'odd', ended_at = 'now'",
      "UPDATE run SET steps = 1, accepted_attempt = 1, stopped = 'odd'",
      "INSERT INTO crossing VALUES (1, 'odd', '0.1', 1)",
    ] {
      #expect(throws: DatabaseError.self, "\(sql)") { try folder.tamper(sql) }
    }
    try folder.tamper("UPDATE attempt SET outcome = 'lost', ended_at = 'now'")
  }

  @Test func `no check of the file makes a tree of a list at every statement`() throws {
    _ = try folder.openStore()
    let tables = try folder.query(String.self, "SELECT sql FROM sqlite_schema WHERE type = 'table'")
    #expect(tables.count > 5)
    #expect(!tables.contains { $0.contains(/IN \([^()]*,[^()]*,/) })
  }
}

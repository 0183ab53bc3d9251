import Experiments
import Foundation
import Glibc
import OrderedCollections
import ResultStore
import Testing

@Suite struct FullDiskTests {
  /// Records that fill a small disk, batch after batch, until the store refuses one.
  private func fill(_ store: ResultStore, _ key: RunKey) throws -> (
    committed: Int, refused: [StoreChange], error: StoreError
  ) {
    for batch in 0..<1000 {
      let first = batch * 500
      let changes: [StoreChange] = [
        .addRecords(key, attempt: 1, Sample.records(first..<first + 500))
      ]
      do {
        try store.apply(changes)
      } catch {
        return (first, changes, error)
      }
    }
    Issue.record("the disk never filled up")
    throw StoreError.diskFull(path: "")
  }

  @Test func `a store at its limit refuses a batch whole, and takes it once there is space`()
    throws
  {
    let folder = try StoreFolder()
    let committed: Int
    let refused: [StoreChange]
    let key: RunKey
    do {
      let store = try folder.openStore(sizeMax: 1 << 20)
      try store.register(Sample.sweep())
      key = try #require(store.runs(ofSweep: "sample").first).key
      try store.apply([.openAttempt(Sample.attempt(key))])
      let error: StoreError
      (committed, refused, error) = try fill(store, key)
      #expect(error == .diskFull(path: folder.path))
      #expect(error.isRetryable)
      #expect(
        error.description
          == "\(folder.path): the disk is full; what was committed before is safe")
      #expect(committed > 0)
      #expect(try store.curve(of: key).count == committed)
      #expect(throws: error) { try store.apply(refused) }
    }
    let store = try folder.openStore()
    try store.apply(refused)
    #expect(try store.curve(of: key).count == committed + 500)
    #expect(try folder.query(String.self, "PRAGMA integrity_check") == ["ok"])
  }

  @Test(.enabled("only root can mount a small disk") { SmallDisk.isPossible })
  func `a disk that is really full keeps what was committed, and work goes on after it`() throws {
    let disk = try SmallDisk(bytes: 3 << 20)
    let path = disk.folder.appendingPathComponent("results.sqlite").path
    let ballast = disk.folder.appendingPathComponent("ballast")
    try Data(count: 1 << 20).write(to: ballast)
    let store = try ResultStore(path: path, access: .coordinator)
    try store.register(Sample.sweep())
    let key = try #require(store.runs(ofSweep: "sample").first).key
    try store.apply([.openAttempt(Sample.attempt(key))])
    let (committed, refused, error) = try fill(store, key)
    #expect(error == .diskFull(path: path))
    #expect(try store.curve(of: key).count == committed)
    #expect(throws: StoreError.diskFull(path: path)) { try store.apply(refused) }
    try FileManager.default.removeItem(at: ballast)
    try store.apply(refused)
    #expect(try store.curve(of: key).count == committed + 500)
  }
}

/// A file system in memory of a few bytes, gone when the test lets go of it.
private final class SmallDisk {
  let folder: URL

  /// Whether this process may mount: some containers forbid it even to root.
  static let isPossible: Bool = {
    guard geteuid() == 0 else { return false }
    do {
      _ = try SmallDisk(bytes: 1 << 16)
      return true
    } catch {
      return false
    }
  }()

  init(bytes: Int) throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("ResultStoreTests-disk-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(bytes)") == 0 else {
      let reason = String(cString: strerror(errno))
      try FileManager.default.removeItem(at: folder)
      throw StoreError.notWritable(path: folder.path, detail: reason)
    }
  }

  deinit {
    // Lazily, because the store's files are closed a moment later.
    umount2(folder.path, Int32(MNT_DETACH))
    rmdir(folder.path)
  }
}

import Foundation
import Glibc
import Synchronization

/// Who holds a store, for the sentence that a second process prints.
public struct LockHolder: Hashable, Sendable, Codable, CustomStringConvertible {
  public var pid: Int
  public var host: String
  /// Where its coordinator listens, once it does.
  public var endpoint: String?

  public init(pid: Int, host: String, endpoint: String? = nil) {
    self.pid = pid
    self.host = host
    self.endpoint = endpoint
  }

  /// This process.
  init(endpoint: String? = nil) {
    self.init(
      pid: Int(getpid()), host: ProcessInfo.processInfo.hostName, endpoint: endpoint)
  }

  public var description: String {
    "process \(pid) on \(host)" + (endpoint.map { ", which listens on \($0)" } ?? "")
  }
}

/// An exclusive lock on a store, kept by the kernel for as long as this process lives.
///
/// Lies in a file of its own beside the store, because SQLite manages the locks of its own files, and
/// closing any other descriptor of those would drop them. The file stays when the lock goes: removing it
/// would let two processes hold locks on two files of one name.
final class StoreLock: Sendable {
  private let store: String
  private let descriptor: Int32

  /// Takes the lock, or throws `inUse` with the holder's own words.
  init(store: String) throws(StoreError) {
    self.store = store
    let path = store + ".lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw StoreError.notWritable(
        path: store, detail: "\(path): \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      let holder = Self.holder(in: path)
      close(descriptor)
      guard reason == EWOULDBLOCK else {
        throw StoreError.notWritable(
          path: store, detail: "\(path) cannot be locked: \(String(cString: strerror(reason)))")
      }
      throw StoreError.inUse(path: store, by: holder)
    }
    try write(LockHolder())
  }

  deinit {
    // Closing alone leaves the lock to a child that was forked this moment and has not yet called exec.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Whether the lock is still that of the store's folder: somebody may have removed the folder, or put another one in its place.
  var isInPlace: Bool {
    var (held, found, database) = (stat(), stat(), stat())
    return fstat(descriptor, &held) == 0 && stat(store + ".lock", &found) == 0
      && held.st_dev == found.st_dev && held.st_ino == found.st_ino
      && stat(store, &database) == 0
  }

  /// Puts the holder's description into the lock file.
  func write(_ holder: LockHolder) throws(StoreError) {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let bytes = Array(try encoder.encode(holder)) + [UInt8(ascii: "\n")]
      // Written before it is cut, so that a reader never finds the file empty; the text is for people,
      // so a full disk here must not keep a store from being opened.
      let written = pwrite(descriptor, bytes, bytes.count, 0)
      if written == bytes.count { ftruncate(descriptor, off_t(bytes.count)) }
    } catch {
      throw StoreError.other(path: store, message: "\(error)", query: nil, arguments: nil)
    }
  }

  private static func holder(in path: String) -> LockHolder {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      return LockHolder(pid: 0, host: "an unknown host")
    }
    do {
      return try JSONDecoder().decode(LockHolder.self, from: bytes)
    } catch {
      // The holder is just writing its first description.
      return LockHolder(pid: 0, host: "an unknown host")
    }
  }
}

import Foundation
import Synchronization

/// A folder that only this user can enter, removed when its owner lets go of it.
///
/// Its name holds the owner's process id and a file in it is locked, so that what a killed process has
/// left is told from what is in use, even across containers that share the place.
public final class PrivateFolder {
  public let path: String
  private let lock: LockedFile?

  /// The folders of this process that have to go when it ends without unwinding.
  private static let owned = Mutex<Set<String>>([])

  /// Makes a folder in the system's place for such, or in /tmp, and removes abandoned ones there.
  public convenience init() throws(RuntimeFailure) {
    let environment = ProcessInfo.processInfo.environment
    // A Unix socket's path has at most 107 bytes: a deep TMPDIR leaves no room for it.
    let candidates = [environment["XDG_RUNTIME_DIR"], environment["TMPDIR"], "/tmp"]
    let parents = candidates.compactMap { $0 }.filter { $0.hasPrefix("/") && $0.utf8.count < 60 }
    try self.init(in: parents, prefix: "groksweep")
  }

  /// Makes a folder in the first place that takes one, and removes abandoned ones of its name there.
  ///
  /// - Parameters:
  ///   - parents: folders to try, in order.
  ///   - prefix: how its name begins; without a hyphen.
  /// - Throws: `RuntimeFailure` if none takes a folder.
  public init(in parents: [String], prefix: String) throws(RuntimeFailure) {
    for parent in parents {
      Self.removeAbandoned(in: parent, prefix: prefix)
      var template = Array("\(parent)/\(prefix)-\(getpid())-XXXXXX".utf8CString)
      if mkdtemp(&template) != nil {
        let made = String(
          decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = made
        Self.owned.withLock { _ = $0.insert(made) }
        lock = try LockedFile(path: "\(made)/lock")
        return
      }
    }
    throw .system("make a folder in \(parents.joined(separator: " or "))", code: errno)
  }

  deinit {
    Self.owned.withLock { _ = $0.remove(path) }
    Self.remove(path)
  }

  /// Removes every folder of this process; for its last moment.
  static func removeAll() {
    for path in owned.withLock({ $0.sorted() }) { remove(path) }
  }

  private static func remove(_ path: String) {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      FileHandle.standardError.write(Data("cannot remove \(path): \(error)\n".utf8))
    }
  }

  /// Removes this user's folders whose owners have ended without doing so.
  ///
  /// - Parameters:
  ///   - parent: the folder that they lie in; one that cannot be listed is left as it is.
  ///   - prefix: how their names begin.
  public static func removeAbandoned(in parent: String, prefix: String = "groksweep") {
    guard let names = FileManager.default.names(in: parent) else { return }
    for name in names where name.hasPrefix("\(prefix)-") {
      let parts = name.split(separator: "-")
      guard parts.count == 3, let owner = pid_t(parts[1]), ProcessState.hasEnded(owner) else {
        continue
      }
      let folder = "\(parent)/\(name)"
      guard isOwn(folder) else { continue }
      do {
        guard let lock = try LockedFile(path: "\(folder)/lock") else { continue }
        try withExtendedLifetime(lock) { try FileManager.default.removeItem(atPath: folder) }
      } catch {
        // Somebody else's business after all; it harms nobody where it is.
        continue
      }
    }
  }

  private static func isOwn(_ folder: String) -> Bool {
    var information = stat()
    return lstat(folder, &information) == 0 && information.st_uid == getuid()
      && information.st_mode & S_IFMT == S_IFDIR
  }
}

extension FileManager {
  /// The names in a folder, or nil where it cannot be listed.
  fileprivate func names(in path: String) -> [String]? {
    do {
      return try contentsOfDirectory(atPath: path)
    } catch {
      return nil
    }
  }
}

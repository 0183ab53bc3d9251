import Foundation

/// A folder that only this user can enter, removed when its owner lets go of it.
///
/// Its name holds the owner's process id and a file in it is locked, so that what a killed process has
/// left is told from what is in use, even across containers that share the place.
public final class PrivateFolder {
  public let path: String
  private let lock: LockedFile?

  private static let prefix = "groksweep"

  /// Makes a folder in the system's place for such, or in /tmp, and removes abandoned ones there.
  public init() throws(RuntimeFailure) {
    let environment = ProcessInfo.processInfo.environment
    // A Unix socket's path has at most 107 bytes: a deep TMPDIR leaves no room for it.
    let candidates = [environment["XDG_RUNTIME_DIR"], environment["TMPDIR"], "/tmp"]
    let parents = candidates.compactMap { $0 }.filter { $0.hasPrefix("/") && $0.utf8.count < 60 }
    for parent in parents {
      Self.removeAbandoned(in: parent)
      var template = Array("\(parent)/\(Self.prefix)-\(getpid())-XXXXXX".utf8CString)
      if mkdtemp(&template) != nil {
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        lock = try LockedFile(path: "\(path)/lock")
        return
      }
    }
    throw .system("make a folder in \(parents.joined(separator: " or "))", code: errno)
  }

  deinit {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      FileHandle.standardError.write(Data("cannot remove \(path): \(error)\n".utf8))
    }
  }

  /// Removes this user's folders whose owners have ended without doing so.
  ///
  /// - Parameter parent: the folder that they lie in; one that cannot be listed is left as it is.
  public static func removeAbandoned(in parent: String) {
    guard let names = FileManager.default.names(in: parent) else { return }
    for name in names where name.hasPrefix("\(prefix)-") {
      let parts = name.split(separator: "-")
      guard parts.count == 3, let owner = pid_t(parts[1]), hasEnded(owner) else { continue }
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

  private static func hasEnded(_ process: pid_t) -> Bool {
    process > 0 && kill(process, 0) != 0 && errno == ESRCH
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

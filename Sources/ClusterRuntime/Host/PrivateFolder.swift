import Foundation

/// A folder that only this user can enter, removed when its owner lets go of it.
public final class PrivateFolder {
  public let path: String

  /// Makes a folder in the system's place for such, or in /tmp.
  public init() throws(RuntimeFailure) {
    let environment = ProcessInfo.processInfo.environment
    // A Unix socket's path has at most 107 bytes: a deep TMPDIR leaves no room for it.
    let candidates = [environment["XDG_RUNTIME_DIR"], environment["TMPDIR"], "/tmp"]
    let parents = candidates.compactMap { $0 }.filter { $0.hasPrefix("/") && $0.utf8.count < 60 }
    for parent in parents {
      var template = Array("\(parent)/groksweep-XXXXXX".utf8CString)
      if mkdtemp(&template) != nil {
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
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
}

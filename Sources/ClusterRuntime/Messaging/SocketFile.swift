import Foundation

/// The file of an ipc address.
///
/// ZeroMQ removes whatever lies there before it listens.
enum SocketFile {
  /// Refuses an address at which something lies that is still wanted; the socket of a process that has ended is not.
  ///
  /// - Parameter address: any address; only those that begin with `ipc://` and a path are looked at.
  /// - Throws: `RuntimeFailure` if there is a file that is no socket, or a socket at which somebody listens.
  static func checkFree(_ address: String) throws(RuntimeFailure) {
    var information = stat()
    guard let path = path(of: address), lstat(path, &information) == 0 else { return }
    guard information.st_mode & S_IFMT == S_IFSOCK else {
      throw RuntimeFailure(
        .wrongInput,
        "cannot listen on \(address): expected the path of a socket, and something else lies there")
    }
    if isAnswered(path) {
      throw RuntimeFailure(.surroundings, "cannot listen on \(address): address already in use")
    }
  }

  /// Removes the socket of an address that is no longer listened on, as ZeroMQ does where sockets are closed before the end.
  static func remove(_ address: String) {
    guard let path = path(of: address) else { return }
    var information = stat()
    guard lstat(path, &information) == 0, information.st_mode & S_IFMT == S_IFSOCK else { return }
    unlink(path)
  }

  /// The path of an ipc address; nil for others, for abstract names, which are no files, and for `*`, which ZeroMQ makes up.
  private static func path(of address: String) -> String? {
    guard address.hasPrefix("ipc://") else { return nil }
    let path = String(address.dropFirst("ipc://".count))
    return path.hasPrefix("@") || path == "*" ? nil : path
  }

  private static func isAnswered(_ path: String) -> Bool {
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    // ZeroMQ refuses what is too long.
    guard bytes.count < MemoryLayout.size(ofValue: name.sun_path) else { return false }
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }
}

import Coordination
import Foundation

/// A file that one process at a time holds; the kernel lets go of it when the process ends.
public final class LockedFile {
  private let descriptor: Int32

  /// Opens and locks a file, making it when there is none.
  ///
  /// - Returns: nil when another process holds it.
  init?(path: String) throws(RuntimeFailure) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system("open \(path)", code: errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      if code == EWOULDBLOCK { return nil }
      throw .system("lock \(path)", code: code)
    }
    self.descriptor = descriptor
  }

  /// Waits for the file until another process lets go of it.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - patience: how long at most.
  ///   - onWait: called once if it has to be waited for.
  /// - Returns: nil when another process holds it all the time.
  /// - Throws: `RuntimeFailure` if it cannot be opened or locked.
  public static func waiting(
    for path: String, within patience: Duration, onWait: () -> Void = {}
  ) throws(RuntimeFailure) -> LockedFile? {
    let end = MonotonicClock.now + patience
    var isFirst = true
    while true {
      if let file = try LockedFile(path: path) { return file }
      guard MonotonicClock.now < end else { return nil }
      if isFirst { onWait() }
      isFirst = false
      usleep(50_000)
    }
  }

  deinit { close(descriptor) }

  var contents: String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  /// Writes the whole file and waits until it is on the disk.
  func replaceContents(with text: String) throws(RuntimeFailure) {
    let bytes = Array(text.utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count,
      fsync(descriptor) == 0
    else { throw .system("write the worker's identity", code: errno) }
  }
}

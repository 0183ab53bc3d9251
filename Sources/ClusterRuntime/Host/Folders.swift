import Foundation

/// Folders and files that are there whole or not at all.
public enum Folders {
  /// Makes a folder and those above it, if they are not there.
  public static func make(_ path: String) throws(RuntimeFailure) {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
      throw RuntimeFailure(.wrongInput, "\(path) is not a folder")
    }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      // Foundation has no words for most reasons; the system has.
      let code = mkdir(path, 0o777) == 0 ? 0 : errno
      if code == 0 || code == EEXIST && access(path, X_OK) == 0 { return }
      throw RuntimeFailure(
        .surroundings, "cannot make the folder \(path): \(SystemError.text(for: code))")
    }
  }

  /// Makes a folder if need be and checks that files can be made in it.
  public static func makeWritable(_ path: String) throws(RuntimeFailure) {
    try make(path)
    guard access(path, W_OK | X_OK) == 0 else {
      let reason = SystemError.text(for: errno)
      throw RuntimeFailure(
        .surroundings, "cannot write to the folder \(path): \(reason)\(ownerRemark(path))")
    }
  }

  /// Whose a folder is that this user may not write to: in a container numbers say more than names.
  private static func ownerRemark(_ path: String) -> String {
    var information = stat()
    guard stat(path, &information) == 0, information.st_uid != geteuid() else { return "" }
    let owner = "\(information.st_uid):\(information.st_gid)"
    return " (it belongs to user \(information.st_uid), this is user \(geteuid()): "
      + "run as its owner, a container with --user \(owner), or give it to this user)"
  }

  /// Writes a file under a temporary name beside its place, then moves it there.
  public static func write(_ bytes: some Sequence<UInt8>, to path: String) throws(RuntimeFailure) {
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw RuntimeFailure(.surroundings, "cannot write \(path): \(Self.reason(error))")
    }
  }

  /// Whether there is something at a path.
  ///
  /// - Parameter path: a file or folder.
  /// - Returns: false only where nothing is there.
  /// - Throws: `RuntimeFailure` where nobody can tell, as in a folder that this user may not look into.
  public static func isThere(_ path: String) throws(RuntimeFailure) -> Bool {
    if access(path, F_OK) == 0 { return true }
    let code = errno
    guard code != ENOENT, code != ENOTDIR else { return false }
    throw RuntimeFailure(.surroundings, "cannot look at \(path): \(SystemError.text(for: code))")
  }

  private static let textBytesMax = 16 << 20

  /// The contents of a file that a user names.
  ///
  /// - Parameter path: the file.
  /// - Returns: its text; bytes that are none become U+FFFD.
  /// - Throws: a sentence that begins with `cannot read` and the path.
  public static func text(of path: String) throws(RuntimeFailure) -> String {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    if isThere, isFolder.boolValue {
      throw RuntimeFailure(.wrongInput, "cannot read \(path): \(SystemError.text(for: EISDIR))")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw RuntimeFailure(.wrongInput, "cannot read \(path): \(SystemError.text(for: errno))")
    }
    defer { close(descriptor) }
    // A pipe will do as well; what never ends will not.
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &block, block.count)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw RuntimeFailure(.wrongInput, "cannot read \(path): \(SystemError.text(for: errno))")
      }
      bytes += block[..<count]
      guard bytes.count <= textBytesMax else {
        throw RuntimeFailure(
          .wrongInput, "cannot read \(path): expected a text of at most \(textBytesMax >> 20) MiB")
      }
    }
  }

  /// What the system said, without the framework's wrapping.
  public static func reason(_ error: any Error) -> String {
    let wrapped = error as NSError
    let underlying = wrapped.userInfo[NSUnderlyingErrorKey] as? NSError ?? wrapped
    if underlying.domain == NSPOSIXErrorDomain {
      return SystemError.text(for: Int32(underlying.code))
    }
    switch (error as? CocoaError)?.code {
    case .fileNoSuchFile?, .fileReadNoSuchFile?: return SystemError.text(for: ENOENT)
    case .fileWriteNoPermission?, .fileReadNoPermission?: return SystemError.text(for: EACCES)
    case .fileWriteVolumeReadOnly?: return SystemError.text(for: EROFS)
    case .fileWriteOutOfSpace?: return SystemError.text(for: ENOSPC)
    case .fileWriteFileExists?: return SystemError.text(for: EEXIST)
    default: return wrapped.localizedDescription
    }
  }
}

import Foundation

/// Files that hold secrets, and files that only their owner may change.
public enum PrivateFile {
  /// What a file is read for.
  public enum Purpose: Sendable {
    /// Nobody else may read it.
    case secret
    /// Everybody may read it, nobody else may write it.
    case list
  }

  /// Larger than any file of keys.
  private static let bytesMax = 1 << 20

  /// What is wrong with a file's permissions, or nil.
  ///
  /// It must belong to the user who runs the program or to root, and neither its group nor others
  /// may write it. A secret must not be readable by others either, nor by its group unless root
  /// owns it: that is how Kubernetes lays down a secret for a pod that runs as another user
  /// (root:fsGroup, mode 0440 or 0640).
  ///
  /// - Parameters:
  ///   - mode: the permission bits of the file itself, not of a link to it.
  ///   - owner: whose it is.
  ///   - user: who runs this program.
  ///   - purpose: what it is read for.
  /// - Returns: the end of a sentence that begins with the file's name.
  public static func problem(
    mode: UInt32, owner: UInt32, user: UInt32, purpose: Purpose
  ) -> String? {
    guard owner == user || owner == 0 else {
      return "belongs to another user (number \(owner)), who can change it"
    }
    let octal = String(mode & 0o777, radix: 8)
    if mode & 0o022 != 0 {
      return "can be written by others (mode \(octal)); chmod go-w makes it yours alone"
    }
    guard purpose == .secret else { return nil }
    if mode & 0o007 != 0 {
      return "can be read by others (mode \(octal)); chmod 600 keeps it secret"
    }
    if mode & 0o070 != 0 && owner != 0 {
      return "can be read by its group (mode \(octal)); chmod 600 keeps it secret"
    }
    return nil
  }

  /// Reads a file after a look at its permissions; links are followed.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - purpose: what it is read for.
  /// - Returns: its text.
  /// - Throws: `RuntimeFailure` if it is not there, not a file, or others can get at it.
  static func read(_ path: String, for purpose: Purpose) throws(RuntimeFailure) -> String {
    // A pipe without a writer would hold an open without O_NONBLOCK up for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw RuntimeFailure(.wrongInput, "cannot read \(path): \(SystemError.text(for: errno))")
    }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw .system("read \(path)", code: errno) }
    guard information.st_mode & S_IFMT == S_IFREG, information.st_size <= bytesMax else {
      throw RuntimeFailure(.wrongInput, "\(path): expected a file of keys")
    }
    if let problem = problem(
      mode: information.st_mode & 0o7777, owner: information.st_uid, user: geteuid(),
      purpose: purpose)
    {
      throw RuntimeFailure(.wrongInput, "\(path) \(problem)")
    }
    var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
      }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw .system("read \(path)", code: errno) }
      if got == 0 { break }
      count += got
    }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  /// Puts a file in its place whole, readable by its owner alone, or leaves the place as it was.
  ///
  /// - Parameters:
  ///   - text: what it is to hold.
  ///   - path: its place.
  /// - Throws: `RuntimeFailure` if it cannot be written.
  static func write(_ text: String, to path: String) throws(RuntimeFailure) {
    var template = Array("\(path).XXXXXX".utf8CString)
    // mkstemp makes it for its owner alone (mode 0600).
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw .system("write \(path)", code: errno) }
    let temporary = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let bytes = Array(text.utf8)
    var isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count
    isWritten = isWritten && fsync(descriptor) == 0
    let code = isWritten ? 0 : (errno == 0 ? ENOSPC : errno)
    close(descriptor)
    guard isWritten, rename(temporary, path) == 0 else {
      let problem = isWritten ? errno : code
      unlink(temporary)
      throw .system("write \(path)", code: problem)
    }
    synchroniseFolder(of: path)
  }

  /// Without it a power cut may bring the file's old contents, a revoked key among them, back.
  private static func synchroniseFolder(of path: String) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}

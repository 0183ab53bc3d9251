/// Reads sweep files: YAML text and overrides in, a checked sweep out.
public enum SweepFile {
  /// A sweep file is written by hand; a megabyte is a mistaken path.
  public static let bytesMax = 1 << 20
  /// More runs than this are a mistake in an axis.
  public static let runsMax = 10_000_000

  /// Reads a sweep.
  ///
  /// - Parameters:
  ///   - yaml: the file's text.
  ///   - file: the file as the user named it; its base name is the sweep's name by default.
  ///   - overrides: what the command line changes, in its order.
  /// - Returns: a sweep whose grid points all have a configuration.
  /// - Throws: `SweepFileError` for the first thing that is wrong.
  public static func read(
    yaml: String, file: String, overrides: [SweepOverride] = []
  ) throws(SweepFileError) -> Sweep {
    try checkSize(yaml.utf8.count, file: file)
    guard !yaml.allSatisfy(\.isWhitespace) else { throw empty(file) }
    // Editors on Windows put a byte order mark in front, which is no part of the text.
    let text =
      yaml.unicodeScalars.first == "\u{FEFF}" ? String(yaml.unicodeScalars.dropFirst()) : yaml
    var document = try SweepYAML.node(text, file: file)
    var narrowings: [LinkedNarrowing] = []
    for override in overrides {
      if let narrowing = override.narrowing(of: document) {
        narrowings.removeAll { $0.name == narrowing.name }
        narrowings.append(narrowing)
      } else {
        document = try override.applied(to: document)
      }
    }
    return try SweepReader(file: file, narrowings: narrowings)
      .sweep(SweepCursor(node: document, path: ""))
  }

  /// Reads a sweep from the bytes of a file.
  ///
  /// - Parameters:
  ///   - bytes: all of the file.
  ///   - file: the file as the user named it.
  ///   - overrides: what the command line changes, in its order.
  /// - Returns: a sweep whose grid points all have a configuration.
  /// - Throws: `SweepFileError` for the first thing that is wrong.
  public static func read(
    bytes: [UInt8], file: String, overrides: [SweepOverride] = []
  ) throws(SweepFileError) -> Sweep {
    try read(yaml: try text(of: bytes, file: file), file: file, overrides: overrides)
  }

  /// Decodes the bytes of a sweep file.
  ///
  /// - Parameters:
  ///   - bytes: all of the file.
  ///   - file: the file as the user named it.
  /// - Returns: its text.
  /// - Throws: `SweepFileError` for a file that is empty, too long or not UTF-8.
  public static func text(of bytes: [UInt8], file: String) throws(SweepFileError) -> String {
    try checkSize(bytes.count, file: file)
    guard !bytes.isEmpty else { throw empty(file) }
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw SweepFileError(file: file, problem: "expected text in UTF-8, found UTF-16")
    }
    // The part that was repaired starts where the repaired text and the bytes differ.
    let repaired = String(decoding: bytes, as: UTF8.self)
    let valid = zip(bytes, repaired.utf8).prefix { $0 == $1 }.count
    // A lone byte can share the first bytes of U+FFFD, so the count goes back to a whole character.
    let start = bytes[..<min(valid, bytes.count - 1)].lastIndex { $0 < 0x80 }.map { $0 + 1 } ?? 0
    let line = bytes[..<start].count { $0 == UInt8(ascii: "\n") } + 1
    throw SweepFileError(
      file: file, line: line,
      problem: "expected text in UTF-8, found bytes that are none")
  }

  /// Why the bytes of a sweep file cannot be had, as the command line found out.
  public enum AccessProblem: Hashable, Sendable {
    case missing
    case directory
    /// What the system said, such as `Permission denied`.
    case unreadable(reason: String)
  }

  /// The error that says why a sweep file cannot be read.
  public static func error(_ problem: AccessProblem, file: String) -> SweepFileError {
    switch problem {
    case .missing: SweepFileError(file: file, problem: "expected a sweep file, found nothing there")
    case .directory:
      SweepFileError(
        file: file, problem: "expected a sweep file, found a directory; name the files in it")
    case .unreadable(let reason):
      SweepFileError(
        file: file, problem: "expected a file that can be read, but the system says: \(reason)")
    }
  }

  private static func checkSize(_ count: Int, file: String) throws(SweepFileError) {
    guard count > bytesMax else { return }
    throw SweepFileError(
      file: file, problem: "expected a sweep file of at most 1 MiB, found \(count.grouped) bytes")
  }

  private static func empty(_ file: String) -> SweepFileError {
    SweepFileError(
      file: file, problem: "expected a sweep with experiment and axes, found an empty file")
  }
}

import Foundation

/// Where a command's words go: results to standard output, everything else to standard error.
enum Console {
  /// Writes a line.
  ///
  /// - Parameters:
  ///   - line: the text without its newline.
  ///   - handle: where to.
  static func print(_ line: String, to handle: FileHandle = .standardOutput) {
    write(line + "\n", to: handle)
  }

  /// Writes text as it is; a reader that has gone (`| head`) is no reason to stop the work.
  static func write(_ text: String, to handle: FileHandle) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes {
        Glibc.write(handle.fileDescriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Says on standard error why something cannot be done.
  static func error(_ sentence: String) {
    print("groksweep: \(sentence)", to: .standardError)
  }

  /// Says something in passing on standard error.
  static func note(_ sentence: String) { print(sentence, to: .standardError) }
}

import Foundation

/// The system's own words for its error numbers.
enum SystemError {
  /// The sentence for an error number, in lower case, so that it can follow a colon.
  static func text(for code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    // Debian's strerror_r is the XSI one in Swift's import: it fills the buffer.
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    let end = buffer.firstIndex(of: 0) ?? buffer.endIndex
    return String(decoding: buffer[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      .lowercased()
  }
}

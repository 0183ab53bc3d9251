/// Words for a POSIX shell.
public enum ShellText {
  /// A word that a shell reads as this text, whatever is in it.
  public static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "/.,:_-+=@%".utf8.contains(byte)
        }
      }
    return isPlain
      ? text
      : "'"
        + text.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }

  /// A command of these words.
  public static func command(_ words: [String]) -> String {
    words.map { quoted($0) }.joined(separator: " ")
  }
}

/// Refuses files whose aliases could make a short text an enormous document.
///
/// Aliases of aliases multiply: thirty lines can stand for more values than any memory holds. The
/// parser shares repeated nodes, so values cost nothing; but it hashes keys, and it releases nested
/// nodes level by level on the stack. So a file with aliases must be small, with few aliases and
/// plain keys. The text is not parsed here: what might be an alias counts as one, comments on lines
/// of their own apart.
enum AliasLimits {
  static let aliasesMax = 64
  /// Bounds how deep anchors within anchors can nest: a bracket and its partner a level.
  static let bytesMax = 16_384

  static func check(_ text: String, file: String) throws(SweepFileError) {
    var count = 0
    var firstLine: Int?
    var complexKeyLine: Int?
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let bytes = Array(line.utf8)
      let start = bytes.firstIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
      guard let start, bytes[start] != UInt8(ascii: "#") else { continue }
      let aliases = aliasCount(bytes)
      count += aliases
      if aliases > 0, firstLine == nil { firstLine = index + 1 }
      if complexKeyLine == nil, mayHaveComplexKey(bytes) { complexKeyLine = index + 1 }
    }
    guard count > 0 else { return }
    guard count <= aliasesMax else {
      throw SweepFileError(
        file: file, line: firstLine,
        problem: "expected at most \(aliasesMax) aliases, found \(count)")
    }
    guard text.utf8.count <= bytesMax else {
      throw SweepFileError(
        file: file, line: firstLine,
        problem: "expected no alias in a file of more than \(bytesMax / 1024) KiB, found one")
    }
    if let complexKeyLine {
      throw SweepFileError(
        file: file, line: complexKeyLine,
        problem: "expected a name as the key, found a list, a mapping or an alias")
    }
  }

  /// How many asterisks stand where an alias can.
  private static func aliasCount(_ line: [UInt8]) -> Int {
    let before = Set(" \t[{,:?-".utf8)
    let after = Set(" \t*".utf8)
    return line.indices.count { index in
      line[index] == UInt8(ascii: "*")
        && (index == 0 || before.contains(line[index - 1]))
        && index + 1 < line.count && !after.contains(line[index + 1])
    }
  }

  /// Whether a key of this line can be something else than a name.
  private static func mayHaveComplexKey(_ line: [UInt8]) -> Bool {
    var previous: UInt8?
    var isAlias = false
    for byte in line {
      let isSpace = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
      if byte == UInt8(ascii: "*") { isAlias = true }
      if byte == UInt8(ascii: "?"), previous.map(Set("[{,-?".utf8).contains) ?? true { return true }
      if byte == UInt8(ascii: ":"), let previous {
        // A colon ends an alias in the parser's reading, a space before it or not.
        if previous == UInt8(ascii: "]") || previous == UInt8(ascii: "}") { return true }
        if isAlias { return true }
      }
      if Set(",[{".utf8).contains(byte) { isAlias = false }
      if !isSpace { previous = byte }
    }
    return false
  }
}

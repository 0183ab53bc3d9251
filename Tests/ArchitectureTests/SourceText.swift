/// The text of one Swift file, read as far as the rules of the architecture need it.
struct SourceText {
  /// The code without comments; string literals stay, line breaks stay where they are.
  let code: [Character]

  init(_ text: String) {
    code = Self.withoutComments(Array(text))
  }

  /// The modules that the file imports, in order: `Foundation` for `import struct Foundation.Data`.
  var imports: [String] {
    let kinds: Set<Substring> = [
      "typealias", "struct", "class", "enum", "protocol", "let", "var", "func", "actor",
    ]
    return String(code).split(whereSeparator: \.isNewline).flatMap { line -> [String] in
      line.split(separator: ";").compactMap { statement in
        let words = statement.split(whereSeparator: \.isWhitespace)
        guard let keyword = words.firstIndex(of: "import") else { return nil }
        let before = words[..<keyword]
        guard before.allSatisfy(Self.isImportModifier) else { return nil }
        guard let name = words[(keyword + 1)...].first(where: { !kinds.contains($0) }) else {
          return nil
        }
        return name.split(separator: ".").first.map(String.init)
      }
    }
  }

  private static func isImportModifier(_ word: Substring) -> Bool {
    let access: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    return word.hasPrefix("@") || access.contains(word)
  }

  /// Where a symbol stands in the code, as indices of its first character.
  ///
  /// A symbol that begins with a letter must not continue an identifier; one that ends with a letter
  /// must not be continued by one, unless it is looked for as a prefix.
  func occurrences(of symbol: String, asPrefix: Bool = false) -> [Int] {
    let wanted = Array(symbol)
    guard let first = wanted.first, let last = wanted.last, wanted.count <= code.count else {
      return []
    }
    return (0...(code.count - wanted.count)).filter { start in
      guard code[start] == first else { return false }
      let end = start + wanted.count
      guard code[start..<end].elementsEqual(wanted) else { return false }
      if Self.isWord(first), start > 0, Self.isWord(code[start - 1]) { return false }
      if !asPrefix, Self.isWord(last), end < code.count, Self.isWord(code[end]) { return false }
      return true
    }
  }

  /// What stands between an opening bracket and the one that closes it, or all that follows.
  func argument(after opening: Int) -> String {
    var depth = 0
    for (index, character) in code.enumerated().dropFirst(opening) {
      if "([{".contains(character) { depth += 1 }
      if ")]}".contains(character) { depth -= 1 }
      if depth == 0 { return String(code[(opening + 1)..<index]) }
    }
    return String(code.dropFirst(opening + 1))
  }

  /// The line, from one, of a place in the code.
  func line(of index: Int) -> Int {
    1 + code[..<index].count { $0.isNewline }
  }

  private static func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_"
  }

  /// Leaves `//` and `/* */` out, nested ones too, but not where they stand in a string literal.
  private static func withoutComments(_ text: [Character]) -> [Character] {
    var kept: [Character] = []
    kept.reserveCapacity(text.count)
    var position = 0
    func stands(_ mark: String) -> Bool { text[position...].starts(with: mark) }
    while position < text.count {
      if stands("//") {
        while position < text.count, !text[position].isNewline { position += 1 }
      } else if stands("/*") {
        var depth = 0
        repeat {
          if stands("/*") {
            depth += 1
            position += 2
          } else if stands("*/") {
            depth -= 1
            position += 2
          } else {
            if text[position].isNewline { kept.append(text[position]) }
            position += 1
          }
        } while depth > 0 && position < text.count
      } else if let end = endOfString(in: text, from: position) {
        kept += text[position..<end]
        position = end
      } else {
        kept.append(text[position])
        position += 1
      }
    }
    return kept
  }

  /// Where a string literal that begins here ends, or nil where none begins.
  private static func endOfString(in text: [Character], from start: Int) -> Int? {
    let hashes = text[start...].prefix { $0 == "#" }.count
    let rest = text[(start + hashes)...]
    guard rest.first == "\"" else { return nil }
    let quotes = rest.starts(with: "\"\"\"") ? "\"\"\"" : "\""
    let closing = quotes + String(repeating: "#", count: hashes)
    let escape = "\\" + String(repeating: "#", count: hashes)
    var position = start + hashes + quotes.count
    while position < text.count {
      if text[position...].starts(with: closing) { return position + closing.count }
      if quotes.count == 1, text[position].isNewline { return position }
      position += text[position...].starts(with: escape) ? escape.count + 1 : 1
    }
    return min(position, text.count)
  }
}

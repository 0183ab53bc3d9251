import Yams

/// Says in one sentence why a text is not YAML.
enum YAMLSentence {
  static func error(_ error: YamlError, text: String, file: String) -> SweepFileError {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let place = SweepPlace(source: file, line: mark.line, column: mark.column)
      return SweepFileError(
        place, problem: sentence(problem, context, character: character(of: text, at: mark)))
    case .reader(_, let offset, let value, _):
      let place = place(ofCharacter: offset, in: text, file: file)
      let code = String(UInt32(bitPattern: value), radix: 16, uppercase: true)
      let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
      return SweepFileError(
        place, problem: "expected printable text, found the control character U+\(padded)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let place = SweepPlace(source: file, line: context.mark.line, column: context.mark.column)
      return duplicate(duplicates.first ?? "", at: place)
    default:
      return SweepFileError(file: file, problem: "expected YAML, found what is none: \(error)")
    }
  }

  static func duplicate(_ key: String, at place: SweepPlace) -> SweepFileError {
    SweepFileError(
      place, path: key.abbreviated, problem: "expected every key once, found this one twice")
  }

  /// The parser's problem in words that say what was expected.
  private static func sentence(
    _ problem: String, _ context: YamlError.Context?, character: Character?
  ) -> String {
    let start = context.map { " that starts at \($0.mark.line):\($0.mark.column)" } ?? ""
    switch problem {
    case "found character that cannot start any token":
      if character == "\t" { return "expected spaces as the indentation, found a tab" }
      let found = character.map { "found \"\($0)\"" } ?? "found another"
      return "expected a character that a value can start with, \(found); such text needs quotes"
    case "mapping values are not allowed in this context":
      return "expected one key and its value on the line, found another colon; text with a colon "
        + "and a space in it needs quotes"
    case "could not find expected ':'": return "expected a colon after the key\(start)"
    case "did not find expected key":
      return "expected a key at the indentation of the mapping\(start)"
    case "did not find expected '-' indicator":
      return "expected a hyphen at the indentation of the list\(start)"
    case "did not find expected ',' or ']'": return "expected , or ] in the list\(start)"
    case "did not find expected ',' or '}'": return "expected , or } in the mapping\(start)"
    case "did not find expected node content": return "expected a value, found none"
    case "found unexpected end of stream":
      return "expected the closing quote of the text\(start), found the end of the file"
    case "block sequence entries are not allowed in this context":
      return "expected a value, found a hyphen; a list with hyphens starts on a line of its own"
    case "found undefined alias":
      return "expected an alias whose anchor stands above it, found an unknown one"
    case "but found another document", "did not find expected <document start>":
      return "expected one document, found a second one"
    case let problem where problem.hasPrefix("Maximum nesting level reached"):
      return "expected at most \(SweepYAML.depthMax) levels of lists and mappings, found more"
    default:
      let whole = [context?.text, problem].compactMap { $0 }.joined(separator: ": ")
      return "expected YAML, but the parser says: \(whole)"
    }
  }

  private static func character(of text: String, at mark: Mark) -> Character? {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard lines.indices.contains(mark.line - 1) else { return nil }
    return lines[mark.line - 1].unicodeScalars.dropFirst(mark.column - 1).first.map(Character.init)
  }

  private static func place(
    ofCharacter offset: Int?, in text: String, file: String
  ) -> SweepPlace {
    guard let offset else { return SweepPlace(source: file) }
    let before = text.prefix(offset)
    let lines = before.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    return SweepPlace(
      source: file, line: max(1, lines.count), column: (lines.last?.unicodeScalars.count ?? 0) + 1)
  }
}

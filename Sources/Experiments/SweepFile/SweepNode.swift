/// A value of a sweep file, with the place where it was written.
///
/// The file's YAML and the overrides of the command line become one tree of these, so that both are
/// read, checked and reported by the same code.
struct SweepNode: Hashable, Sendable {
  enum Content: Hashable, Sendable {
    /// Text as it was written. Only plain text, without quotes, can be a number or a flag.
    case scalar(String, isPlain: Bool)
    case list([SweepNode])
    /// In the order of the file; every key once.
    case mapping([Member])
  }

  struct Member: Hashable, Sendable {
    let key: String
    let keyPlace: SweepPlace
    var value: SweepNode
  }

  var content: Content
  let place: SweepPlace

  init(_ content: Content, at place: SweepPlace) {
    self.content = content
    self.place = place
  }

  /// The members of a mapping; nil for anything else.
  var members: [Member]? {
    if case .mapping(let members) = content { members } else { nil }
  }

  /// Whether nothing was written: an empty value, `~` or `null`.
  var isNothing: Bool {
    guard case .scalar(let text, isPlain: true) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// What was found, for a sentence that says what was expected.
  var found: String {
    if isNothing { return "nothing" }
    switch content {
    case .scalar(let text, isPlain: true):
      // A number is shown as it was written, anything else in quotes.
      return ExactDecimal(text) == nil ? "\"\(text.abbreviated)\"" : text.abbreviated
    case .scalar(let text, isPlain: false): return "the quoted text \"\(text.abbreviated)\""
    case .list(let elements): return elements.isEmpty ? "an empty list" : "a list"
    case .mapping: return "a mapping"
    }
  }
}

/// A value and the path that leads to it.
struct SweepCursor {
  let node: SweepNode
  /// `axes.weight_decay[2]`; empty for the document itself.
  let path: String

  func error(_ problem: String) -> SweepFileError {
    SweepFileError(node.place, path: path, problem: problem)
  }

  func error(expected: String) -> SweepFileError {
    error("expected \(expected), found \(node.found)")
  }

  func element(_ index: Int, _ node: SweepNode) -> SweepCursor {
    SweepCursor(node: node, path: "\(path)[\(index)]")
  }

  func member(_ member: SweepNode.Member) -> SweepCursor {
    SweepCursor(node: member.value, path: join(member.key))
  }

  /// The error that a key itself is wrong, reported where the key is.
  func error(atKey member: SweepNode.Member, _ problem: String) -> SweepFileError {
    SweepFileError(member.keyPlace, path: join(member.key), problem: problem)
  }

  private func join(_ key: String) -> String {
    path.isEmpty ? key.abbreviated : "\(path).\(key.abbreviated)"
  }
}

extension String {
  /// At most sixty characters, on one line, so that a message stays a sentence.
  var abbreviated: String {
    let line = String(map { $0.isNewline || $0 == "\t" ? " " : $0 })
    return line.count <= 60 ? line : line.prefix(59) + "…"
  }
}

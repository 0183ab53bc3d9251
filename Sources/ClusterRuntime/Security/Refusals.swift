/// What a coordinator has turned away, by kind, and when it is worth a sentence.
public struct Refusals: Hashable, Sendable {
  /// Why something was turned away.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// A connection that spoke something else, broke off, or had the wrong idea of the
    /// coordinator's key.
    case handshake
    /// A connection that libzmq or the other side ended before a message came: it announced one that
    /// is too large, or spoke another protocol, or left.
    case unheard
    /// A connection with a key that is not in the list.
    case unknownKey
    /// A connection or a message with a key that was revoked.
    case revokedKey
    /// A message that cannot be read, or is too large.
    case malformed
    /// A connection over which more came than there is room for, or a message that came with too many others.
    case excess
    /// A message of software that is too old or too new.
    case otherVersion
    /// A control command of a key that may not give any.
    case command
  }

  private var counts: [Kind: Int] = [:]

  public init() {}

  /// How often this has happened.
  public subscript(kind: Kind) -> Int { counts[kind] ?? 0 }

  /// The counts of what has happened, by the words for it.
  public var byKind: [String: Int] {
    Dictionary(uniqueKeysWithValues: counts.map { kind, count in (kind.text, count) })
  }

  /// How much was turned away.
  public var total: Int { counts.values.reduce(0, +) }

  /// Counts one more.
  ///
  /// - Parameters:
  ///   - kind: why it was turned away.
  ///   - detail: what there is to say about this one.
  /// - Returns: a sentence for the user the first time, the tenth, the hundredth, …: whoever sends such
  ///   things may send many.
  public mutating func note(_ kind: Kind, _ detail: String) -> String? {
    let count = self[kind] + 1
    counts[kind] = count
    guard Self.isPowerOfTen(count) else { return nil }
    return count == 1 ? "refused: \(detail)" : "refused: \(detail); by now \(count) \(kind.words)"
  }

  /// All of it in one sentence, or nil if nothing was turned away.
  public var summary: String? {
    guard total > 0 else { return nil }
    let parts = Kind.allCases.filter { self[$0] > 0 }.map { "\(self[$0]) \($0.words)" }
    return "refused in all: \(parts.joined(separator: ", "))"
  }

  private static func isPowerOfTen(_ count: Int) -> Bool {
    var rest = count
    while rest > 1 && rest % 10 == 0 { rest /= 10 }
    return rest == 1
  }
}

extension Refusals.Kind {
  fileprivate var text: String {
    switch self {
    case .handshake: "no handshake"
    case .unheard: "no message"
    case .unknownKey: "unknown key"
    case .revokedKey: "revoked key"
    case .malformed: "unreadable message"
    case .excess: "too much at once"
    case .command: "command without permission"
    case .otherVersion: "other version"
    }
  }

  /// After a count: `3 × unknown key`.
  fileprivate var words: String { "× \(text)" }
}

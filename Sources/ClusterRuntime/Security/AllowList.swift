/// Who may connect to a coordinator: the file `allowed` of a key folder.
///
/// One line a key: its name, its public half, and `admin` or `revoked` if it is one. Lines that
/// begin with `#` and empty lines say nothing.
public struct AllowList: Hashable, Sendable {
  /// What the holder of a key may do.
  public enum Standing: String, Hashable, Sendable {
    /// May compute.
    case worker
    /// May compute and give control commands.
    case admin
    /// May do nothing; the line stays so that it can be told from a key that was never known.
    case revoked
  }

  /// A line of the list.
  public struct Entry: Hashable, Sendable {
    public let name: KeyName
    public let key: PublicKey
    public var standing: Standing
  }

  public private(set) var entries: [Entry] = []
  private var places: [String: Int] = [:]

  public init() {}

  /// Reads a list; a line that is not understood refuses all of it, since it may have been a
  /// revocation.
  ///
  /// - Parameter text: the file's contents.
  /// - Throws: `RuntimeFailure` with the line's number and what was expected.
  public init(parsing text: String) throws(RuntimeFailure) {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.isEmpty || line.hasPrefix("#") { continue }
      guard (2...3).contains(words.count), let name = KeyName(words[0]),
        let key = PublicKey(words[1]),
        let standing = words.count == 2 ? .worker : Standing(rawValue: String(words[2]))
      else {
        throw RuntimeFailure(
          .wrongInput,
          "line \(index + 1): expected a name, a public key of 40 characters, and admin or revoked")
      }
      guard places[key.text] == nil, standing == .revoked || self[name] == nil else {
        throw RuntimeFailure(.wrongInput, "line \(index + 1): the name or the key is there twice")
      }
      append(Entry(name: name, key: key, standing: standing))
    }
  }

  /// The list as its file has it.
  public var text: String {
    var text = """
      # Who may connect to this coordinator: name, public key, and admin or revoked.
      # groksweep keys changes this file; a running coordinator takes note within a second.

      """
    for entry in entries {
      let standing = entry.standing == .worker ? "" : " \(entry.standing.rawValue)"
      text += "\(entry.name) \(entry.key)\(standing)\n"
    }
    return text
  }

  /// The key of this name that is let in.
  public subscript(name: KeyName) -> Entry? {
    entries.first { $0.name == name && $0.standing != .revoked }
  }

  /// What the list says of a key.
  public subscript(key: String) -> Entry? { places[key].map { entries[$0] } }

  mutating func append(_ entry: Entry) {
    precondition(places[entry.key.text] == nil, "\(entry.name): its key is in the list already")
    places[entry.key.text] = entries.count
    entries.append(entry)
  }

  /// A name that no key has or had: the stem and a number.
  public func next(_ stem: String) -> KeyName {
    let highest = entries.compactMap { $0.name.number(after: stem) }.max() ?? 0
    return KeyName(stem, number: highest + 1)
  }

  mutating func remove(_ name: KeyName) {
    let kept = entries.filter { $0.name != name || $0.standing == .revoked }
    self = AllowList()
    kept.forEach { append($0) }
  }

  mutating func revoke(_ name: KeyName) {
    for index in entries.indices where entries[index].name == name {
      entries[index].standing = .revoked
    }
  }
}

/// The name of a key: of a worker, a group of workers or a person.
public struct KeyName: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  /// The coordinator's own.
  static let coordinator = KeyName(unchecked: "head")

  /// Whether this is the coordinator's own, which is in no list.
  public var isCoordinators: Bool { self == .coordinator }

  /// Takes a name that is also a file's: nil for any other.
  public init?(_ text: some StringProtocol) {
    let isKnown = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard isKnown, (1...64).contains(text.utf8.count), !text.hasPrefix("."), !text.hasPrefix("-")
    else { return nil }
    description = String(text)
  }

  /// The name of one key of many: `ssh-3`.
  init(_ stem: String, number: Int) {
    description = "\(stem)-\(number)"
    precondition(KeyName(description) != nil, "\(description) is no key's name")
  }

  private static let numberMax = 999_999_999

  /// The number in a name such as `ssh-3`.
  ///
  /// - Parameter stem: what stands before the hyphen.
  /// - Returns: nil for any other name.
  public func number(after stem: String) -> Int? {
    guard description.hasPrefix("\(stem)-") else { return nil }
    let digits = description.dropFirst(stem.count + 1)
    guard let number = Int(digits), (1...Self.numberMax).contains(number),
      "\(number)" == digits
    else { return nil }
    return number
  }

  private init(unchecked text: String) { description = text }
}

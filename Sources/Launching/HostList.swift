/// A machine that a worker is started on over ssh.
public struct LaunchHost: Hashable, Sendable, CustomStringConvertible {
  /// As ssh takes it: a name, an address or an alias of the user's configuration, `user@` before it if
  /// wanted.
  public var name: String
  public var port: Int?
  /// Trainers there; nil for as many as the machine has cores.
  public var slots: Int?
  /// The program's absolute path there; nil to look for it.
  public var program: String?

  public init(name: String, port: Int? = nil, slots: Int? = nil, program: String? = nil) {
    self.name = name
    self.port = port
    self.slots = slots
    self.program = program
  }

  public var description: String {
    guard let port else { return name }
    guard name.contains(":") else { return "\(name):\(port)" }
    let user = name.prefix(through: name.firstIndex(of: "@") ?? name.startIndex)
    let start = user.hasSuffix("@") ? user : ""
    return "\(start)[\(name.dropFirst(start.count))]:\(port)"
  }

  /// Whether it is the machine that this runs on, by its loopback.
  public var isThisMachine: Bool {
    let host = name.drop { $0 != "@" }.dropFirst()
    return ["localhost", "127.0.0.1", "::1"].contains(host.isEmpty ? name : String(host))
  }

  /// The line of a list that says the same.
  public var line: String {
    var words = [description]
    if let slots { words.append("slots=\(slots)") }
    if let program { words.append("program=\(program)") }
    return words.joined(separator: " ")
  }
}

/// The file of the machines that `groksweep launch ssh` starts workers on, one a line.
///
///     # a comment
///     node1
///     ada@node2:2222  slots=8
///     [fd00::7]       program=/opt/groksweep/bin/groksweep
public struct HostList: Hashable, Sendable {
  /// In the order of the file.
  public var hosts: [LaunchHost]

  /// A worker has at most so many trainers.
  private static let slots = 1...4096

  public init(_ hosts: [LaunchHost]) { self.hosts = hosts }

  /// Reads a file's contents.
  ///
  /// - Parameter text: the contents.
  /// - Throws: what is wrong, with its line.
  public init(parsing text: String) throws(LaunchTextError) {
    hosts = []
    var seen: [String: Int] = [:]
    // Editors of other systems begin a file with a mark of its encoding.
    let lines = text.drop { $0 == "\u{FEFF}" }.split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      guard let first = words.first else { continue }
      let number = index + 1
      do throws(LaunchTextError) {
        var host = try Self.host(first)
        for word in words.dropFirst() { try Self.add(word, to: &host) }
        if let before = seen[host.description] {
          throw LaunchTextError("\(host) is on line \(before) already")
        }
        seen[host.description] = number
        hosts.append(host)
      } catch {
        throw LaunchTextError(error.problem, line: number)
      }
    }
    guard !hosts.isEmpty else { throw LaunchTextError("expected a host a line, found none") }
  }

  /// The file's contents.
  public var text: String { hosts.map { $0.line + "\n" }.joined() }

  /// Adds the hosts of another list; those that are here already take what it says of them.
  ///
  /// - Parameter others: the other list.
  /// - Returns: both.
  public func merged(with others: [LaunchHost]) -> HostList {
    var merged = hosts
    for host in others {
      if let index = merged.firstIndex(where: { $0.description == host.description }) {
        merged[index] = host
      } else {
        merged.append(host)
      }
    }
    return HostList(merged)
  }

  private static func host(_ word: Substring) throws(LaunchTextError) -> LaunchHost {
    let refusal = LaunchTextError(
      "expected a host such as node1, ada@node1 or node1:2222, found \"\(word)\"")
    let parts = word.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count <= 2, let place = parts.last else { throw refusal }
    let user = parts.count == 2 ? parts[0] : nil
    // A user that begins with a hyphen would be an option of ssh's.
    guard user.map({ NodeAddress.isHost($0) && !$0.contains(":") }) ?? true else { throw refusal }
    let start = user.map { "\($0)@" } ?? ""
    if let address = NodeAddress(place) {
      return LaunchHost(name: start + address.host, port: address.port)
    }
    let isBracketed = place.hasPrefix("[") && place.hasSuffix("]")
    let bare = isBracketed ? place.dropFirst().dropLast() : place
    guard NodeAddress.isHost(bare), !isBracketed || bare.contains(":") else { throw refusal }
    return LaunchHost(name: start + bare)
  }

  private static func add(
    _ word: Substring, to host: inout LaunchHost
  ) throws(LaunchTextError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    switch (parts[0], parts.count > 1 ? parts[1] : nil) {
    case ("slots", let value?) where host.slots == nil:
      guard let slots = NodeAddress.number(value), Self.slots.contains(slots) else {
        throw LaunchTextError(
          "expected slots from \(Self.slots.lowerBound) to \(Self.slots.upperBound), found \"\(word)\""
        )
      }
      host.slots = slots
    case ("program", let value?) where host.program == nil:
      guard value.hasPrefix("/") else {
        throw LaunchTextError("expected program= and an absolute path, found \"\(word)\"")
      }
      host.program = String(value)
    default:
      throw LaunchTextError("expected slots=N or program=PATH after the host, found \"\(word)\"")
    }
  }
}

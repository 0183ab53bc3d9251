import CZeroMQ
import Foundation
public import Launching

/// Where a coordinator listens or a worker connects: `tcp://host:port` or `ipc:///path`.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// The address as libzmq takes it.
  public let address: String
  /// Whether only this machine can reach it.
  public let isLocal: Bool
  /// Whether names must resolve to IPv6 addresses.
  let usesIPv6: Bool
  public var description: String { address }

  /// libzmq's limit: the length of a Unix socket's path.
  private static let ipcBytesMax = 107

  /// Reads an address that a user typed.
  ///
  /// - Parameters:
  ///   - text: the address.
  ///   - listens: whether it is to be bound, so that `*` may stand for host and port.
  /// - Throws: a sentence that says what is expected.
  public init(_ text: String, listens: Bool) throws(RuntimeFailure) {
    let example = listens ? "tcp://0.0.0.0:5555" : "tcp://head:5555"
    func refuse(_ problem: String) -> RuntimeFailure {
      RuntimeFailure(.wrongInput, "\(text): \(problem), as in \(example)")
    }
    if text.hasPrefix("ipc://") {
      let path = text.dropFirst("ipc://".count)
      guard path.hasPrefix("/"), path.utf8.count <= Self.ipcBytesMax else {
        throw RuntimeFailure(
          .wrongInput,
          "\(text): expected ipc:// and an absolute path of at most \(Self.ipcBytesMax) bytes")
      }
      (address, isLocal, usesIPv6) = (text, true, false)
      return
    }
    guard text.hasPrefix("tcp://") else { throw refuse("expected tcp://host:port or ipc:///path") }
    let rest = text.dropFirst("tcp://".count)
    guard let colon = rest.lastIndex(of: ":") else { throw refuse("expected a port") }
    let host = String(rest[..<colon])
    let port = rest[rest.index(after: colon)...]
    guard !host.isEmpty else { throw refuse("expected a host") }
    guard (listens && port == "*") || (1...65535).contains(Int(port) ?? 0) else {
      throw refuse("expected a port from 1 to 65535\(listens ? " or *" : "")")
    }
    guard listens || !["*", "0.0.0.0", "[::]"].contains(host) else {
      throw refuse("expected the coordinator's host")
    }
    address = text
    let bare = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
    guard host.hasPrefix("[") == bare.contains(":") else {
      throw refuse("expected an IPv6 address in square brackets")
    }
    isLocal = Self.isLoopback(bare)
    // A name that has an IPv4 address keeps it: `localhost` as ::1 would miss a head on 127.0.0.1.
    usesIPv6 = bare.contains(":") || (host == "*") || !(listens || Self.hasIPv4Address(bare))
  }

  /// The address of a join line.
  ///
  /// - Parameter address: where a coordinator is reached.
  /// - Throws: a sentence that says what is expected.
  public init(_ address: NodeAddress) throws(RuntimeFailure) {
    try self.init("tcp://\(address)", listens: false)
  }

  /// What other machines connect to when a socket is bound here.
  ///
  /// - Parameters:
  ///   - bound: the address as the socket has it, with its port.
  ///   - advertised: the hosts that the user names, with a port where another machine forwards it;
  ///     if empty, the bound host, or all of this machine.
  /// - Returns: the addresses, the best first; empty for `ipc`.
  /// - Throws: `RuntimeFailure` for a host that there cannot be.
  public static func advertised(
    for bound: String, as advertised: [String]
  ) throws(RuntimeFailure) -> [NodeAddress] {
    guard bound.hasPrefix("tcp://"), let own = NodeAddress(wildcardAsZero(bound)) else { return [] }
    var addresses: [NodeAddress] = []
    for host in advertised {
      guard let address = NodeAddress(host) ?? NodeAddress(host: host, port: own.port) else {
        throw RuntimeFailure(
          .wrongInput,
          "--advertise: expected a host such as head.example.org or 10.0.0.7:5555, found \"\(host)\""
        )
      }
      addresses.append(address)
    }
    if !advertised.isEmpty { return Array(addresses.prefix(JoinLine.addressesMax)) }
    guard ["0.0.0.0", "::"].contains(own.host) else { return [own] }
    return NetworkAddresses.hosts(withIPv6: own.host == "::").compactMap {
      NodeAddress(host: $0, port: own.port)
    }
  }

  private static func wildcardAsZero(_ bound: String) -> String {
    let address = bound.dropFirst("tcp://".count)
    return address.hasPrefix("*:") ? "0.0.0.0" + address.dropFirst() : String(address)
  }

  /// An address on this machine of a socket that is bound to all of its addresses.
  public static func reachable(_ bound: String) -> String {
    for everywhere in ["0.0.0.0", "[::]", "*"] where bound.hasPrefix("tcp://\(everywhere):") {
      return "tcp://127.0.0.1:" + bound.dropFirst("tcp://\(everywhere):".count)
    }
    return bound
  }

  /// Refuses plain text on what other machines can reach.
  ///
  /// - Parameters:
  ///   - option: the option that gave the address: `--listen`.
  ///   - isAllowed: whether the user asked for plain text by name.
  ///   - advice: how to get keys, as the rest of a sentence.
  /// - Throws: `RuntimeFailure` if others can reach the address and nobody allowed that.
  public func checkPlainText(
    option: String, isAllowed: Bool, advice: String
  ) throws(RuntimeFailure) {
    guard isLocal || isAllowed else {
      throw RuntimeFailure(
        .wrongInput,
        "\(option) \(address): other machines can reach this address, so it takes keys: \(advice); "
          + "--insecure-plaintext lets anybody who reaches it in")
    }
  }

  /// Whether a connection from this address, as libzmq gives it, began on this machine.
  static func isLoopback(peer address: String) -> Bool {
    let mapped = "::ffff:"
    return isLoopback(
      address.hasPrefix(mapped) ? String(address.dropFirst(mapped.count)) : address)
  }

  private static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    var address = in_addr()
    guard inet_pton(AF_INET, host, &address) == 1 else { return false }
    return UInt32(bigEndian: address.s_addr) >> 24 == 127
  }

  /// Why the host's name leads nowhere, in the name service's words; nil where it does not say so.
  ///
  /// Asks the name service, which may take some seconds.
  public var nameProblem: String? {
    guard address.hasPrefix("tcp://"), let place = NodeAddress(address.dropFirst("tcp://".count))
    else { return nil }
    var result: UnsafeMutablePointer<addrinfo>?
    defer { if let result { freeaddrinfo(result) } }
    let status = getaddrinfo(place.host, nil, nil, &result)
    return status == 0
      ? nil : "\(place.host): \(String(cString: gai_strerror(status)).lowercased())"
  }

  private static func hasIPv4Address(_ host: String) -> Bool {
    var hints = addrinfo()
    hints.ai_family = AF_INET
    var result: UnsafeMutablePointer<addrinfo>?
    defer { if let result { freeaddrinfo(result) } }
    let status = getaddrinfo(host, nil, &hints, &result)
    // A name that cannot be resolved yet counts as IPv4: libzmq goes on trying.
    return status == 0 || status == EAI_AGAIN
  }
}

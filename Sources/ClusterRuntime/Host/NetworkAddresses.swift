import Foundation
import Launching

/// What other machines may call this one.
public enum NetworkAddresses {
  /// Interfaces of containers and virtual machines on this host, which no other machine reaches.
  private static let innerInterfaces = ["docker", "br-", "veth", "virbr", "cni", "flannel", "cali"]
  /// A head node has a few networks; each further address only makes the line longer.
  private static let addressesMax = 6

  /// The hosts under which a socket can be reached that is bound to all of this machine's addresses.
  ///
  /// The name comes first, because a coordinator that moves may take it along. Addresses follow for
  /// networks that do not know the name.
  ///
  /// - Parameter withIPv6: whether the socket takes connections over IPv6, too.
  /// - Returns: at least one, the best first, without repetition.
  public static func hosts(withIPv6: Bool) -> [String] {
    var hosts: [String] = []
    let name = ProcessInfo.processInfo.hostName
    if NodeAddress.isHost(name), !["localhost", "localhost.localdomain"].contains(name) {
      hosts.append(name)
    }
    for address in interfaceAddresses(withIPv6: withIPv6) where !hosts.contains(address) {
      hosts.append(address)
    }
    if hosts.isEmpty { hosts = ["127.0.0.1"] }
    return Array(hosts.prefix(addressesMax))
  }

  private static func interfaceAddresses(withIPv6: Bool) -> [String] {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&first) == 0 else { return [] }
    defer { freeifaddrs(first) }
    var (four, six): ([String], [String]) = ([], [])
    var next = first
    while let interface = next?.pointee {
      next = interface.ifa_next
      let flags = interface.ifa_flags
      guard let address = interface.ifa_addr, flags & UInt32(IFF_UP) != 0,
        flags & UInt32(IFF_LOOPBACK) == 0
      else { continue }
      let name = String(cString: interface.ifa_name)
      if innerInterfaces.contains(where: { name.hasPrefix($0) }) { continue }
      let family = Int32(address.pointee.sa_family)
      guard let text = text(of: address, family: family) else { continue }
      if family == AF_INET, !text.hasPrefix("169.254.") { four.append(text) }
      // An address of one link alone means something else on every machine.
      if family == AF_INET6, withIPv6, !text.hasPrefix("fe80") { six.append(text) }
    }
    return four + six
  }

  private static func text(of address: UnsafePointer<sockaddr>, family: Int32) -> String? {
    let size =
      family == AF_INET
      ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    guard family == AF_INET || family == AF_INET6 else { return nil }
    var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard
      getnameinfo(
        address, socklen_t(size), &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0
    else { return nil }
    return String(
      decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

import CZeroMQ
import Coordination
import Experiments
import Foundation

/// A ROUTER or DEALER socket that never blocks.
///
/// Neither copyable nor sendable, because ZeroMQ allows a socket on one thread only.
struct ZeroMQSocket: ~Copyable {
  enum Role { case router, dealer }

  /// A message as it arrived: from whom, for a router, and its payload.
  struct Message {
    var sender: [UInt8]
    var payload: [UInt8]
  }

  enum SendOutcome: Equatable {
    case sent
    /// The peer's queue is full: dropped, and left to the next resync.
    case wouldBlock
    /// A router knows no such peer (any more): dropped.
    case unknownPeer
  }

  /// Messages queued a peer, in and out; more than a worker's credit ever asks for.
  private static let queuedMessagesMax: Int32 = 10_000

  let handle: UnsafeMutableRawPointer
  private let context: ZeroMQContext
  private let role: Role

  /// Opens a socket that is neither bound nor connected.
  ///
  /// - Parameters:
  ///   - role: router for the coordinator, dealer for a worker.
  ///   - usesIPv6: whether names resolve to IPv6 addresses and `*` listens on both families.
  ///   - context: the context that it lives in.
  /// - Returns: the open socket.
  /// - Throws: `RuntimeFailure` if libzmq refuses.
  static func open(
    _ role: Role, usesIPv6: Bool, in context: ZeroMQContext
  ) throws(RuntimeFailure) -> ZeroMQSocket {
    let type = role == .router ? ZMQ_ROUTER : ZMQ_DEALER
    guard let handle = zmq_socket(context.handle, type) else {
      throw .system("open a ZeroMQ socket", code: errno)
    }
    let socket = ZeroMQSocket(handle: handle, context: context, role: role)
    try socket.configure(usesIPv6: usesIPv6)
    return socket
  }

  private init(handle: UnsafeMutableRawPointer, context: ZeroMQContext, role: Role) {
    self.handle = handle
    self.context = context
    self.role = role
  }

  private func configure(usesIPv6: Bool) throws(RuntimeFailure) {
    // What is unsent after this long is covered by the resync; waiting for ever would hang the exit.
    try set(ZMQ_LINGER, 500, "LINGER")
    // A stranger's length field must not make us allocate what it says.
    try set(ZMQ_MAXMSGSIZE, bytesOf: Int64(WireCodec.messageBytesMax), "MAXMSGSIZE")
    // Hundreds of nodes of a Slurm job connect within a second; the default of 100 refuses some.
    try set(ZMQ_BACKLOG, 4096, "BACKLOG")
    // A connection that says nothing is dropped before it costs a slot for long.
    try set(ZMQ_HANDSHAKE_IVL, 10_000, "HANDSHAKE_IVL")
    // The default is ten times a second from every node while the head is away: back off to 2 s.
    try set(ZMQ_RECONNECT_IVL, 100, "RECONNECT_IVL")
    try set(ZMQ_RECONNECT_IVL_MAX, 2_000, "RECONNECT_IVL_MAX")
    try set(ZMQ_SNDHWM, Self.queuedMessagesMax, "SNDHWM")
    try set(ZMQ_RCVHWM, Self.queuedMessagesMax, "RCVHWM")
    try set(ZMQ_IPV6, usesIPv6 ? 1 : 0, "IPV6")
    if role == .router {
      // Without it a message to a peer that has gone, or whose queue is full, vanishes in silence.
      try set(ZMQ_ROUTER_MANDATORY, 1, "ROUTER_MANDATORY")
      // ROUTER_HANDOVER stays off: routing ids are libzmq's own, a peer cannot ask for another's.
    }
  }

  deinit { zmq_close(handle) }

  private func set(_ option: Int32, _ value: Int32, _ name: String) throws(RuntimeFailure) {
    try set(option, bytesOf: value, name)
  }

  private func set<Value: BitwiseCopyable>(
    _ option: Int32, bytesOf value: Value, _ name: String
  ) throws(RuntimeFailure) {
    var value = value
    guard zmq_setsockopt(handle, option, &value, MemoryLayout<Value>.size) == 0 else {
      throw .system("set ZeroMQ's \(name)", code: errno)
    }
  }

  /// Listens on an address and returns it as bound, wildcard ports resolved.
  func bind(to address: String) throws(RuntimeFailure) -> String {
    guard zmq_bind(handle, address) == 0 else {
      let problem = String(cString: zmq_strerror(errno)).lowercased()
      throw RuntimeFailure(.surroundings, "cannot listen on \(address): \(problem)")
    }
    var buffer = [CChar](repeating: 0, count: 1024)
    var length = buffer.count
    guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &buffer, &length) == 0, length > 0 else {
      return address
    }
    return String(decoding: buffer[..<(length - 1)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func connect(to address: String) throws(RuntimeFailure) {
    guard zmq_connect(handle, address) == 0 else {
      let problem = String(cString: zmq_strerror(errno)).lowercased()
      throw RuntimeFailure(.surroundings, "cannot connect to \(address): \(problem)")
    }
  }

  /// Sends one message at once or not at all.
  ///
  /// - Parameters:
  ///   - payload: the bytes.
  ///   - peer: whom a router sends to; ignored by a dealer.
  /// - Returns: what became of it.
  /// - Throws: `RuntimeFailure` if the socket is broken.
  func send(_ payload: [UInt8], to peer: [UInt8] = []) throws(RuntimeFailure) -> SendOutcome {
    if role == .router {
      guard sendFrame(peer, ZMQ_DONTWAIT | ZMQ_SNDMORE) else { return try outcomeOfFailure() }
    }
    return sendFrame(payload, ZMQ_DONTWAIT) ? .sent : try outcomeOfFailure()
  }

  private func sendFrame(_ bytes: [UInt8], _ flags: Int32) -> Bool {
    var sent: Int32
    repeat {
      sent = bytes.withUnsafeBytes { zmq_send(handle, $0.baseAddress, $0.count, flags) }
    } while sent < 0 && errno == EINTR
    return sent >= 0
  }

  private func outcomeOfFailure() throws(RuntimeFailure) -> SendOutcome {
    switch errno {
    case EAGAIN: return .wouldBlock
    case EHOSTUNREACH: return .unknownPeer
    case let code: throw .system("send a message", code: code)
    }
  }

  /// The next message, or nil when none has arrived.
  ///
  /// Messages that do not have the frames of this role are dropped: strangers send those.
  func receive() throws(RuntimeFailure) -> Message? {
    while true {
      var frames: [[UInt8]] = []
      var hasMore = true
      while hasMore {
        guard let frame = try receiveFrame(&hasMore) else { return nil }
        frames.append(frame)
      }
      switch role {
      case .router where frames.count == 2: return Message(sender: frames[0], payload: frames[1])
      case .dealer where frames.count == 1: return Message(sender: [], payload: frames[0])
      default: continue
      }
    }
  }

  private func receiveFrame(_ hasMore: inout Bool) throws(RuntimeFailure) -> [UInt8]? {
    var message = zmq_msg_t()
    zmq_msg_init(&message)
    defer { zmq_msg_close(&message) }
    while zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) < 0 {
      switch errno {
      case EINTR: continue
      case EAGAIN: return nil
      case let code: throw .system("receive a message", code: code)
      }
    }
    hasMore = zmq_msg_more(&message) != 0
    return Array(
      UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message)))
  }
}

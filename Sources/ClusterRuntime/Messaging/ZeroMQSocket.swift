import CZeroMQ
import Coordination
import Experiments
import Foundation

/// A ROUTER or DEALER socket that never blocks.
///
/// Neither copyable nor sendable, because ZeroMQ allows a socket on one thread only.
struct ZeroMQSocket: ~Copyable {
  enum Role {
    case router, dealer
    /// A router that answers libzmq's own questions about strangers, inside the process.
    case authenticator
  }

  /// A message as it arrived: from whom, for a router, and its payload.
  struct Message {
    var sender: [UInt8]
    /// What libzmq vouches for about the sender, if it was asked to.
    var credential: String?
    /// The descriptor of the connection that it came over, where libzmq knows it.
    var connection: Int32 = -1
    /// How many bytes were sent for it, all its frames with what is around them, at most.
    var wireBytes = 0
    /// The length of a frame for which there was no room; the payload is empty then.
    var leftOut: Int?
    var payload: [UInt8]
  }

  /// What libzmq vouches for about a sender.
  enum Credential: String {
    /// The public key that its connection proved, as the authenticator named it.
    case key = "User-Id"
    /// The address that its connection comes from.
    case address = "Peer-Address"
  }

  enum SendOutcome: Equatable {
    case sent
    /// The peer's queue is full: dropped, and left to the next resync.
    case wouldBlock
    /// A router knows no such peer (any more): dropped.
    case unknownPeer
  }

  /// Messages queued for a peer; more than a worker's credit ever asks for.
  private static let outgoingMessagesMax: Int32 = 10_000
  /// Messages of a peer that wait to be read; further ones wait on its side.
  private static let incomingMessagesMax: Int32 = 1_000

  let handle: UnsafeMutableRawPointer
  /// The other end of libzmq's reports on connections.
  let monitor: UnsafeMutableRawPointer?
  private let context: ZeroMQContext
  let role: Role
  private let credential: Credential?

  /// Opens a socket that is neither bound nor connected.
  ///
  /// - Parameters:
  ///   - role: router for the coordinator, dealer for a worker.
  ///   - usesIPv6: whether names resolve to IPv6 addresses and `*` listens on both families.
  ///   - keys: with which keys connections are encrypted; nil for plain text.
  ///   - credential: what every message is to say about its sender.
  ///   - context: the context that it lives in.
  /// - Returns: the open socket.
  /// - Throws: `RuntimeFailure` if libzmq refuses.
  static func open(
    _ role: Role, usesIPv6: Bool = false, keys: KeyFile? = nil, credential: Credential? = nil,
    in context: ZeroMQContext
  ) throws(RuntimeFailure) -> ZeroMQSocket {
    let type = role == .dealer ? ZMQ_DEALER : ZMQ_ROUTER
    guard let handle = zmq_socket(context.handle, type) else {
      throw .system("open a ZeroMQ socket", code: errno)
    }
    let monitor = role == .authenticator ? nil : zmq_socket(context.handle, ZMQ_PAIR)
    let socket = ZeroMQSocket(
      handle: handle, monitor: monitor, context: context, role: role, credential: credential)
    try socket.configure(usesIPv6: usesIPv6)
    if let keys { try socket.encrypt(with: keys) }
    if let monitor { try socket.startReports(to: monitor) }
    return socket
  }

  private init(
    handle: UnsafeMutableRawPointer, monitor: UnsafeMutableRawPointer?, context: ZeroMQContext,
    role: Role, credential: Credential?
  ) {
    self.handle = handle
    self.monitor = monitor
    self.context = context
    self.role = role
    self.credential = credential
  }

  private func configure(usesIPv6: Bool) throws(RuntimeFailure) {
    // What is unsent after this long is covered by the resync; waiting for ever would hang the exit.
    try set(ZMQ_LINGER, 500, "LINGER")
    // A stranger's length field must not make us allocate what it says.
    try set(ZMQ_MAXMSGSIZE, bytesOf: Int64(WireCodec.transportBytesMax), "MAXMSGSIZE")
    // Hundreds of nodes of a Slurm job connect within a second; the default of 100 refuses some.
    try set(ZMQ_BACKLOG, 4096, "BACKLOG")
    // A connection that says nothing is dropped before it costs a slot for long.
    try set(ZMQ_HANDSHAKE_IVL, 10_000, "HANDSHAKE_IVL")
    // The default is ten times a second from every node while the head is away: back off to 2 s.
    try set(ZMQ_RECONNECT_IVL, 100, "RECONNECT_IVL")
    try set(ZMQ_RECONNECT_IVL_MAX, 2_000, "RECONNECT_IVL_MAX")
    try set(ZMQ_SNDHWM, Self.outgoingMessagesMax, "SNDHWM")
    try set(ZMQ_RCVHWM, Self.incomingMessagesMax, "RCVHWM")
    try set(ZMQ_IPV6, usesIPv6 ? 1 : 0, "IPV6")
    if role == .router {
      // Without it a message to a peer that has gone, or whose queue is full, vanishes in silence.
      try set(ZMQ_ROUTER_MANDATORY, 1, "ROUTER_MANDATORY")
      // ROUTER_HANDOVER stays off: routing ids are libzmq's own, a peer cannot ask for another's.
      // Nobody is let in before this process has seen him, and with keys nobody whom it does not know. Enforced:
      // otherwise libzmq lets everybody in while no authenticator answers.
      try set(ZMQ_ZAP_DOMAIN, text: ZAPRequest.domain, "ZAP_DOMAIN")
      try set(ZMQ_ZAP_ENFORCE_DOMAIN, 1, "ZAP_ENFORCE_DOMAIN")
    }
  }

  private func encrypt(with keys: KeyFile) throws(RuntimeFailure) {
    try set(ZMQ_CURVE_SECRETKEY, text: keys.pair.secretKey.text, "CURVE_SECRETKEY")
    if role == .router {
      try set(ZMQ_CURVE_SERVER, 1, "CURVE_SERVER")
    } else {
      try set(ZMQ_CURVE_PUBLICKEY, text: keys.pair.publicKey.text, "CURVE_PUBLICKEY")
      try set(ZMQ_CURVE_SERVERKEY, text: keys.coordinator.text, "CURVE_SERVERKEY")
    }
  }

  deinit {
    // In this order: libzmq waits for the reader of its reports for as long as it has any to make.
    if let monitor {
      zmq_socket_monitor(handle, nil, 0)
      zmq_close(monitor)
    }
    zmq_close(handle)
  }

  private func set(_ option: Int32, _ value: Int32, _ name: String) throws(RuntimeFailure) {
    try set(option, bytesOf: value, name)
  }

  private func set(_ option: Int32, text: String, _ name: String) throws(RuntimeFailure) {
    guard zmq_setsockopt(handle, option, text, text.utf8.count) == 0 else {
      throw .system("set ZeroMQ's \(name)", code: errno)
    }
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
    try SocketFile.checkFree(address)
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
    try send(frames: role == .router ? [peer, payload] : [payload])
  }

  /// Sends a message of several frames at once or not at all; the first frame is a router's
  /// addressee.
  func send(frames: [[UInt8]]) throws(RuntimeFailure) -> SendOutcome {
    for (index, frame) in frames.enumerated() {
      let more = index < frames.count - 1 ? ZMQ_SNDMORE : 0
      guard sendFrame(frame, ZMQ_DONTWAIT | more) else { return try outcomeOfFailure() }
    }
    return .sent
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
  /// One that does not have the frames of this role reads as an empty one, which no decoder takes:
  /// strangers send those, and they are counted.
  ///
  /// - Parameter hasRoom: whether a frame of so many bytes of a connection, by its descriptor, is to be copied.
  /// - Returns: the message, without a payload where there was no room.
  /// - Throws: `RuntimeFailure` if the socket is broken.
  func receive(
    where hasRoom: (Int, Int32) -> Bool = { _, _ in true }
  ) throws(RuntimeFailure) -> Message? {
    var message = Message(sender: [], payload: [])
    guard let frames = try receiveFrames(describing: &message, where: hasRoom) else { return nil }
    if message.leftOut != nil {
      message.sender = role == .dealer ? [] : frames[0]
      return message
    }
    switch role {
    case .router, .authenticator:
      message.sender = frames[0]
      message.payload = frames.count == 2 ? frames[1] : []
    case .dealer:
      message.payload = frames.count == 1 ? frames[0] : []
    }
    return message
  }

  /// The frames of the next message, at least one, or nil when none has arrived.
  func receiveFrames() throws(RuntimeFailure) -> [[UInt8]]? {
    var unused = Message(sender: [], payload: [])
    return try receiveFrames(describing: &unused) { _, _ in true }
  }

  private func receiveFrames(
    describing description: inout Message, where hasRoom: (Int, Int32) -> Bool
  ) throws(RuntimeFailure) -> [[UInt8]]? {
    var frames: [[UInt8]] = []
    var hasMore = true
    while hasMore {
      var message = zmq_msg_t()
      zmq_msg_init(&message)
      defer { zmq_msg_close(&message) }
      guard try receive(&message) else { return nil }
      hasMore = zmq_msg_more(&message) != 0
      let size = zmq_msg_size(&message)
      description.wireBytes += size + Self.frameBytesMax
      if role == .router, !frames.isEmpty {
        description.connection = zmq_msg_get(&message, ZMQ_SRCFD)
        guard hasRoom(size, description.connection) else {
          description.leftOut = max(size, description.leftOut ?? 0)
          continue
        }
      }
      if !hasMore, role == .router, let name = credential?.rawValue,
        let text = zmq_msg_gets(&message, name)
      {
        description.credential = String(cString: text)
      }
      // No role has more frames than an authenticator's question; the rest is not kept.
      if frames.count >= Self.framesMax { continue }
      frames.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: size)))
    }
    return frames
  }

  private static let framesMax = 16
  /// What ZMTP and CURVE put around a frame: flags, a length, a command's name, a nonce and an authenticator.
  private static let frameBytesMax = 64

  private func receive(_ message: inout zmq_msg_t) throws(RuntimeFailure) -> Bool {
    while zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) < 0 {
      switch errno {
      case EINTR: continue
      case EAGAIN: return false
      case let code: throw .system("receive a message", code: code)
      }
    }
    return true
  }
}

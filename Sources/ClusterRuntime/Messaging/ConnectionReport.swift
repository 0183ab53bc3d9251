import CProcess
import CZeroMQ
import Coordination
import Foundation

/// A connection that did not come about, as libzmq reports it.
public enum HandshakeFailure: Hashable, Sendable {
  /// The other side broke off, or said nothing for too long.
  case brokenOff
  /// One side wants keys and the other does not.
  case otherMechanism
  /// The other side has another idea of our key, or speaks something else.
  case protocolError
  /// The other side knows our key too little, or too well.
  case keyRefused
}

/// What libzmq reports of a connection.
public enum ConnectionReport: Hashable, Sendable {
  /// Its handshake failed.
  case failed(HandshakeFailure)
  /// Somebody has connected; by the number of the descriptor, which is free for the next one after
  /// the end.
  case accepted(Int32)
  /// It is over, whoever ended it.
  case ended(Int32)

  fileprivate static let failures =
    ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
    | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
  fileprivate static let comingsAndGoings = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED

  /// Reads a report of libzmq's: a number of 16 bits that says what happened and one of 32 that
  /// says more.
  ///
  /// - Parameter frame: the first frame; nil is returned for anything else that happens.
  public init?(frame: [UInt8]) {
    guard frame.count == 6 else { return nil }
    let (event, value) = frame.withUnsafeBytes { bytes in
      (
        bytes.loadUnaligned(as: UInt16.self),
        bytes.loadUnaligned(fromByteOffset: 2, as: UInt32.self)
      )
    }
    switch Int32(event) {
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: self = .failed(.brokenOff)
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: self = .failed(.keyRefused)
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      let isMismatch = value == UInt32(ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH)
      self = .failed(isMismatch ? .otherMechanism : .protocolError)
    case ZMQ_EVENT_ACCEPTED: self = .accepted(Int32(bitPattern: value))
    case ZMQ_EVENT_DISCONNECTED: self = .ended(Int32(bitPattern: value))
    default: return nil
    }
  }
}

extension ZeroMQSocket {
  /// Has libzmq tell of failed handshakes, and a router's of who comes and goes; for the moment
  /// when the socket is opened.
  func startReports(to monitor: UnsafeMutableRawPointer) throws(RuntimeFailure) {
    let address = "inproc://reports-\(UInt(bitPattern: handle))"
    let events =
      role == .router
      ? ConnectionReport.failures | ConnectionReport.comingsAndGoings : ConnectionReport.failures
    // A full queue would hold up libzmq's thread, with all its connections; this one is read at
    // every turn.
    var unlimited: Int32 = 0
    var noDelay: Int32 = 0
    guard zmq_setsockopt(monitor, ZMQ_RCVHWM, &unlimited, MemoryLayout<Int32>.size) == 0,
      zmq_setsockopt(monitor, ZMQ_LINGER, &noDelay, MemoryLayout<Int32>.size) == 0,
      zmq_socket_monitor(handle, address, events) == 0,
      zmq_connect(monitor, address) == 0
    else { throw .system("watch ZeroMQ's connections", code: errno) }
  }

  /// The next handshake that failed, or nil when no more have.
  func nextHandshakeFailure() throws(RuntimeFailure) -> HandshakeFailure? {
    while let report = try nextReport() {
      if case .failed(let failure) = report { return failure }
    }
    return nil
  }

  /// Sleeps until there is a report on a connection, or the time has passed; to be asked when all reports were read.
  ///
  /// - Parameters:
  ///   - flag: what else wakes it, if anything does.
  ///   - patience: how long at most.
  /// - Returns: whether the flag is up.
  /// - Throws: `RuntimeFailure` if ZeroMQ refuses.
  func waitForReport(
    or flag: EventFlag?, within patience: Duration
  ) throws(RuntimeFailure) -> Bool {
    var descriptor: Int32 = -1
    var size = MemoryLayout<Int32>.size
    guard zmq_getsockopt(monitor, ZMQ_FD, &descriptor, &size) == 0 else {
      throw .system("watch ZeroMQ's connections", code: errno)
    }
    let other = flag?.descriptor ?? -1
    return descriptors_wait(descriptor, other, Int64(patience.inSeconds * 1e9)) != 0
  }

  /// The next report on a connection, or nil when there is no more.
  func nextReport() throws(RuntimeFailure) -> ConnectionReport? {
    while let monitor {
      var message = zmq_msg_t()
      zmq_msg_init(&message)
      defer { zmq_msg_close(&message) }
      guard zmq_msg_recv(&message, monitor, ZMQ_DONTWAIT) >= 0 else {
        if errno == EINTR { continue }
        guard errno == EAGAIN else { throw .system("watch ZeroMQ's connections", code: errno) }
        return nil
      }
      // The second frame of a report is our own address.
      guard zmq_msg_more(&message) != 0 else { continue }
      let bytes = UnsafeRawBufferPointer(
        start: zmq_msg_data(&message), count: zmq_msg_size(&message))
      if let report = ConnectionReport(frame: Array(bytes)) { return report }
    }
    return nil
  }
}

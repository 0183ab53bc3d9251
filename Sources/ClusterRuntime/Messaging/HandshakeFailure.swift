import CZeroMQ
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

  fileprivate static let events =
    ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
    | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH

  /// Reads a report of libzmq's: a number of 16 bits that says what happened and one of 32 that
  /// says more.
  ///
  /// - Parameter report: the first frame; nil is returned for what is no failed handshake.
  public init?(report: [UInt8]) {
    guard report.count == 6 else { return nil }
    let (event, value) = report.withUnsafeBytes { bytes in
      (
        bytes.loadUnaligned(as: UInt16.self),
        bytes.loadUnaligned(fromByteOffset: 2, as: UInt32.self)
      )
    }
    switch Int32(event) {
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: self = .brokenOff
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: self = .keyRefused
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      let isMismatch = value == UInt32(ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH)
      self = isMismatch ? .otherMechanism : .protocolError
    default: return nil
    }
  }
}

extension ZeroMQSocket {
  /// Has libzmq tell of failed handshakes; for the moment when the socket is opened.
  func startReports(to monitor: UnsafeMutableRawPointer) throws(RuntimeFailure) {
    let address = "inproc://reports-\(UInt(bitPattern: handle))"
    // A full queue would hold up libzmq's thread, with all its connections; this one is read at
    // every turn.
    var unlimited: Int32 = 0
    var noDelay: Int32 = 0
    guard zmq_setsockopt(monitor, ZMQ_RCVHWM, &unlimited, MemoryLayout<Int32>.size) == 0,
      zmq_setsockopt(monitor, ZMQ_LINGER, &noDelay, MemoryLayout<Int32>.size) == 0,
      zmq_socket_monitor(handle, address, HandshakeFailure.events) == 0,
      zmq_connect(monitor, address) == 0
    else { throw .system("watch ZeroMQ's connections", code: errno) }
  }

  /// The next handshake that failed, or nil when no more have.
  func nextHandshakeFailure() throws(RuntimeFailure) -> HandshakeFailure? {
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
      if let failure = HandshakeFailure(report: Array(bytes)) { return failure }
    }
    return nil
  }
}

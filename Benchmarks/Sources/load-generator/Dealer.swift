import CLoad
import Foundation

/// The sockets of one process share a context, with room for thousands of them.
final class DealerContext {
  fileprivate let handle: UnsafeMutableRawPointer

  init(sockets: Int) throws(LoadError) {
    guard let handle = zmq_ctx_new() else { throw LoadError("ZeroMQ does not start") }
    self.handle = handle
    zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, Int32(sockets + 10))
  }
}

/// What one simulated worker speaks through; never blocks.
final class Dealer {
  private let handle: UnsafeMutableRawPointer
  /// Readable whenever libzmq has something to look at, which it says once (edge-triggered).
  let descriptor: Int32

  /// Connects; what is sent before the coordinator is there waits for it.
  init(to address: String, in context: DealerContext) throws(LoadError) {
    guard let handle = zmq_socket(context.handle, ZMQ_DEALER) else {
      throw LoadError("cannot open a socket: \(String(cString: zmq_strerror(errno)))")
    }
    self.handle = handle
    for (option, value) in [
      (ZMQ_SNDHWM, Int32(0)), (ZMQ_RCVHWM, 0), (ZMQ_LINGER, 0), (ZMQ_RECONNECT_IVL, 20),
    ] {
      var value = value
      zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size)
    }
    guard zmq_connect(handle, address) == 0 else {
      throw LoadError("cannot connect to \(address)")
    }
    var descriptor: Int32 = -1
    var size = MemoryLayout<Int32>.size
    zmq_getsockopt(handle, ZMQ_FD, &descriptor, &size)
    self.descriptor = descriptor
  }

  func send(_ bytes: Data) throws(LoadError) {
    let sent = bytes.withUnsafeBytes {
      zmq_send(handle, $0.baseAddress, $0.count, ZMQ_DONTWAIT)
    }
    guard sent >= 0 else { throw LoadError("cannot send: \(String(cString: zmq_strerror(errno)))") }
  }

  /// The next message; nil when none has arrived.
  func receive() -> Data? {
    var message = zmq_msg_t()
    zmq_msg_init(&message)
    defer { zmq_msg_close(&message) }
    guard zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) >= 0 else { return nil }
    guard let start = zmq_msg_data(&message) else { return Data() }
    return Data(bytes: start, count: zmq_msg_size(&message))
  }
}

/// Why no measurement came about.
struct LoadError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

import CZeroMQ
import Foundation

/// The libzmq context of a loop: owns the thread that moves bytes.
///
/// Every socket holds on to its context, so that the context ends after the last of them.
final class ZeroMQContext {
  fileprivate(set) var handle: UnsafeMutableRawPointer

  init() throws(RuntimeFailure) {
    guard let handle = zmq_ctx_new() else {
      throw .system("start ZeroMQ", code: errno)
    }
    self.handle = handle
  }

  deinit {
    // A signal may break it off, and then it has to be asked again.
    while zmq_ctx_term(handle) != 0 && errno == EINTR {}
  }
}

import CZeroMQ
import Foundation

/// Waits for sockets and file descriptors at once, through zmq_poll.
struct Poller {
  private var items: [zmq_pollitem_t] = []

  /// Where to look after `wait` whether a source is ready.
  typealias Index = Int

  mutating func removeAll() { items.removeAll(keepingCapacity: true) }

  /// Waits for messages on a socket.
  @discardableResult
  mutating func add(_ socket: borrowing ZeroMQSocket) -> Index {
    add(zmq_pollitem_t(socket: socket.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
  }

  /// Waits for reports on a socket's connections.
  @discardableResult
  mutating func add(reportsOf socket: borrowing ZeroMQSocket) -> Index {
    add(zmq_pollitem_t(socket: socket.monitor, fd: -1, events: Int16(ZMQ_POLLIN), revents: 0))
  }

  /// Waits until a descriptor can be read, or written; its end counts as readable.
  @discardableResult
  mutating func add(_ descriptor: Int32, forWriting: Bool = false) -> Index {
    let events = Int16(forWriting ? ZMQ_POLLOUT : ZMQ_POLLIN)
    return add(zmq_pollitem_t(socket: nil, fd: descriptor, events: events, revents: 0))
  }

  private mutating func add(_ item: zmq_pollitem_t) -> Index {
    items.append(item)
    return items.count - 1
  }

  /// Sleeps until a source is ready or the time has passed.
  ///
  /// - Parameter patience: how long at most; nil for as long as it takes.
  /// - Throws: `RuntimeFailure` if the system refuses.
  mutating func wait(within patience: Duration?) throws(RuntimeFailure) {
    let milliseconds = patience.map { Self.milliseconds($0) } ?? -1
    for index in items.indices { items[index].revents = 0 }
    let count = Int32(items.count)
    guard zmq_poll(&items, count, milliseconds) >= 0 || errno == EINTR else {
      throw .system("wait for messages", code: errno)
    }
  }

  func isReady(_ index: Index) -> Bool { items[index].revents != 0 }

  /// Rounded up, so that a deadline has passed when its wait is over.
  static func milliseconds(_ duration: Duration) -> Int {
    let (seconds, attoseconds) = duration.components
    let rounded = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int(min(max(rounded, 0), 86_400_000))
  }
}

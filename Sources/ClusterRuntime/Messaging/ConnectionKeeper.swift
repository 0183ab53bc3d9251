import CProcess
import Coordination
import Foundation

/// Keeps the connections of a router in bounds, and tells of those that were turned away.
final class ConnectionKeeper {
  /// What is to be counted.
  typealias Refusal = (kind: Refusals.Kind, detail: String)

  private var watch = ConnectionWatch()
  private var unread = UnreadBytes()
  /// Second descriptors of connections, by the first: what has become of a connection can be seen after its end.
  private var twins: [Int32: Int32] = [:]
  /// When memory that ended connections have taken is to be given back.
  private var trimDue: MonotonicInstant?

  /// Descriptors are for workers first: from half of them on no connection has two.
  private static let twinsEnd = FileDescriptors.limit / 2
  /// libzmq's own thread takes a moment to let go of what had come over a connection.
  private static let trimDelay: Duration = .seconds(1)
  /// Unread bytes; in frames of a byte or two they take some megabytes of memory.
  private static let worthTrimming = 64 << 10

  deinit { for twin in twins.values { close(twin) } }

  /// Takes in what libzmq reports: all that there is, so that it is known of whom is connected that he still is.
  func note(_ reports: [ConnectionReport]) {
    var lastEnds: [Int32: Int] = [:]
    for (place, report) in reports.enumerated() {
      if case .ended(let descriptor) = report { lastEnds[descriptor] = place }
    }
    for (place, report) in reports.enumerated() {
      var wasLeft = false
      switch report {
      case .accepted(let descriptor):
        unread.begin(descriptor)
        forgetTwin(of: descriptor)
        // Where it has ended already, its descriptor may be the next one's.
        if lastEnds[descriptor].map({ $0 < place }) ?? true { openTwin(of: descriptor) }
      case .ended(let descriptor):
        if unread.end(descriptor) > Self.worthTrimming {
          trimDue = MonotonicClock.now + Self.trimDelay
        }
        wasLeft = twins[descriptor].map { connection_was_left($0) == 1 } ?? false
        forgetTwin(of: descriptor)
      case .failed: break
      }
      watch.note(report, wasLeft: wasLeft, at: MonotonicClock.now)
    }
  }

  private func openTwin(of descriptor: Int32) {
    guard descriptor < Self.twinsEnd else { return }
    let twin = connection_open_twin(descriptor)
    if twin >= 0 { twins[descriptor] = twin }
  }

  /// Whether a message is to be taken in; otherwise it is only heard.
  func hasRoom(for bytes: Int, over descriptor: Int32) -> Bool {
    bytes <= WireCodec.messageBytesMax && unread.hasRoom(for: bytes, over: descriptor)
  }

  /// A message has come, whatever it says.
  ///
  /// - Returns: what is to be counted where it was not taken in.
  func heard(_ message: ZeroMQSocket.Message) -> Refusal? {
    watch.heard(over: message.connection, from: message.sender)
    unread.heard(message.wireBytes, over: message.connection)
    guard let bytes = message.leftOut else { return nil }
    guard bytes > WireCodec.messageBytesMax else { return (.excess, Self.noRoom(for: bytes)) }
    return (.malformed, "a message: \(WireCodec.oversized(bytes))")
  }

  /// This process has done what takes memory, with so much of it before.
  func noteOwnGrowth(since before: Int?) {
    guard let before, let now = ResidentMemory.bytes else { return }
    unread.grow(by: now - before)
  }

  /// Ends what has to be ended.
  ///
  /// - Parameter isAllRead: whether every message was read that has come.
  /// - Returns: what was turned away since this was asked last.
  func look(isAllRead: Bool) -> [Refusal] {
    let now = MonotonicClock.now
    var refusals: [Refusal] = []
    let silentEnds = watch.takeSilentEnds(at: now, isAllRead: isAllRead)
    refusals += repeatElement(Self.unheard, count: silentEnds)
    refusals += repeatElement(Self.gibberish, count: watch.takeLeavings())
    let excesses = unread.look(
      at: now, isAllRead: isAllRead, received: Self.bytesReceived, memory: { ResidentMemory.bytes })
    for (descriptor, excess) in excesses {
      connection_abort(twins[descriptor] ?? descriptor)
      // Its end, which follows, is not to be counted once more.
      forgetTwin(of: descriptor)
      watch.forget(descriptor)
      trimDue = now + Self.trimDelay
      refusals.append((.excess, Self.detail(of: excess)))
    }
    if unread.isFull { trimDue = trimDue ?? now + Self.trimDelay }
    // What waits may be what the memory has grown by; once it is read, its place is free.
    if unread.isGrown, !isAllRead { trimDue = now + Self.trimDelay }
    if let trimDue, now >= trimDue {
      process_return_memory()
      self.trimDue = nil
    }
    return refusals
  }

  private func forgetTwin(of descriptor: Int32) {
    if let twin = twins.removeValue(forKey: descriptor) { close(twin) }
  }

  private static func bytesReceived(over descriptor: Int32) -> Int? {
    let bytes = connection_bytes_received(descriptor)
    return bytes < 0 ? nil : Int(bytes)
  }

  private static let mebibytesMax = WireCodec.transportBytesMax >> 20

  private static let unheard: Refusal = (
    .unheard,
    "a connection that ended before a message came over it: left, or hung up on because it spoke no ZeroMQ, or an old one, or announced a message of more than \(mebibytesMax) MiB"
  )
  private static let gibberish: Refusal = (
    .malformed,
    "a connection that went on with what is no message, or announced one of more than \(mebibytesMax) MiB"
  )

  private static func detail(of excess: UnreadBytes.Excess) -> String {
    switch excess {
    case .endless: "a connection over which an endless message came, or more than could be read"
    case .crowded: "one of the connections over which more came at once than there is room for"
    }
  }

  private static func noRoom(for bytes: Int) -> String {
    "a message of \(bytes) bytes, while more came at once than there is room for"
  }
}

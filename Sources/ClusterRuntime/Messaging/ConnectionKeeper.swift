import CProcess
import Coordination
import Foundation

/// Keeps the connections of a router in bounds, and tells of those that were turned away.
final class ConnectionKeeper {
  /// What is to be counted.
  typealias Refusal = (kind: Refusals.Kind, detail: String)

  private var watch = ConnectionWatch()
  private var halves = HalfMessages()
  /// Second descriptors of connections, by the first: what has become of a connection can be seen after its end.
  private var twins: [Int32: Int32] = [:]
  /// Connections that had ended before they were seen.
  private var goneEarly: Set<Int32> = []
  private var lastLook = MonotonicClock.now
  /// When memory that ended connections have taken is to be given back.
  private var trimDue: MonotonicInstant?

  /// Descriptors are for workers first: from half of them on no connection has two.
  private static let twinsEnd = FileDescriptors.limit / 2
  /// What has been read by libzmq and not by us counts as unfinished, and there may be no moment without any.
  private static let patience: Duration = .seconds(5)
  /// No client gives up within this time.
  private static let leastPatience: Duration = .seconds(1)
  /// libzmq's own thread takes a moment to let go of what had come over a connection.
  private static let trimDelay: Duration = .seconds(1)
  /// Bytes of an unfinished message; in frames of a byte or two they take some megabytes of memory.
  private static let worthTrimming = 64 << 10

  deinit { for twin in twins.values { close(twin) } }

  /// Takes in what libzmq reports.
  func note(_ report: ConnectionReport) {
    var wasLeft = false
    switch report {
    case .accepted(let descriptor):
      halves.begin(descriptor)
      forgetTwin(of: descriptor)
      guard descriptor < Self.twinsEnd else { break }
      let twin = connection_open_twin(descriptor)
      if twin >= 0 { twins[descriptor] = twin }
      // Whoever has something to say here waits for an answer, and is not gone before this is read, unless this took long.
      if twin == -EBADF, MonotonicClock.now - lastLook < Self.leastPatience {
        goneEarly.insert(descriptor)
      }
    case .ended(let descriptor):
      if halves.end(descriptor) > Self.worthTrimming {
        trimDue = MonotonicClock.now + Self.trimDelay
      }
      let twin = twins[descriptor]
      wasLeft =
        twin.map { connection_was_left($0, descriptor) == 1 } ?? goneEarly.contains(descriptor)
      forgetTwin(of: descriptor)
    case .failed: break
    }
    watch.note(report, wasLeft: wasLeft, at: MonotonicClock.now)
  }

  /// A message has come, whatever it says.
  func heard(_ message: ZeroMQSocket.Message) {
    watch.heard(over: message.connection)
    halves.heard(message.wireBytes, over: message.connection)
  }

  /// Ends what has to be ended.
  ///
  /// - Parameter isAllRead: whether every message was read that has come.
  /// - Returns: what was turned away since this was asked last.
  func look(isAllRead: Bool) -> [Refusal] {
    let now = MonotonicClock.now
    guard isAllRead || now - lastLook >= Self.patience else { return [] }
    lastLook = now
    var refusals: [Refusal] = []
    if isAllRead {
      refusals += repeatElement(Self.unheard, count: watch.takeSilentEnds(at: now))
    }
    refusals += repeatElement(Self.gibberish, count: watch.takeLeavings())
    let excesses = halves.look(
      at: now, received: Self.bytesReceived, memory: { ResidentMemory.bytes })
    for (descriptor, excess) in excesses {
      connection_abort(twins[descriptor] ?? descriptor)
      // Its end, which follows, is not to be counted once more.
      forgetTwin(of: descriptor)
      watch.heard(over: descriptor)
      trimDue = now + Self.trimDelay
      refusals.append((.unfinished, Self.detail(of: excess)))
    }
    if let trimDue, now >= trimDue {
      process_return_memory()
      self.trimDue = nil
    }
    return refusals
  }

  private func forgetTwin(of descriptor: Int32) {
    goneEarly.remove(descriptor)
    if let twin = twins.removeValue(forKey: descriptor) { close(twin) }
  }

  private static func bytesReceived(over descriptor: Int32) -> Int? {
    let bytes = connection_bytes_received(descriptor)
    return bytes < 0 ? nil : Int(bytes)
  }

  private static let mebibytesMax = WireCodec.transportBytesMax >> 20

  private static let unheard: Refusal = (
    .unheard,
    "a connection that ended before a message came over it, or announced one of more than \(mebibytesMax) MiB"
  )
  private static let gibberish: Refusal = (
    .malformed,
    "a connection that went on with what is no message, or announced one of more than \(mebibytesMax) MiB"
  )

  private static func detail(of excess: HalfMessages.Excess) -> String {
    switch excess {
    case .endless: "a connection over which a message came that had no end"
    case .crowded: "a connection with one of too many messages that were not at their end yet"
    }
  }
}

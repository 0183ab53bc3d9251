public import Coordination

/// Finds the connections that end before a message has come over them, and those that libzmq leaves.
///
/// libzmq hangs up without a word on whoever speaks another protocol, or announces a message that
/// is too large. What can be seen is that somebody connected and went, and was never heard, or that it was this side
/// that left.
public struct ConnectionWatch {
  /// Whether something was heard over each connection that is open, by its descriptor.
  private var wasHeard: [Int32: Bool] = [:]
  /// Ends of connections over which nothing was heard so far.
  private var silentEnds: [(descriptor: Int32, at: MonotonicInstant, wasLeft: Bool)] = []
  /// Ends by this side of connections over which something was heard.
  private var leavings = 0
  /// Failed handshakes whose connections have not ended yet; libzmq does not say which they are.
  private var failures = 0

  /// A report may overtake the last messages of its connection by a moment.
  private static let delay: Duration = .seconds(1)

  public init() {}

  /// Takes in what libzmq reports.
  ///
  /// - Parameters:
  ///   - report: what has happened.
  ///   - wasLeft: whether it was this side that has left the connection that is over.
  ///   - now: the time.
  public mutating func note(
    _ report: ConnectionReport, wasLeft: Bool = false, at now: MonotonicInstant
  ) {
    switch report {
    case .failed: failures += 1
    case .accepted(let descriptor): wasHeard[descriptor] = false
    case .ended(let descriptor):
      switch wasHeard.removeValue(forKey: descriptor) {
      case false?: silentEnds.append((descriptor, now, wasLeft))
      case true?: leavings += wasLeft ? 1 : 0
      case nil: break
      }
    }
  }

  /// A message has come, whatever it says.
  public mutating func heard(over descriptor: Int32) {
    switch wasHeard[descriptor] {
    case false?: wasHeard[descriptor] = true
    case let isOpen:
      guard let place = silentEnds.firstIndex(where: { $0.descriptor == descriptor }) else {
        return
      }
      // It may as well be the next connection of that number that was heard again: then nobody is accused.
      let end = silentEnds.remove(at: place)
      leavings += end.wasLeft && isOpen == nil ? 1 : 0
    }
  }

  /// How many connections this side has left over which something was heard, since this was asked last.
  public mutating func takeLeavings() -> Int {
    defer { leavings = 0 }
    return leavings
  }

  /// How many connections have ended unheard, and not by a failed handshake, since this was asked
  /// last.
  ///
  /// To be asked when every message that has come was read.
  public mutating func takeSilentEnds(at now: MonotonicInstant) -> Int {
    let old = silentEnds.prefix { now - $0.at >= Self.delay }.count
    silentEnds.removeFirst(old)
    let explained = min(old, failures)
    failures -= explained
    return old - explained
  }
}

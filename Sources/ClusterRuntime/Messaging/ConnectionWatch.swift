public import Coordination

/// Finds the connections that end before a message has come over them.
///
/// libzmq hangs up without a word on whoever speaks another protocol, or announces a message that
/// is too large. What can be seen is that somebody connected and went, and was never heard.
public struct ConnectionWatch {
  /// Whether something was heard over each connection that is open, by its descriptor.
  private var wasHeard: [Int32: Bool] = [:]
  /// Ends of connections over which nothing was heard so far.
  private var silentEnds: [(descriptor: Int32, at: MonotonicInstant)] = []
  /// Failed handshakes whose connections have not ended yet; libzmq does not say which they are.
  private var failures = 0

  /// A report may overtake the last messages of its connection by a moment.
  private static let delay: Duration = .seconds(1)

  public init() {}

  /// Takes in what libzmq reports.
  public mutating func note(_ report: ConnectionReport, at now: MonotonicInstant) {
    switch report {
    case .failed: failures += 1
    case .accepted(let descriptor): wasHeard[descriptor] = false
    case .ended(let descriptor):
      if wasHeard.removeValue(forKey: descriptor) == false {
        silentEnds.append((descriptor, now))
      }
    }
  }

  /// A message has come, whatever it says.
  public mutating func heard(over descriptor: Int32) {
    if wasHeard[descriptor] == false {
      wasHeard[descriptor] = true
    } else if let place = silentEnds.firstIndex(where: { $0.descriptor == descriptor }) {
      silentEnds.remove(at: place)
    }
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

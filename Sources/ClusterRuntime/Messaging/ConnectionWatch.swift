public import Coordination

/// Finds the connections that end before a message has come over them, and those that libzmq leaves.
///
/// libzmq hangs up without a word on whoever speaks another protocol, or announces a message that
/// is too large. What can be seen is that somebody connected and went, and was never heard, or that it was this side
/// that left.
public struct ConnectionWatch {
  /// The routing id of a connection, which is no other's.
  public typealias Sender = [UInt8]

  private struct Connection {
    /// Who speaks over it; nil while nothing was heard.
    var sender: Sender?
  }

  /// The connections that are open, by their descriptors.
  private var open: [Int32: Connection] = [:]
  /// Ends of connections over which nothing was heard so far.
  private var silentEnds: [(descriptor: Int32, at: MonotonicInstant, wasLeft: Bool)] = []
  /// Who spoke over the last connection of a descriptor that has ended: more of it may be read after its end.
  private var former: [Int32: Sender] = [:]
  /// Who was heard over a descriptor before its connection was reported.
  private var early: [Int32: [Sender]] = [:]
  /// Ends by this side of connections over which something was heard.
  private var leavings = 0
  /// Failed handshakes whose connections have not ended yet; libzmq does not say which they are.
  private var failures = 0

  /// A report may overtake the last messages of its connection by a moment.
  private static let delay: Duration = .seconds(1)
  /// So many connections of one descriptor come and go between two looks at most.
  private static let earlyMax = 64

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
    case .accepted(let descriptor):
      open[descriptor] = Connection(sender: early[descriptor]?.first)
      early[descriptor] = early[descriptor].map { Array($0.dropFirst()) }
    case .ended(let descriptor):
      guard let connection = open.removeValue(forKey: descriptor) else { break }
      if let sender = connection.sender {
        former[descriptor] = sender
        leavings += wasLeft ? 1 : 0
      } else {
        silentEnds.append((descriptor, now, wasLeft))
      }
    }
  }

  /// A message has come, whatever it says.
  ///
  /// Reports and messages come separately, and a descriptor is the next connection's as soon as it is free: what tells
  /// its connections apart is who speaks.
  public mutating func heard(over descriptor: Int32, from sender: Sender) {
    guard descriptor >= 0 else { return }
    let known = open[descriptor]?.sender
    guard sender != known, sender != former[descriptor] else { return }
    if let connection = open[descriptor], connection.sender == nil {
      open[descriptor]?.sender = sender
    } else if let place = silentEnds.firstIndex(where: { $0.descriptor == descriptor }) {
      // Two have spoken: the earlier one over the connection that had ended.
      let end = silentEnds.remove(at: place)
      leavings += end.wasLeft ? 1 : 0
      former[descriptor] = known ?? sender
      if known != nil { open[descriptor]?.sender = sender }
    } else if case let heard = early[descriptor, default: []], heard.count < Self.earlyMax,
      !heard.contains(sender)
    {
      early[descriptor, default: []].append(sender)
    }
  }

  /// The end of a connection is accounted for.
  public mutating func forget(_ descriptor: Int32) {
    guard let connection = open.removeValue(forKey: descriptor) else { return }
    former[descriptor] = connection.sender
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

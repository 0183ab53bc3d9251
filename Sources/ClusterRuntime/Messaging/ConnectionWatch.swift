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
  /// Ends of connections that stayed unheard, and were not counted yet.
  private var unheard = 0
  /// Who spoke over the last connections of a descriptor that have ended: more of it may be read after their end.
  private var former: [Int32: [Sender]] = [:]
  /// Ends by this side of connections over which something was heard.
  private var leavings = 0
  /// Failed handshakes whose connections have not ended yet; libzmq does not say which they are.
  private var failures = 0

  /// A report may overtake the last messages of its connection by a moment.
  private static let delay: Duration = .seconds(1)
  /// So many connections of one descriptor are unread at once at most.
  private static let formerMax = 16
  /// Of more than so many the oldest are unheard for good.
  private static let silentEndsMax = 4096

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
    case .accepted(let descriptor): open[descriptor] = Connection()
    case .ended(let descriptor):
      guard let connection = open.removeValue(forKey: descriptor) else { break }
      if let sender = connection.sender {
        retire(sender, from: descriptor)
        leavings += wasLeft ? 1 : 0
      } else {
        silentEnds.append((descriptor, now, wasLeft))
        if silentEnds.count > Self.silentEndsMax { settle(Self.silentEndsMax / 2) }
      }
    }
  }

  /// A message has come, whatever it says.
  ///
  /// A connection is reported before anything is heard over it, and its end perhaps before all was: a descriptor is the
  /// next connection's as soon as it is free, and what tells its connections apart is who speaks.
  public mutating func heard(over descriptor: Int32, from sender: Sender) {
    guard descriptor >= 0 else { return }
    let known = open[descriptor]?.sender
    guard sender != known, former[descriptor]?.contains(sender) != true else { return }
    if let connection = open[descriptor], connection.sender == nil {
      open[descriptor]?.sender = sender
    } else if let place = silentEnds.firstIndex(where: { $0.descriptor == descriptor }) {
      // Two have spoken: the earlier one over the connection that had ended.
      let end = silentEnds.remove(at: place)
      leavings += end.wasLeft ? 1 : 0
      retire(known ?? sender, from: descriptor)
      if known != nil { open[descriptor]?.sender = sender }
    }
  }

  private mutating func settle(_ count: Int) {
    silentEnds.removeFirst(count)
    unheard += count
  }

  /// The end of a connection is accounted for.
  public mutating func forget(_ descriptor: Int32) {
    guard let connection = open.removeValue(forKey: descriptor) else { return }
    if let sender = connection.sender { retire(sender, from: descriptor) }
  }

  private mutating func retire(_ sender: Sender, from descriptor: Int32) {
    former[descriptor, default: []].append(sender)
    if former[descriptor, default: []].count > Self.formerMax { former[descriptor]?.removeFirst() }
  }

  /// How many connections this side has left over which something was heard, since this was asked last.
  public mutating func takeLeavings() -> Int {
    defer { leavings = 0 }
    return leavings
  }

  /// How many connections have ended unheard, and not by a failed handshake, since this was asked
  /// last.
  ///
  /// - Parameters:
  ///   - now: the time.
  ///   - isAllRead: whether every message was read that has come; otherwise something may still be heard.
  /// - Returns: their number.
  public mutating func takeSilentEnds(at now: MonotonicInstant, isAllRead: Bool = true) -> Int {
    if isAllRead { settle(silentEnds.prefix { now - $0.at >= Self.delay }.count) }
    let explained = min(unheard, failures)
    failures -= explained
    defer { unheard = 0 }
    return unheard - explained
  }
}

public import Coordination

/// What has come over connections beyond the messages that were read, and who is to be hung up on because of it.
///
/// libzmq limits the length of a frame, but neither that of a message, which may have any number of them, nor what the
/// messages of many connections take together: those that have begun and do not end, and whole ones that wait to be read.
public struct UnreadBytes {
  /// Why a connection is to be ended.
  public enum Excess: Hashable, Sendable {
    /// More has come than any message has.
    case endless
    /// It is one of too many, or takes more memory than bytes.
    case crowded
  }

  /// How much may wait to be read, or for its end.
  public struct Limits: Sendable {
    /// Bytes of one message: what libzmq lets pass in one frame, and as much again for what waits behind it.
    public var message = 2 * WireCodec.transportBytesMax
    /// Bytes of all together, and of memory beyond those: frames of one byte take thirty times as much of it.
    public var all = 512 << 20
    /// What is smaller goes last where all together are too many bytes.
    public var small = 1 << 20
    /// What is smaller is left alone where all together take too much memory; a handshake is.
    public var tiny = 1 << 10
    /// How many times its bytes a message may take in memory: empty frames have two bytes, and libzmq 64 for each.
    public var memoryPerByte = 32
    /// Where not all have room, a message that has taken longer has had its time.
    public var age: Duration = .seconds(60)
    /// While messages wait to be read, honest ones are among what is unread; there may be no moment without any.
    public var patience: Duration = .seconds(5)
    /// Where there is no room, all connections are looked at in this time.
    public var haste: Duration = .milliseconds(100)
    /// Memory of the process may grow by so much before connections are looked at.
    public var growth = 64 << 20
    /// The memory is looked at after this time.
    public var pause: Duration = .milliseconds(250)
    /// Then every connection is looked at once in this time.
    public var round: Duration = .seconds(1)
    /// What ended connections have taken is given back in this time.
    public var relief: Duration = .seconds(2)

    public init() {}
  }

  private struct Connection {
    /// The bytes of messages that were read, and of all that is sent around them, at most.
    var delivered = 0
    /// What has come beyond those, when it was looked at last.
    var unread = 0
    /// Since when that is more than a small message, and none was read.
    var since: MonotonicInstant?
  }

  private let limits: Limits
  /// By the connection's descriptor.
  private var connections: [Connection?] = []
  /// The connections over which more than a small message has come.
  private var large: Set<Int32> = []
  /// The bytes that are unread, but for the tiny messages.
  private var begunBytes = 0
  /// The descriptor to go on looking with.
  private var next = 0
  private var lastLook: MonotonicInstant?
  /// When what is unread was last judged by the memory that it takes.
  private var lastJudgement: MonotonicInstant?
  /// Whether there is room for tiny messages only.
  public private(set) var isFull = false
  private var fullSince: MonotonicInstant?
  /// The memory of the process when no large message was unread.
  private var usualMemory: Int?
  private var nextPause: MonotonicInstant?
  /// When memory is judged again, after some that took too much of it were ended.
  private var relief: MonotonicInstant?
  /// When the memory had grown.
  private var growthBegan: MonotonicInstant?

  /// Whether the memory has grown, and it is not known yet by what.
  public var isGrown: Bool { growthBegan != nil }

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// Somebody has connected.
  public mutating func begin(_ descriptor: Int32) {
    guard descriptor >= 0 else { return }
    let place = Int(descriptor)
    if place >= connections.count {
      connections += repeatElement(nil, count: place + 1 - connections.count)
    }
    set(Connection(), for: descriptor)
  }

  /// A connection is over.
  ///
  /// - Parameter descriptor: the connection's.
  /// - Returns: how many unread bytes had come over it when it was looked at last.
  @discardableResult
  public mutating func end(_ descriptor: Int32) -> Int {
    guard connections.indices.contains(Int(descriptor)) else { return 0 }
    let bytes = unread(descriptor)
    set(nil, for: descriptor)
    return bytes
  }

  private mutating func set(_ connection: Connection?, for descriptor: Int32) {
    func begun(_ bytes: Int) -> Int { max(0, bytes - limits.tiny) }
    begunBytes += begun(connection?.unread ?? 0) - begun(unread(descriptor))
    connections[Int(descriptor)] = connection
    if connection?.since == nil { large.remove(descriptor) } else { large.insert(descriptor) }
  }

  /// A whole message has come, of at most so many bytes on the wire.
  public mutating func heard(_ bytes: Int, over descriptor: Int32) {
    guard connections.indices.contains(Int(descriptor)) else { return }
    connections[Int(descriptor)]?.delivered += bytes
    connections[Int(descriptor)]?.since = nil
  }

  /// Whether there is room for a message that has come.
  ///
  /// Where there is none, only tiny ones are taken, heartbeats for instance, and those not from who has sent much. The rest
  /// is let go, which is faster than to take it in, and faster than more can come. Honest senders say it again.
  ///
  /// - Parameters:
  ///   - bytes: the message's.
  ///   - descriptor: its connection's.
  /// - Returns: whether it is to be taken in.
  public func hasRoom(for bytes: Int, over descriptor: Int32) -> Bool {
    guard isFull else { return true }
    let isOpen =
      connections.indices.contains(Int(descriptor)) && connections[Int(descriptor)] != nil
    return bytes <= limits.tiny && isOpen && !large.contains(descriptor)
  }

  /// The process has taken more memory for what it was asked to do, whatever comes over connections.
  public mutating func grow(by bytes: Int) { usualMemory = usualMemory.map { $0 + max(0, bytes) } }

  /// Looks at the process's memory, and where that grows at the connections: at some of them, at all within a second, and at
  /// those with large messages every time.
  ///
  /// - Parameters:
  ///   - now: the time.
  ///   - isAllRead: whether every message was read that had come as a whole.
  ///   - received: how many bytes have come over a connection since it was made; nil where that cannot be told.
  ///   - memory: the bytes that this process has in memory; nil where that cannot be told.
  /// - Returns: the connections to end.
  public mutating func look(
    at now: MonotonicInstant, isAllRead: Bool, received: (Int32) -> Int?, memory: () -> Int?
  ) -> [(descriptor: Int32, excess: Excess)] {
    isFull = false
    guard hasGrown(at: now, memory) else {
      (lastJudgement, fullSince) = (nil, nil)
      return []
    }
    if let bytes = memory(), let usualMemory { isFull = bytes - usualMemory > limits.all }
    fullSince = isFull ? fullSince ?? now : nil
    let isJudged = isAllRead || lastJudgement.map { now - $0 >= limits.patience } ?? false
    let elapsed = lastLook.map { now - $0 } ?? limits.round
    guard isFull ? elapsed >= limits.haste : isJudged else {
      lastJudgement = lastJudgement ?? now
      return []
    }
    lastLook = now
    if isJudged { lastJudgement = now }
    let part = isFull ? 1 : min(1, elapsed / limits.round)
    for _ in 0..<Int((Double(connections.count) * part).rounded(.up)) {
      next = next + 1 < connections.count ? next + 1 : 0
      measure(Int32(next), at: now, received)
    }
    for descriptor in large { measure(descriptor, at: now, received) }
    var excesses: [(descriptor: Int32, excess: Excess)] = []
    for descriptor in large.sorted() where unread(descriptor) > limits.message {
      excesses.append((descriptor, .endless))
      forgive(descriptor)
    }
    let crowd = crowdByBytes(at: now) ?? (isJudged ? crowdByMemory(at: now, memory) : [])
    for descriptor in crowd {
      excesses.append((descriptor, .crowded))
      forgive(descriptor)
    }
    if isAllRead, let began = growthBegan, now - began >= limits.round, now >= relief ?? now {
      // What has grown beyond what unread messages can take is the coordinator itself.
      usualMemory = memory().map { bytes in
        max(usualMemory ?? bytes, bytes - limits.memoryPerByte * begunBytes)
      }
      growthBegan = large.isEmpty ? nil : now
    }
    return excesses
  }

  private mutating func hasGrown(at now: MonotonicInstant, _ memory: () -> Int?) -> Bool {
    guard growthBegan == nil else { return true }
    guard nextPause.map({ now >= $0 }) ?? true else { return false }
    nextPause = now + limits.pause
    let bytes = memory()
    let usual = usualMemory ?? bytes
    usualMemory = bytes.map { min($0, usual ?? $0) }
    if let bytes, let usual, bytes - usual <= limits.growth { return false }
    growthBegan = now
    return true
  }

  private func unread(_ descriptor: Int32) -> Int {
    connections[Int(descriptor)]?.unread ?? 0
  }

  private mutating func measure(
    _ descriptor: Int32, at now: MonotonicInstant, _ received: (Int32) -> Int?
  ) {
    guard var connection = connections[Int(descriptor)], let bytes = received(descriptor) else {
      return
    }
    // Messages have less around them than was reckoned with; that must not add up to a licence.
    connection.delivered = min(connection.delivered, bytes)
    connection.unread = bytes - connection.delivered
    connection.since = connection.unread > limits.small ? connection.since ?? now : nil
    set(connection, for: descriptor)
  }

  /// Begins to count anew: its end is near, and if not, as much may come again.
  private mutating func forgive(_ descriptor: Int32) {
    guard var connection = connections[Int(descriptor)] else { return }
    connection.delivered += connection.unread
    (connection.unread, connection.since) = (0, nil)
    set(connection, for: descriptor)
  }

  /// Who has begun a message, where what has begun takes too much memory.
  ///
  /// Which of them it is cannot be seen. The honest ones among them send their message again.
  private mutating func crowdByMemory(
    at now: MonotonicInstant, _ memory: () -> Int?
  ) -> [Int32] {
    // There may be room for what has begun, and none for anything else: not for long.
    let isStuck = fullSince.map { now - $0 >= limits.patience } ?? false
    guard now >= relief ?? now, let bytes = memory(), let usual = usualMemory,
      bytes - usual - (isStuck ? 0 : begunBytes) > limits.all
    else { return [] }
    let begun = connections.indices.map(Int32.init).filter { unread($0) > limits.tiny }
    if !begun.isEmpty { relief = now + limits.relief }
    return begun
  }

  /// Who has to go for the others to have room; nil where all have.
  private func crowdByBytes(at now: MonotonicInstant) -> [Int32]? {
    var total = begunBytes
    guard total > limits.all else { return nil }
    // Those that have had their time, then the youngest: of those that all arrive at once, some must be let through.
    let ages = large.map { descriptor in
      let since = connections[Int(descriptor)]?.since ?? now
      return (descriptor, age: now - since)
    }
    let order = ages.sorted { left, right in
      let (isOld, isOlder) = (left.age >= limits.age, right.age >= limits.age)
      if isOld != isOlder { return isOld }
      if left.age != right.age { return isOld == (left.age > right.age) }
      return left.0 < right.0
    }
    let others = connections.indices.map(Int32.init)
      .filter { unread($0) > limits.tiny && !large.contains($0) }
      .sorted { unread($0) > unread($1) }
    var leaving: [Int32] = []
    for descriptor in order.map(\.0) + others where total > limits.all {
      total -= unread(descriptor)
      leaving.append(descriptor)
    }
    return leaving
  }
}

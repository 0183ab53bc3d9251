import ClusterRuntime
import Coordination
import Testing

@Suite struct UnreadBytesTests {
  private var unread: UnreadBytes
  private var limits = UnreadBytes.Limits()
  /// What has come over each connection.
  private var received: [Int32: Int] = [:]
  private var memory = 1000

  init() {
    limits.message = 100
    limits.all = 300
    limits.small = 10
    limits.tiny = 2
    // Looks at connections even where memory does not grow.
    limits.growth = -1
    unread = UnreadBytes(limits: limits)
  }

  private mutating func look(at seconds: Int, isAllRead: Bool = true) -> [Int32: UnreadBytes.Excess]
  {
    let now = MonotonicInstant(nanoseconds: 0) + .seconds(seconds)
    let (received, memory) = (received, memory)
    let excesses = unread.look(
      at: now, isAllRead: isAllRead, received: { received[$0] }, memory: { memory })
    return Dictionary(uniqueKeysWithValues: excesses.map { ($0.descriptor, $0.excess) })
  }

  private mutating func open(_ descriptors: ClosedRange<Int32>) {
    for descriptor in descriptors {
      unread.begin(descriptor)
      received[descriptor] = 0
    }
  }

  @Test mutating func `a message that goes on for longer than any is ended`() {
    open(3...4)
    received = [3: 100, 4: 101]
    #expect(look(at: 1) == [4: .endless])
    // Once: its connection is on its way out.
    #expect(look(at: 2) == [:])
  }

  @Test mutating func `whole messages may be any number`() {
    open(3...3)
    for second in 1...100 {
      received[3, default: 0] += 90
      unread.heard(90, over: 3)
      #expect(look(at: second) == [:])
    }
  }

  @Test mutating func `what was reckoned too high for whole messages is no licence`() {
    open(3...3)
    for second in 1...100 {
      received[3, default: 0] += 20
      unread.heard(90, over: 3)
      #expect(look(at: second) == [:])
    }
    received[3, default: 0] += 101
    #expect(look(at: 101) == [3: .endless])
  }

  @Test mutating func `of too many at once the youngest go`() {
    open(3...6)
    received = [3: 90, 4: 90, 5: 90, 6: 0]
    #expect(look(at: 1) == [:])
    received[6] = 50
    #expect(look(at: 2) == [6: .crowded])
    #expect(look(at: 3) == [:])
  }

  @Test mutating func `those that have had their time go before`() {
    open(3...6)
    received = [3: 90, 4: 0, 5: 90, 6: 90]
    #expect(look(at: 1) == [:])
    received[4] = 90
    #expect(look(at: 62) == [3: .crowded])
  }

  @Test mutating func `a message that has ended makes its connection's time begin anew`() {
    open(3...6)
    received = [3: 90, 4: 0, 5: 90, 6: 90]
    #expect(look(at: 1) == [:])
    for descriptor: Int32 in [3, 5, 6] {
      unread.heard(90, over: descriptor)
      received[descriptor] = 180
    }
    #expect(look(at: 60) == [:])
    received[4] = 90
    #expect(look(at: 62) == [4: .crowded])
  }

  @Test mutating func `frames that take more memory than bytes are ended, and who is among them`() {
    open(3...5)
    #expect(look(at: 1) == [:])
    received = [3: 30, 4: 9, 5: 2]
    memory = 1335
    #expect(look(at: 2) == [:])
    memory = 1336
    #expect(look(at: 3) == [3: .crowded, 4: .crowded])
    // What they took is given back in a moment; what is taken after that is taken by others.
    received[5] = 9
    #expect(look(at: 4) == [:])
    #expect(look(at: 5) == [5: .crowded])
  }

  @Test mutating func `many small ones that take much memory are no usual state`() {
    open(3...40)
    #expect(look(at: 1) == [:])
    for second in 2...38 {
      // Nine bytes each, and ten times as much memory.
      received[Int32(second + 1)] = 9
      memory += 90
      let excesses = look(at: second)
      // Four connections' memory is more than 300 beyond their bytes.
      guard second < 5 else {
        #expect(excesses.count == 4 && excesses[3] == .crowded)
        return
      }
      #expect(excesses == [:])
    }
  }

  @Test mutating func `a coordinator that grows by itself ends nobody`() {
    open(3...3)
    #expect(look(at: 1) == [:])
    memory = 9000
    #expect(look(at: 2) == [:])
    received[3] = 50
    memory = 9300
    #expect(look(at: 3) == [:])
  }

  @Test mutating func `connections are looked at only when memory has grown`() {
    limits.growth = 64
    unread = UnreadBytes(limits: limits)
    open(3...3)
    received[3] = 101
    #expect(look(at: 1) == [:])
    memory = 1064
    #expect(look(at: 2) == [:])
    memory = 1065
    #expect(look(at: 3) == [3: .endless])
    received[3] = 202
    #expect(look(at: 4) == [3: .endless])
    // It was the coordinator's own growth, now that nobody is left.
    received[3] = 203
    #expect(look(at: 5) == [:])
    received[3] = 304
    #expect(look(at: 6) == [:])
    // Less than before counts, too: then more is growth again.
    memory = 900
    #expect(look(at: 7) == [:])
    memory = 965
    #expect(look(at: 8) == [3: .endless])
  }

  @Test mutating func `the next connection of the same number is another one`() {
    open(3...3)
    received[3] = 90
    #expect(look(at: 1) == [:])
    unread.end(3)
    unread.begin(3)
    received[3] = 20
    #expect(look(at: 2) == [:])
    received[3] = 101
    #expect(look(at: 3) == [3: .endless])
  }

  @Test mutating func `what cannot be measured is left alone`() {
    unread.begin(-1)
    unread.heard(5, over: 9)
    unread.end(9)
    open(3...3)
    received = [:]
    #expect(look(at: 1) == [:])
  }

  @Test mutating func `what waits to be read is left alone for a moment where there is room`() {
    open(3...3)
    received[3] = 101
    #expect(look(at: 1, isAllRead: false) == [:])
    #expect(look(at: 5, isAllRead: false) == [:])
    #expect(look(at: 6, isAllRead: false) == [3: .endless])
  }

  @Test mutating func `where there is no room it is ended at once, what is small stays`() {
    open(3...8)
    #expect(look(at: 1) == [:])
    received = [3: 90, 4: 90, 5: 90, 6: 90, 7: 5, 8: 5]
    memory = 1300
    #expect(look(at: 2, isAllRead: false) == [:])
    memory = 1301
    #expect(look(at: 3, isAllRead: false) == [3: .crowded])
    // Bytes are few now. Whoever has begun a message may be what takes the memory, once all whole ones are read.
    #expect(look(at: 4, isAllRead: false) == [:])
    memory = 1601
    #expect(look(at: 5, isAllRead: false) == [:])
    #expect(look(at: 6) == [4: .crowded, 5: .crowded, 6: .crowded, 7: .crowded, 8: .crowded])
  }

  @Test mutating func `where there is no room tiny messages are taken, of who has sent little`() {
    open(3...4)
    #expect(look(at: 1) == [:])
    #expect(unread.hasRoom(for: 1 << 20, over: 3) && unread.hasRoom(for: 1, over: 5))
    received[3] = 50
    memory = 1301
    #expect(look(at: 2, isAllRead: false) == [:])
    #expect(unread.isFull)
    #expect(unread.hasRoom(for: 2, over: 4))
    #expect(!unread.hasRoom(for: 3, over: 4))
    #expect(!unread.hasRoom(for: 2, over: 3))
    // It has ended already.
    #expect(!unread.hasRoom(for: 2, over: 5))
    memory = 1300
    #expect(look(at: 3, isAllRead: false) == [:])
    #expect(unread.hasRoom(for: 100, over: 3))
  }

  @Test mutating func `what takes memory although all is read is the coordinator's own`() {
    #expect(look(at: 1) == [:])
    memory = 2000
    #expect(look(at: 2, isAllRead: false) == [:])
    #expect(look(at: 9, isAllRead: false) == [:])
    #expect(unread.isFull)
    #expect(look(at: 10) == [:])
    #expect(look(at: 11) == [:])
    #expect(!unread.isFull)
  }

  @Test mutating func `memory for what was asked for is no growth`() {
    #expect(look(at: 1) == [:])
    memory = 2000
    unread.grow(by: 1000)
    #expect(look(at: 2) == [:])
    #expect(!unread.isFull)
    memory = 2301
    #expect(look(at: 3) == [:])
    #expect(unread.isFull)
  }

  @Test mutating func `many small ones are as much as few large ones`() {
    open(3...42)
    #expect(look(at: 1) == [:])
    for descriptor: Int32 in 3...42 { received[descriptor] = descriptor == 9 ? 10 : 9 }
    // What is tiny in each of them is not counted.
    #expect(look(at: 2) == [:])
    open(43...45)
    for descriptor: Int32 in 43...45 { received[descriptor] = 9 }
    #expect(look(at: 3) == [9: .crowded])
  }

  @Test mutating func `what has begun does not keep the others out for ever`() {
    open(3...4)
    #expect(look(at: 1) == [:])
    received = [3: 90, 4: 2]
    memory = 1350
    for second in 2...6 {
      #expect(look(at: second) == [:])
      #expect(unread.isFull)
    }
    #expect(look(at: 7) == [3: .crowded])
  }

  @Test mutating func `patience begins anew with each growth`() {
    limits.growth = 64
    unread = UnreadBytes(limits: limits)
    open(3...3)
    #expect(look(at: 1) == [:])
    memory = 1100
    for second in 2...4 { #expect(look(at: second) == [:]) }
    #expect(!unread.isGrown)
    memory = 1200
    received[3] = 101
    for second in 100...104 { #expect(look(at: second, isAllRead: false) == [:]) }
    #expect(look(at: 105, isAllRead: false) == [3: .endless])
  }

  @Test mutating func `ten thousand are looked at within a second`() {
    open(0...9999)
    _ = look(at: 0)
    var looks = 0
    for millisecond in 1...1000 {
      let now = MonotonicInstant(nanoseconds: 0) + .milliseconds(millisecond)
      _ = unread.look(
        at: now, isAllRead: true,
        received: { _ in
          looks += 1
          return 0
        }, memory: { 0 })
    }
    #expect((10_000...11_000).contains(looks))
  }
}

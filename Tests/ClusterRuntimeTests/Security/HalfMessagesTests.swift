import ClusterRuntime
import Coordination
import Testing

@Suite struct HalfMessagesTests {
  private var halves: HalfMessages
  private var limits = HalfMessages.Limits()
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
    halves = HalfMessages(limits: limits)
  }

  private mutating func look(at seconds: Int) -> [Int32: HalfMessages.Excess] {
    let now = MonotonicInstant(nanoseconds: 0) + .seconds(seconds)
    let (received, memory) = (received, memory)
    let excesses = halves.look(at: now, received: { received[$0] }, memory: { memory })
    return Dictionary(uniqueKeysWithValues: excesses.map { ($0.descriptor, $0.excess) })
  }

  private mutating func open(_ descriptors: ClosedRange<Int32>) {
    for descriptor in descriptors {
      halves.begin(descriptor)
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
      halves.heard(90, over: 3)
      #expect(look(at: second) == [:])
    }
  }

  @Test mutating func `what was reckoned too high for whole messages is no licence`() {
    open(3...3)
    for second in 1...100 {
      received[3, default: 0] += 20
      halves.heard(90, over: 3)
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
      halves.heard(90, over: descriptor)
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
    halves = HalfMessages(limits: limits)
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
    halves.end(3)
    halves.begin(3)
    received[3] = 20
    #expect(look(at: 2) == [:])
    received[3] = 101
    #expect(look(at: 3) == [3: .endless])
  }

  @Test mutating func `what cannot be measured is left alone`() {
    halves.begin(-1)
    halves.heard(5, over: 9)
    halves.end(9)
    open(3...3)
    received = [:]
    #expect(look(at: 1) == [:])
  }

  @Test mutating func `ten thousand are looked at within a second`() {
    open(0...9999)
    _ = look(at: 0)
    var looks = 0
    for millisecond in 1...1000 {
      let now = MonotonicInstant(nanoseconds: 0) + .milliseconds(millisecond)
      _ = halves.look(
        at: now,
        received: { _ in
          looks += 1
          return 0
        }, memory: { 0 })
    }
    #expect((10_000...11_000).contains(looks))
  }
}

import ClusterRuntime
import Coordination
import Testing

@Suite struct ConnectionWatchTests {
  private var watch = ConnectionWatch()

  private func instant(_ seconds: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: 0) + .seconds(seconds)
  }

  @Test mutating func `a connection that ends unheard is counted once`() {
    watch.note(.accepted(7), at: instant(0))
    #expect(watch.takeSilentEnds(at: instant(100)) == 0)
    watch.note(.ended(7), at: instant(100))
    #expect(watch.takeSilentEnds(at: instant(100)) == 0)
    #expect(watch.takeSilentEnds(at: instant(101)) == 1)
    #expect(watch.takeSilentEnds(at: instant(200)) == 0)
  }

  @Test mutating func `one that was heard is not`() {
    watch.note(.accepted(7), at: instant(0))
    watch.heard(over: 7, from: [1])
    watch.note(.ended(7), at: instant(1))
    #expect(watch.takeSilentEnds(at: instant(9)) == 0)
  }

  @Test mutating func `a message that its connection's end has overtaken counts as heard`() {
    watch.note(.accepted(7), at: instant(0))
    watch.note(.ended(7), at: instant(1))
    watch.heard(over: 7, from: [1])
    #expect(watch.takeSilentEnds(at: instant(9)) == 0)
  }

  @Test mutating func `the next connection of the same number is another one`() {
    watch.note(.accepted(7), at: instant(0))
    watch.note(.ended(7), at: instant(1))
    watch.note(.accepted(7), at: instant(1))
    watch.heard(over: 7, from: [1])
    watch.note(.ended(7), at: instant(2))
    #expect(watch.takeSilentEnds(at: instant(9)) == 1)
  }

  @Test mutating func `a failed handshake is counted as that alone`() {
    watch.note(.accepted(7), at: instant(0))
    watch.note(.accepted(8), at: instant(0))
    watch.note(.failed(.keyRefused), at: instant(0))
    watch.note(.ended(7), at: instant(0))
    watch.note(.ended(8), at: instant(0))
    #expect(watch.takeSilentEnds(at: instant(9)) == 1)
  }

  @Test mutating func `what libzmq cannot place changes nothing`() {
    watch.heard(over: -1, from: [1])
    watch.note(.ended(3), at: instant(0))
    #expect(watch.takeSilentEnds(at: instant(9)) == 0)
  }

  @Test mutating func `a connection that this side leaves after a message is counted as that`() {
    for descriptor: Int32 in 7...9 { watch.note(.accepted(descriptor), at: instant(0)) }
    watch.heard(over: 7, from: [1])
    watch.heard(over: 8, from: [2])
    watch.note(.ended(7), wasLeft: true, at: instant(1))
    watch.note(.ended(8), wasLeft: false, at: instant(1))
    watch.note(.ended(9), wasLeft: true, at: instant(1))
    #expect(watch.takeLeavings() == 1)
    #expect(watch.takeLeavings() == 0)
    #expect(watch.takeSilentEnds(at: instant(9)) == 1)
  }

  @Test mutating func `so is one whose message is read after its end`() {
    watch.note(.accepted(7), at: instant(0))
    watch.note(.ended(7), wasLeft: true, at: instant(1))
    watch.heard(over: 7, from: [1])
    #expect(watch.takeLeavings() == 1)
    #expect(watch.takeSilentEnds(at: instant(9)) == 0)
  }

  @Test mutating func `what the next connection of the same number says is not the last one's`() {
    watch.note(.accepted(7), at: instant(0))
    watch.note(.ended(7), wasLeft: true, at: instant(1))
    watch.note(.accepted(7), at: instant(1))
    watch.heard(over: 7, from: [1])
    watch.heard(over: 7, from: [1])
    #expect(watch.takeLeavings() == 0)
    #expect(watch.takeSilentEnds(at: instant(9)) == 1)
  }

  @Test mutating func `connections of one number are told apart by who speaks`() {
    for second in 0..<3 {
      watch.note(.accepted(7), at: instant(second))
      watch.note(.ended(7), wasLeft: true, at: instant(second))
    }
    watch.note(.accepted(7), at: instant(3))
    for sender: UInt8 in 1...4 {
      watch.heard(over: 7, from: [sender])
      watch.heard(over: 7, from: [sender])
    }
    #expect(watch.takeLeavings() == 3)
    watch.note(.ended(7), wasLeft: true, at: instant(4))
    #expect(watch.takeLeavings() == 1)
    #expect(watch.takeSilentEnds(at: instant(9)) == 0)
  }

  @Test mutating func `what several say in turn is each one's`() {
    for second in 0..<3 {
      watch.note(.accepted(7), at: instant(second))
      watch.note(.ended(7), wasLeft: true, at: instant(second))
    }
    for sender: UInt8 in [1, 2, 1, 2, 1] { watch.heard(over: 7, from: [sender]) }
    #expect(watch.takeLeavings() == 2)
    #expect(watch.takeSilentEnds(at: instant(9)) == 1)
  }

  @Test mutating func `of very many that end unheard the oldest are not waited for`() {
    for _ in 0..<10_000 {
      watch.note(.accepted(7), at: instant(0))
      watch.note(.ended(7), at: instant(0))
    }
    let early = watch.takeSilentEnds(at: instant(0), isAllRead: false)
    #expect(early > 5_000)
    #expect(watch.takeSilentEnds(at: instant(9), isAllRead: false) == 0)
    watch.heard(over: 7, from: [1])
    #expect(early + watch.takeSilentEnds(at: instant(9)) == 9_999)
  }

  @Test mutating func `an end that is accounted for is not counted again`() {
    watch.note(.accepted(7), at: instant(0))
    watch.forget(7)
    watch.note(.ended(7), wasLeft: true, at: instant(1))
    watch.forget(8)
    #expect(watch.takeLeavings() == 0)
    #expect(watch.takeSilentEnds(at: instant(9)) == 0)
  }
}

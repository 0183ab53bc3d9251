import ClusterRuntime
import Coordination
import Testing

@Suite struct RefusalsTests {
  @Test func `a flood of strangers is counted, and a sentence told for each power of ten`() {
    var refusals = Refusals()
    var sentences: [Int] = []
    for count in 1...100_000 where refusals.note(.malformed, "a message") != nil {
      sentences.append(count)
    }
    #expect(sentences == [1, 10, 100, 1000, 10_000, 100_000])
    #expect(refusals[.malformed] == 100_000)
    #expect(refusals[.unknownKey] == 0)
  }

  @Test func `each kind is counted by itself`() {
    var refusals = Refusals()
    #expect(refusals.summary == nil)
    #expect(refusals.note(.unknownKey, "a connection") == "refused: a connection")
    #expect(refusals.note(.handshake, "another") == "refused: another")
    #expect(refusals.note(.handshake, "a third") == nil)
    #expect(refusals.total == 3)
    #expect(refusals.summary == "refused in all: 2 × no handshake, 1 × unknown key")
  }

  private let address = "tcp://head:5555"

  private func instant(_ seconds: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: 0) + .seconds(seconds)
  }

  @Test func `a worker says why it is not let in at once, and again only after ten minutes`() {
    var advice = HandshakeAdvice(address: address, key: nil)
    let first = advice.sentence(on: .otherMechanism, at: instant(0))
    #expect(first?.contains("asks for a key") == true)
    #expect(advice.sentence(on: .otherMechanism, at: instant(4)) == nil)
    #expect(advice.sentence(on: .otherMechanism, at: instant(599)) == nil)
    #expect(advice.sentence(on: .otherMechanism, at: instant(600)) == first)
  }

  @Test func `a worker that was let in says it again when it is shut out`() {
    var advice = HandshakeAdvice(address: address, key: nil)
    #expect(advice.sentence(on: .otherMechanism, at: instant(0)) != nil)
    advice.heard()
    #expect(advice.sentence(on: .otherMechanism, at: instant(1)) != nil)
  }

  @Test func `one handshake that breaks off is the network's affair`() {
    var advice = HandshakeAdvice(address: address, key: nil)
    #expect(advice.sentence(on: .brokenOff, at: instant(0)) == nil)
    #expect(advice.sentence(on: .brokenOff, at: instant(1)) == nil)
    #expect(advice.sentence(on: .brokenOff, at: instant(2))?.contains("does not answer") == true)
  }

  @Test func `who says nothing may be busy`() {
    var advice = HandshakeAdvice(address: address, key: nil)
    for second in [10, 20, 31, 43, 55] {
      #expect(advice.sentence(on: .brokenOff, at: instant(second)) == nil)
    }
  }

  @Test func `what libzmq reports is read, and nothing else`() {
    #expect(ConnectionReport(frame: [0x00, 0x40, 0x90, 0x01, 0, 0]) == .failed(.keyRefused))
    #expect(ConnectionReport(frame: [0x00, 0x08, 0, 0, 0, 0]) == .failed(.brokenOff))
    #expect(ConnectionReport(frame: [0x00, 0x20, 0, 0, 0, 0x11]) == .failed(.protocolError))
    #expect(ConnectionReport(frame: [0x20, 0x00, 0x2c, 0x01, 0, 0]) == .accepted(300))
    #expect(ConnectionReport(frame: [0x00, 0x02, 0x2c, 0x01, 0, 0]) == .ended(300))
    #expect(ConnectionReport(frame: [0x01, 0x00, 0, 0, 0, 0]) == nil)
    #expect(ConnectionReport(frame: []) == nil)
  }
}

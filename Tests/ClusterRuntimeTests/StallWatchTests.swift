import ClusterRuntime
import Coordination
import Testing

@Suite struct StallWatchTests {
  private var stalls = StallWatch(at: MonotonicInstant(nanoseconds: 0))

  private func instant(_ milliseconds: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: 0) + .milliseconds(milliseconds)
  }

  @Test mutating func `who looks often enough is not to blame`() {
    for second in 1...20 {
      stalls.look(at: instant(second * 1000))
      #expect(!stalls.isToBlame(at: instant(second * 1000)))
    }
  }

  @Test mutating func `what breaks off while nobody looked is not counted for a second`() {
    stalls.look(at: instant(30_000))
    #expect(stalls.isToBlame(at: instant(30_000)))
    stalls.look(at: instant(30_250))
    #expect(stalls.isToBlame(at: instant(30_900)))
    #expect(!stalls.isToBlame(at: instant(31_000)))
  }
}

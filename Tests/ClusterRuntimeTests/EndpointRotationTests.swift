import ClusterRuntime
import Coordination
import Testing

@Suite struct EndpointRotationTests {
  private static func rotation(_ count: Int) throws -> EndpointRotation {
    EndpointRotation(
      try (1...count).map { try Endpoint("tcp://10.0.0.\($0):5555", listens: false) })
  }

  /// The last numbers of the addresses that are tried after so many silences.
  private static func tried(_ rotation: inout EndpointRotation, _ count: Int) -> String {
    (0..<count).map { _ in
      _ = rotation.moveOn()
      return String(rotation.current.address.dropFirst("tcp://10.0.0.".count).prefix(1))
    }.joined()
  }

  @Test func `a worker that has heard nothing tries every address in turn`() throws {
    var rotation = try Self.rotation(3)
    #expect(Self.tried(&rotation, 7) == "2312312")
  }

  @Test func `the address that was good comes every second time`() throws {
    var rotation = try Self.rotation(4)
    _ = rotation.moveOn()
    rotation.heard()
    #expect(Self.tried(&rotation, 8) == "32421232")
  }

  @Test func `a coordinator that answers elsewhere is good there`() throws {
    var rotation = try Self.rotation(3)
    rotation.heard()
    #expect(Self.tried(&rotation, 3) == "213")
    rotation.heard()
    #expect(Self.tried(&rotation, 4) == "1323")
  }

  @Test func `a single address is tried for ever`() throws {
    var rotation = try Self.rotation(1)
    let moves = [rotation.moveOn(), rotation.moveOn()]
    #expect(moves == [false, false])
    rotation.heard()
    let isMoved = rotation.moveOn()
    #expect(!isMoved)
    #expect(rotation.current.address == "tcp://10.0.0.1:5555")
  }

  @Test func `silence is told at once and then ever more rarely`() throws {
    let (first, second) = (
      try Endpoint("tcp://10.0.0.1:5555", listens: false),
      try Endpoint("tcp://10.0.0.2:5555", listens: false)
    )
    var notices = SilenceNotices()
    let start = MonotonicClock.now
    let told = stride(from: 0, through: 600, by: 15).filter { seconds in
      notices.isDue(for: first, at: start + .seconds(seconds))
    }
    #expect(told == [0, 60, 180, 420])
    let isSecondDue = notices.isDue(for: second, at: start + .seconds(600))
    #expect(isSecondDue)
    let isSecondDueSoonAfter = notices.isDue(for: second, at: start + .seconds(615))
    #expect(!isSecondDueSoonAfter)
    notices.restart()
    let isFirstDue = notices.isDue(for: first, at: start + .seconds(630))
    #expect(isFirstDue)
  }

  @Test func `a name that leads nowhere is named`() throws {
    let nowhere = try Endpoint("tcp://nowhere.invalid:5555", listens: false)
    #expect(nowhere.nameProblem?.hasPrefix("nowhere.invalid: ") == true)
    #expect(try Endpoint("tcp://127.0.0.1:5555", listens: false).nameProblem == nil)
    #expect(try Endpoint("tcp://[::1]:5555", listens: false).nameProblem == nil)
  }
}

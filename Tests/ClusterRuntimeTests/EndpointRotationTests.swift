import ClusterRuntime
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
}

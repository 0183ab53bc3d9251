import ClusterRuntime
import Testing

/// Questions and answers as ZeroMQ RFC 27 has them.
@Suite struct ZAPRequestTests {
  private func frames(
    version: String = "1.0", domain: String = ZAPRequest.domain, mechanism: String = "CURVE",
    credentials: [[UInt8]] = [[UInt8](repeating: 7, count: 32)]
  ) -> [[UInt8]] {
    [version, "42", domain, "10.0.0.7", "", mechanism].map { Array($0.utf8) } + credentials
  }

  @Test func `a question names the stranger's key and address`() throws {
    let request = try #require(ZAPRequest(frames: frames()))
    #expect(request.address == "10.0.0.7")
    #expect(request.key?.text.count == 40)
  }

  @Test func `a key that is let in comes back with every message`() throws {
    let request = try #require(ZAPRequest(frames: frames()))
    let key = try #require(request.key)
    let answer = request.answer(.allowed(Sender(mayControl: false)))
    #expect(answer == ["1.0", "42", "200", "OK", key.text, ""].map { Array($0.utf8) })
  }

  @Test(arguments: [Refusals.Kind.unknownKey, .revokedKey])
  func `a key that is refused is told so for good, and gets no name`(kind: Refusals.Kind) throws {
    let request = try #require(ZAPRequest(frames: frames()))
    let answer = request.answer(.refused(kind)).map { String(decoding: $0, as: UTF8.self) }
    #expect(answer == ["1.0", "42", "400", "not in the list", "", ""])
  }

  @Test func `other mechanisms, other domains and other lengths have no key`() throws {
    let strangers = [
      frames(mechanism: "NULL", credentials: []),
      frames(mechanism: "PLAIN", credentials: [Array("user".utf8), Array("password".utf8)]),
      frames(domain: "global"), frames(credentials: [[1, 2, 3]]), frames(credentials: []),
      frames(credentials: [[UInt8](repeating: 7, count: 33)]),
    ]
    for stranger in strangers {
      let request = try #require(ZAPRequest(frames: stranger))
      #expect(request.key == nil)
    }
  }

  @Test func `what is no question has no answer`() {
    #expect(ZAPRequest(frames: []) == nil)
    #expect(ZAPRequest(frames: Array(frames().prefix(5))) == nil)
    #expect(ZAPRequest(frames: frames(version: "2.0")) == nil)
  }
}

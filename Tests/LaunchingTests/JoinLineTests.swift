import Launching
import Testing

@Suite struct JoinLineTests {
  private static let key = [UInt8](0..<32)

  private static func line(_ addresses: String..., key: [UInt8]? = key) throws -> JoinLine {
    JoinLine(addresses: try addresses.map { try #require(NodeAddress($0)) }, publicKey: key)
  }

  @Test(arguments: [
    ["head:5555"], ["head.cluster.example:1", "10.0.0.7:65535"],
    ["[fd00::7]:5555", "[fe80::1%eth0]:1"],
  ])
  func `a line says again what it was made of`(addresses: [String]) throws {
    let line = JoinLine(
      addresses: try addresses.map { try #require(NodeAddress($0)) }, publicKey: Self.key)
    #expect(try JoinLine(parsing: line.description) == line)
    #expect(try JoinLine(parsing: line.fileText) == line)
    #expect(line.addresses.map(\.description) == addresses)
  }

  @Test func `the form of a line is fixed`() throws {
    let digits = (0..<32).map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }
    #expect(
      try Self.line("head:5555", "[fd00::7]:5555").description
        == "gs1:head:5555,[fd00::7]:5555/\(digits.joined())/f7b57d76")
    let plain = try Self.line("head:5555", key: nil)
    #expect(plain.description.hasPrefix("gs1:head:5555/plain/"))
    #expect(try JoinLine(parsing: plain.description) == plain)
  }

  @Test(arguments: 0..<90)
  func `a line with one character that is missing or another is refused`(place: Int) throws {
    let text = try Self.line("head:5555").description
    let index = text.index(text.startIndex, offsetBy: place % text.count)
    var shorter = text
    shorter.remove(at: index)
    var other = text
    other.replaceSubrange(index...index, with: text[index] == "7" ? "8" : "7")
    for damaged in [shorter, other] {
      #expect(throws: LaunchTextError.self) { try JoinLine(parsing: damaged) }
    }
  }

  @Test func `what is wrong with a line is one sentence`() throws {
    let whole = try Self.line("head:5555").description
    let cases = [
      ("", "expected one line that begins with gs1:, found none"),
      ("\(whole)\n\(whole)", "expected one line that begins with gs1:, found 2 lines"),
      (
        "tcp://head:5555",
        "expected a line that begins with gs1:, as groksweep coordinate prints it, found \"tcp://head:5555\""
      ),
      (
        "gs2" + whole.dropFirst(3),
        "gs2 is the form of another version of groksweep; this one reads gs1:"
      ),
      (
        String(whole.dropLast()), "the line is not whole; copy it again, from gs1: to its end"
      ),
    ]
    for (text, problem) in cases {
      #expect(throws: LaunchTextError(problem)) { try JoinLine(parsing: text) }
    }
  }

  @Test func `a file of another system's editor is read`() throws {
    let line = JoinLine(addresses: [try #require(NodeAddress("head:5555"))], publicKey: nil)
    #expect(try JoinLine(parsing: "\u{FEFF}\(line)\r\n").description == line.description)
  }

  @Test func `a line is told from the name of a file`() {
    #expect(JoinLine.isMeant(by: "gs1:head:5555/plain/00000000"))
    #expect(JoinLine.isMeant(by: "gs12:x"))
    for name in ["results/coordinator.join", "gs", "gs:", "gs1", "gsx:1", ""] {
      #expect(!JoinLine.isMeant(by: name))
    }
  }

  @Test func `a coordinator that moves keeps its name`() throws {
    let before = try Self.line("head:5555")
    let after = try Self.line("spare:6666", "10.0.0.9:6666")
    #expect(before.coordinatorName == after.coordinatorName)
    #expect(try Self.line("head:5555", key: nil).coordinatorName == "head:5555")
  }

  @Test(arguments: [
    "head", "head:", "head:0", "head:65536", "head:+1", ":5555", "fd00::7:5555", "[head]:5555",
    "[]:5555", "-x:5555", "a b:5555", "head:5555:", "[fd00::7%]:1", "h$:1", "[fd00::7:5555",
  ])
  func `an address without a host or a port is none`(text: String) {
    #expect(NodeAddress(text) == nil)
  }
}

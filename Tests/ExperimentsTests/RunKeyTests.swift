import Experiments
import Testing

@Suite struct RunKeyTests {
  private let digits = "00ff17" + String(repeating: "a9", count: 29)

  @Test func `a key is the same from its digits and from its bytes`() throws {
    let key = try #require(RunKey(hexadecimal: digits))
    #expect(key.hexadecimal == digits)
    #expect(key.bytes.prefix(3) == [0x00, 0xFF, 0x17])
    #expect(key.bytes.withUnsafeBytes { RunKey(bytes: $0) } == key)
    #expect(key.abbreviation == "00ff17a9a9a9")
  }

  @Test(arguments: [
    "", "00ff17", "00ff17" + String(repeating: "A9", count: 29),
    "00ff17" + String(repeating: "a9", count: 30), "g" + String(repeating: "0", count: 63),
  ])
  func `what is not 64 lower-case digits is no key`(text: String) {
    #expect(RunKey(hexadecimal: text) == nil)
  }

  @Test func `keys are ordered as their digits are`() throws {
    let texts = ["0", "1", "9", "a", "f"].flatMap { first in
      ["0", "8", "f"].map { first + String(repeating: "7", count: 62) + $0 }
    }
    let keys = try texts.map { try #require(RunKey(hexadecimal: $0)) }
    #expect(keys.reversed().sorted().map(\.hexadecimal) == texts)
  }
}

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

  @Test func `of all characters only sixteen are digits, at every place`() {
    let all = Array("0123456789abcdef".utf8)
    var misread: [(place: Int, character: UInt8)] = []
    for place in 0..<64 {
      for character in UInt8.min ... .max {
        var text = (0..<64).map { all[($0 * 7) % 16] }
        text[place] = character
        let key = text.withUnsafeBytes { RunKey(hexadecimal: $0) }
        let isRight = key.map { Array($0.hexadecimal.utf8) == text } ?? !all.contains(character)
        if !isRight { misread.append((place, character)) }
      }
    }
    #expect(misread.isEmpty, "\(misread.count), the first \(misread.prefix(3))")
  }

  @Test func `keys are ordered as their digits are`() throws {
    let texts = ["0", "1", "9", "a", "f"].flatMap { first in
      ["0", "8", "f"].map { first + String(repeating: "7", count: 62) + $0 }
    }
    let keys = try texts.map { try #require(RunKey(hexadecimal: $0)) }
    #expect(keys.reversed().sorted().map(\.hexadecimal) == texts)
  }
}

import Experiments
import Foundation
import Testing

@Suite struct LineSplitterTests {
  private func lines(_ pieces: [LineSplitter.Piece]) -> [String] {
    pieces.map { piece in
      switch piece {
      case .line(let line): String(decoding: line, as: UTF8.self)
      case .tooLong: "…"
      }
    }
  }

  @Test func `lines are the same however the stream is cut`() {
    let text = Array("one\n\ntwo\nthree".utf8)
    for cut in 0...text.count {
      var splitter = LineSplitter(bytesMax: 100)
      let pieces = splitter.append(text[..<cut]) + splitter.append(text[cut...])
      #expect(lines(pieces) == ["one", "", "two"])
      #expect(splitter.finish().map { String(decoding: $0, as: UTF8.self) } == "three")
    }
  }

  @Test func `a line over the limit is reported once and skipped`() {
    for size in 1...6 {
      var splitter = LineSplitter(bytesMax: 4)
      var pieces: [LineSplitter.Piece] = []
      let text = Array("ok\n123456789\nfine\n".utf8)
      for start in stride(from: 0, to: text.count, by: size) {
        pieces += splitter.append(text[start..<min(start + size, text.count)])
      }
      #expect(lines(pieces) == ["ok", "…", "fine"])
    }
  }
}

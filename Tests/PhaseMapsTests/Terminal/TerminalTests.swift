import Experiments
import Foundation
import OrderedCollections
import PhaseMaps
import Testing

@Suite struct TerminalCurveTests {
  static let grokking = TerminalCurve(
    [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192].map { step in
      let time = Double(step)
      return TerminalCurve.Point(
        step: step, trainLoss: 0.74 / (1 + pow(time / 60, 2)) + 1e-4,
        testLoss: 0.74 / (1 + pow(time / 900, 2)) + 0.012)
    })

  @Test func `the curves of a run that groks are drawn with axes and names`() throws {
    let text = Self.grokking.text(width: 72, height: 18)
    try FigureFolder.write(text, to: "terminal-curve.txt")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect(lines.count == 19)
    #expect(lines.allSatisfy { $0.count <= 72 })
    #expect(text.contains(" test\n"))
    #expect(text.contains(" train\n"))
    for label in ["0.01", "0.001", "0", "10", "100", "1000", "step", "loss"] {
      #expect(text.contains(label))
    }
    #expect(text.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
  }

  @Test(arguments: [0, 1, 2, 3])
  func `any number of records can be drawn`(count: Int) {
    let curve = TerminalCurve(
      (0..<count).map { TerminalCurve.Point(step: $0, trainLoss: 0.5, testLoss: 0.5) })
    let text = curve.text()
    #expect(count == 0 ? text == "no loss to draw yet\n" : text.contains("test"))
  }

  @Test func `gaps and losses that cannot be drawn do no harm`() {
    let curve = TerminalCurve([
      .init(step: 3, trainLoss: .nan, testLoss: nil), .init(step: 0, trainLoss: 1, testLoss: 0),
      .init(step: 9, trainLoss: 0.1, testLoss: -1),
      .init(step: 5, trainLoss: .infinity, testLoss: 2),
    ])
    #expect(curve.text(width: 1, height: 1).contains("train"))
  }
}

@Suite struct TerminalMapTests {
  @Test func `a small map is drawn exactly so`() throws {
    let runs = SyntheticSweep.alphaEpsilon(side: 3, seeds: 1, finished: 8).map { run in
      var run = run
      if run.point["alpha"] == 1.2, run.point["epsilon"] == 0.04 {
        run.summary = SyntheticSweep.run(train: 5, test: nil, steps: 40, stopped: .converged)
      }
      return run
    }
    #expect(
      TerminalMap(try SyntheticSweep.map(runs)).text() == """
        alpha
          1.2 │ 9 / ·
          0.8 │ 8 5 3
          0.4 │ 5 2 1
              └──────
                epsilon: 0.02 to 0.06

        median time to grok, steps:  1 from 327, 5 about 929, 9 up to 2640
        / median not reached by convergence or within 110 000 steps
        · no finished run

        """)
  }

  @Test func `left-out cells are blank, and linked axes are named`() throws {
    let runs = SyntheticSweep.alphaEpsilon(side: 3, seeds: 1).compactMap { run in
      var run = run
      run.point["p"] = run.point["alpha"] == 0.4 ? 97 : run.point["alpha"] == 0.8 ? 53 : 23
      return run.point["alpha"] == 0.8 && run.point["epsilon"] == 0.04 ? nil : run
    }
    #expect(
      TerminalMap(try SyntheticSweep.map(runs)).text() == """
        alpha
          1.2 │ 9 7 5
          0.8 │ 8   3
          0.4 │ 5 2 1
              └──────
                epsilon: 0.02 to 0.06
                p, linked with alpha: 97 to 23

        median time to grok, steps:  1 from 327, 5 about 929, 9 up to 2640
          (blank) left out of the sweep

        """)
  }

  @Test func `columns that do not fit are left out and counted`() throws {
    let map = try SyntheticSweep.map(SyntheticSweep.alphaEpsilon(side: 40, seeds: 1))
    let text = TerminalMap(map).text(width: 40)
    #expect(text.contains("(24 more columns do not fit 40 characters)"))
    #expect(text.components(separatedBy: "\n").prefix(41).allSatisfy { $0.count <= 40 })
  }
}

import Experiments
import OrderedCollections
import PhaseMaps
import Testing

/// Maps of `value: phase`.
@Suite struct PhasesOfLearningTests {
  private static let definition = MapDefinition(x: "epsilon", y: "alpha", value: .phase)

  /// Five cells side by side, one a phase, and a sixth without a result.
  private static func runs(seeds: Int = 1) -> [RunResult] {
    let crossings: [(train: Int?, test: Int?)] = [
      (100, 1099), (100, 1100), (100, nil), (nil, nil), (nil, 100),
    ]
    return (0..<seeds).flatMap { seed in
      (0...crossings.count).map { column in
        RunResult(
          point: [
            "alpha": 1, "epsilon": .number(SyntheticSweep.decimal(column, 100)),
            "seed": .number(ExactDecimal(seed)),
          ],
          summary: column == crossings.count
            ? nil
            : SyntheticSweep.run(
              train: crossings[column].train, test: crossings[column].test, steps: 110_000,
              stopped: .stepLimit))
      }
    }
  }

  @Test func `a cell has the phase of its run`() throws {
    let map = try SyntheticSweep.map(Self.runs(), Self.definition)
    #expect(
      map.cells[0].map { $0.value(.phase) } == [
        .phase(.comprehension), .phase(.grokking), .phase(.memorisation), .phase(.confusion),
        .phase(.unnamed), .missing,
      ])
  }

  @Test func `of several runs the most decide, of equally many the first phase`() throws {
    func cell(_ tests: [Int?]) throws -> MapCell {
      let runs = tests.enumerated().map { seed, test in
        RunResult(
          point: ["alpha": 1, "epsilon": 0.1, "seed": .number(ExactDecimal(seed))],
          summary: SyntheticSweep.run(
            train: 100, test: test, steps: 110_000, stopped: .stepLimit))
      }
      return try SyntheticSweep.map(runs, Self.definition).cells[0][0]
    }
    #expect(try cell([nil, 5000, nil]).phase == .memorisation)
    #expect(try cell([nil, 5000, nil]).phases == [.grokking: 1, .memorisation: 2])
    #expect(try cell([nil, 5000]).phase == .grokking)
    #expect(try cell([nil, 5000, 200]).phase == .comprehension)
  }

  @Test func `the picture has a colour, a letter and a legend for each phase that occurs`() throws {
    let figure = MapFigure(
      map: try SyntheticSweep.map(Self.runs(seeds: 2), Self.definition), sweep: "phases",
      experiment: "addition-toy", baseName: "map-phases")
    try FigureFolder.write(figure)
    for text in [
      "'Phases of learning: addition-toy'",
      "'comprehension: train and test fitted, less than 1000 steps apart (1 cell)'",
      "'grokking: test fitted 1000 steps after train or later (1 cell)'",
      "'memorisation: train fitted, test not (1 cell)'", "'confusion: neither fitted (1 cell)'",
      "'without a name: test fitted, train not (1 cell)'", "'no finished run yet (1 cell)'",
      "in 0 of 6 cells they differ", "across('grokking')):2:('G') with labels", "unset colorbox",
      "fillcolor rgb '#a0da39'",
    ] {
      #expect(figure.script.contains(text), "\(text)")
    }
    #expect(figure.data.contains("\n1\t0\t0.01\t1\tgrokking\tNaN\tNaN\tNaN\tNaN\t2\t"))
  }

  @Test func `cells too small for a letter have none`() throws {
    let runs = SyntheticSweep.alphaEpsilon(side: 50, seeds: 1)
    let figure = MapFigure(
      map: try SyntheticSweep.map(runs, Self.definition), sweep: "phases",
      experiment: "addition-toy")
    #expect(figure.script.contains("across('grokking')"))
    #expect(!figure.script.contains("with labels"))
  }

  @Test func `the terminal's map has letters`() throws {
    #expect(
      TerminalMap(try SyntheticSweep.map(Self.runs(), Self.definition)).text() == """
        alpha
            1 │ C G M x T ·
              └────────────
                epsilon: 0 to 0.05

        C comprehension: train and test fitted, less than 1000 steps apart
        G grokking: test fitted 1000 steps after train or later
        M memorisation: train fitted, test not
        x confusion: neither fitted
        T without a name: test fitted, train not
        · no finished run

        """)
  }

  @Test func `exported cells have their phase`() throws {
    let table = Table(cellsOf: try SyntheticSweep.map(Self.runs(), Self.definition))
    #expect(table.columns.last == "phase")
    #expect(
      table.rows.map { $0[$0.count - 1] } == [
        .text("comprehension"), .text("grokking"), .text("memorisation"), .text("confusion"),
        .text("unnamed"), .none,
      ])
  }
}

import Experiments
import Foundation
import OrderedCollections
import PhaseMaps
import Testing

@Suite struct MapFigureTests {
  static func flagship(_ runs: [RunResult], baseName: String) throws -> MapFigure {
    let definition = try #require(Catalogue.experiment(named: "polynomial-regression"))
    return MapFigure(
      map: try SyntheticSweep.map(runs), sweep: "alpha-epsilon", experiment: definition.name,
      parameters: try definition.configuration([:]).parameters, baseName: baseName)
  }

  @Test func `the flagship map says all that a reader needs`() throws {
    let figure = try Self.flagship(SyntheticSweep.alphaEpsilon(), baseName: "map")
    try FigureFolder.write(figure)
    for text in [
      "'Time to grok: polynomial-regression'", "14 × 14 grid, seeds 0–4 (n = 5), 980 runs",
      "train loss < 0.1", "test loss < 0.1 (population loss)", "limit 110\u{2009}000 steps",
      "'kernel alignment ε'", "'output scale α (laziness)'", "'median time to grok (steps)'",
      "median not reached", "converged above the test threshold", "αε = 0.", "'5.6' 13",
      "'0.28' 13",
      "set output 'map.'.picture", "pictures = 'svg png pdf'", "set logscale cb",
      "with vectors nohead",
    ] {
      #expect(figure.script.contains(text), "\(text)")
    }
  }

  /// A figure of any two axes with the given results.
  static func figure(
    _ runs: [RunResult], x: String, y: String, value: MapDefinition.Value = .timeToGrok,
    baseName: String
  ) throws -> MapFigure {
    let figure = MapFigure(
      map: try SyntheticSweep.map(runs, MapDefinition(x: x, y: y, value: value)),
      sweep: baseName, experiment: "somebody's _own_ ^experiment@{x} & \"more\"",
      baseName: baseName)
    try FigureFolder.write(figure)
    return figure
  }

  static func renamed(_ runs: [RunResult], alpha: String, epsilon: String) -> [RunResult] {
    runs.map { run in
      var run = run
      run.point = OrderedDictionary(
        uniqueKeysWithValues: run.point.map {
          ($0.key == "alpha" ? alpha : $0.key == "epsilon" ? epsilon : $0.key, $0.value)
        })
      return run
    }
  }

  @Test func `a partial map counts its finished runs and marks the missing cells`() throws {
    let figure = try Self.flagship(
      SyntheticSweep.alphaEpsilon(finished: 150), baseName: "map-partial")
    try FigureFolder.write(figure)
    #expect(figure.script.contains("150 of 980 runs finished"))
    #expect(figure.script.contains("no finished run yet (46 cells)"))
  }

  @Test func `user text is quoted, never run and never marked up`() throws {
    let figure = try Self.figure(
      Self.renamed(
        SyntheticSweep.alphaEpsilon(side: 3), alpha: "it's_`date`\n%", epsilon: "x"),
      x: "x", y: "it's_`date`\n%", baseName: "map-quoting")
    #expect(figure.script.contains("'it''s `date` %'"))
    #expect(figure.script.contains("somebody''s _own_ ^experiment@{x} & \"more\"'"))
    #expect(figure.script.components(separatedBy: "noenhanced").count == 4)
  }

  @Test func `forty by forty cells have thinned labels and one hatch line`() throws {
    let figure = try Self.flagship(
      SyntheticSweep.alphaEpsilon(side: 40, seeds: 1), baseName: "map-forty")
    try FigureFolder.write(figure)
    #expect(figure.script.contains("'0.02' 0, '0.08' 3,"))
    #expect(figure.script.contains("seed 0 (n = 1)"))
  }

  @Test func `one cell and one row can be drawn`() throws {
    let one = try Self.figure(
      SyntheticSweep.alphaEpsilon(side: 1), x: "alpha", y: "epsilon", baseName: "map-one")
    #expect(one.script.contains("set xrange [-0.5:0.5]"))
    let row = try Self.figure(
      SyntheticSweep.alphaEpsilon(side: 8).filter { $0.point["alpha"] == 2.4 }, x: "epsilon",
      y: "alpha", baseName: "map-row")
    #expect(row.script.contains("set yrange [-0.5:0.5]"))
  }

  @Test func `other axes have their own names and no border curve`() throws {
    let figure = try Self.figure(
      Self.renamed(
        SyntheticSweep.alphaEpsilon(side: 6), alpha: "weight_decay", epsilon: "train_fraction"),
      x: "train_fraction", y: "weight_decay", baseName: "map-decay")
    #expect(figure.script.contains("'weight decay λ'"))
    #expect(!figure.script.contains("$border"))
  }

  @Test func `all classes of cells are drawn and explained`() throws {
    var runs = SyntheticSweep.alphaEpsilon(side: 5, seeds: 2)
    for (index, run) in runs.enumerated() {
      if run.point["alpha"] == 2 {
        runs[index].summary = SyntheticSweep.run(
          train: nil, test: nil, steps: 50,
          stopped: run.point["seed"] == 0 ? .diverged : .converged)
      }
      if run.point["alpha"] == 1.6 {
        runs[index].summary = SyntheticSweep.run(
          train: 900, test: nil, steps: 110_000, stopped: .stepLimit)
      }
      if run.point["epsilon"] == 0.02 { runs[index].summary = nil }
    }
    let figure = try Self.figure(runs, x: "epsilon", y: "alpha", baseName: "map-classes")
    #expect(figure.script.contains("no run fitted its train set (4 cells); 4 of 8 runs diverged"))
    #expect(figure.script.contains("8 were censored at the limit of 110\u{2009}000 steps"))
    #expect(figure.script.contains("no finished run yet (5 cells)"))
  }

  @Test func `left-out cells are holes that the legend explains, and linked axes are named`() throws
  {
    let figure = try Self.flagship(PhaseMapTests.linked(), baseName: "map-linked")
    try FigureFolder.write(figure)
    #expect(figure.script.contains("'not computed: left out of the sweep (1 cell)'"))
    #expect(!figure.script.contains("no finished run"))
    #expect(figure.script.contains("4 × 4 grid, seeds 0–4 (n = 4 to 5), 71 runs'"))
    #expect(figure.script.contains("'linked with α: σ = 8, 4, 2, 1'"))
    #expect(figure.script.contains("(across('left_out')):2:(0.5):(0.5) with boxxyerror"))
    #expect(
      figure.data.contains("\n3\t3\t0.08\t1.6\tleft_out\tNaN\tNaN\tNaN\tNaN\t0\t0\t0\t0\t0\t0\n"))
  }

  @Test(arguments: [MapDefinition.Value.shareGrokked, .finalTestLoss])
  func `shares and losses have scales of their own`(value: MapDefinition.Value) throws {
    let figure = try Self.figure(
      SyntheticSweep.alphaEpsilon(side: 8), x: "epsilon", y: "alpha", value: value,
      baseName: "map-\(value.rawValue)")
    #expect(figure.script.contains("\nset logscale cb") == (value == .finalTestLoss))
    #expect(!figure.script.contains("median not reached"))
  }

  @Test func `the table has one line a cell`() throws {
    let figure = try Self.flagship(SyntheticSweep.alphaEpsilon(side: 2, seeds: 1), baseName: "map")
    #expect(
      figure.data == """
        # x_index\ty_index\tepsilon\talpha\tclass\tvalue\tlower\tupper\tbound\tgrokked\tcensored\
        \tconverged\tdiverged\tnever_fitted\tmissing
        0\t0\t0.02\t0.4\tvalue\t880\tNaN\tNaN\tNaN\t1\t0\t0\t0\t0\t0
        1\t0\t0.04\t0.4\tvalue\t471\tNaN\tNaN\tNaN\t1\t0\t0\t0\t0\t0
        0\t1\t0.02\t0.8\tvalue\t1760\tNaN\tNaN\tNaN\t1\t0\t0\t0\t0\t0
        1\t1\t0.04\t0.8\tvalue\t943\tNaN\tNaN\tNaN\t1\t0\t0\t0\t0\t0

        """)
  }

  @Test func `a median of zero has the lowest colour and the caption says so`() throws {
    let runs = SyntheticSweep.alphaEpsilon(side: 3, seeds: 1).map { run in
      var run = run
      if run.point["alpha"] == 0.4 {
        run.summary = SyntheticSweep.run(train: 90, test: 40, steps: 200, stopped: .converged)
      }
      return run
    }
    let figure = try Self.figure(runs, x: "epsilon", y: "alpha", baseName: "map-zero")
    #expect(figure.script.contains("3 cells with value 0, in the lowest colour"))
    #expect(figure.script.contains("($6 > 500.0 ? $6 : 500.0)"))
  }

  @Test func `the curve between the classes has the shortest number that separates them`() throws {
    // Reached up to 0.28, not from 0.288 on: 0.28 itself would run through cells.
    let figure = try Self.flagship(SyntheticSweep.alphaEpsilon(), baseName: "map")
    #expect(figure.script.contains("αε = 0.284: best separation"))
    #expect(figure.script.contains("(0 on the wrong side)"))
    let reached = try Self.flagship(
      SyntheticSweep.alphaEpsilon(side: 3), baseName: "map-reached")
    #expect(!reached.script.contains("αε"))
  }
}

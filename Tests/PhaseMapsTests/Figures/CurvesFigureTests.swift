import Experiments
import Foundation
import PhaseMaps
import Testing

@Suite struct CurvesFigureTests {
  static func run(delay: Double, level: Double) -> CurvesFigure.Run {
    let steps = [0] + (0...60).map { Int(pow(10, Double($0) / 15).rounded()) }
    return CurvesFigure.Run(
      steps.map { step in
        let time = Double(step)
        return TerminalCurve.Point(
          step: step, trainLoss: 0.74 / (1 + pow(time / 60, 2)) + 1e-4,
          testLoss: 0.74 / (1 + pow(time / delay, 2)) + level)
      })
  }

  static func cell(_ index: Int, runs: Int) -> CurvesFigure.Cell {
    let scale = Double(index + 1)
    let drawn = (0..<runs).map { seed in
      run(delay: 300 * scale + 60 * Double(seed), level: 0.01 * scale)
    }
    return CurvesFigure.Cell(name: "α = 2.4, ε = \(index + 1)", runs: drawn)
  }

  static func figure(cells: Int, runs: Int) throws -> CurvesFigure {
    try CurvesFigure(
      cells: (0..<cells).map { cell($0, runs: runs) }, sweep: "alpha-epsilon",
      experiment: "polynomial-regression", rule: SyntheticSweep.rule,
      baseName: "curves-\(cells)")
  }

  @Test(arguments: [(1, 1), (4, 5), (12, 2)])
  func `every run is drawn dashed for train and solid for test`(cells: Int, runs: Int) throws {
    let figure = try Self.figure(cells: cells, runs: runs)
    try FigureFolder.write(
      script: figure.script, data: figure.data, baseName: figure.baseName)
    #expect(figure.script.components(separatedBy: "dt (7,5)").count - 1 == cells * runs)
    #expect(figure.script.components(separatedBy: "title 'α = 2.4, ε = ").count - 1 == cells)
    #expect(figure.script.contains("'0' 0.5"))
    #expect(figure.data.components(separatedBy: "\n\n\n").count == cells * runs)
  }

  @Test func `accuracies have an axis from 0 to 1 and their own threshold`() throws {
    let steps = [0, 1, 10, 100, 1000]
    let run = CurvesFigure.Run(
      steps.map { step in
        TerminalCurve.Point(
          step: step, trainLoss: 1, testLoss: 1, trainAccuracy: step >= 10 ? 1 : 0,
          testAccuracy: step >= 1000 ? 0.97 : 0.1)
      })
    func figure(_ runs: [CurvesFigure.Run]) throws -> CurvesFigure {
      try CurvesFigure(
        cells: [CurvesFigure.Cell(name: "α = 1", runs: runs)], sweep: "students",
        experiment: "teacher-student",
        rule: GrokkedRule(measure: .accuracy, train: 0.95, test: 0.9), quantity: .accuracy,
        baseName: "curves-accuracy")
    }
    let drawn = try figure([run])
    try FigureFolder.write(script: drawn.script, data: drawn.data, baseName: drawn.baseName)
    #expect(drawn.script.contains("set logscale x\nset yrange [0:1.02]\n"))
    #expect(drawn.script.contains("set label 90 'accuracy' at screen 0.022,"))
    #expect(drawn.script.contains("0.9 with lines") && drawn.script.contains("0.95 with lines"))
    #expect(drawn.data.hasPrefix("# step\ttrain_accuracy\ttest_accuracy"))
    #expect(drawn.data.contains("\n0\t0.0\t0.1\t") && drawn.data.contains("\n1000\t1.0\t0.97\t"))
    #expect(throws: PhaseMapError.noAccuracies) { try figure([Self.run(delay: 1, level: 1)]) }
  }

  /// A run with a quantity at every record, and one at some.
  private static func recorded(change: (Int) -> Double) -> CurvesFigure.Run {
    CurvesFigure.Run(
      [0, 1, 3, 10, 100].map { step in
        var observables = ["relative_weight_change": change(step)]
        if step != 3 { observables["alignment"] = 0.01 }
        return TerminalCurve.Point(
          step: step, trainLoss: 1, testLoss: 2, observables: observables)
      })
  }

  private static func figure(
    _ names: [String], cells: Int = 1, change: (Int) -> Double = { Double($0) / 10 }
  ) throws -> CurvesFigure {
    try CurvesFigure(
      cells: (0..<cells).map { index in
        CurvesFigure.Cell(name: "σ = \(index + 1)", runs: [recorded(change: change)])
      }, sweep: "scales", experiment: "polynomial-regression", rule: SyntheticSweep.rule,
      quantity: .recorded(names), baseName: "curves-recorded-\(names.count)-\(cells)")
  }

  @Test func `recorded quantities have a kind of line each, of one cell a colour each`() throws {
    let three = try Self.figure(["relative_weight_change", "alignment"], cells: 3)
    try FigureFolder.write(script: three.script, data: three.data, baseName: three.baseName)
    #expect(three.script.contains("relative weight change solid, alignment dashed"))
    #expect(three.script.components(separatedBy: "dt (7,5)").count - 1 == 3)
    #expect(three.script.components(separatedBy: "title 'σ = ").count - 1 == 3)
    let one = try Self.figure(["relative_weight_change", "alignment"])
    try FigureFolder.write(script: one.script, data: one.data, baseName: one.baseName)
    #expect(one.script.contains("title 'relative weight change'"))
    #expect(one.script.contains("title 'alignment'"))
    #expect(one.script.contains("Relative weight change, alignment: polynomial-regression"))
    // What was not measured leaves no gap; 0 has no place on a logarithmic axis.
    #expect(one.data.contains("\n3\t0.3\t?\t") && one.data.contains("\n0\tNaN\t0.01\t"))
    #expect(one.script.contains("set logscale xy\n"))
  }

  @Test func `long names stand below one another in the key`() throws {
    let name = "target = hermite-3, s = 0.4, P = 100, η₀ = 0.05, a"
    let cells = (0..<3).map { index in
      CurvesFigure.Cell(name: name + "\(index)", runs: [Self.run(delay: 300, level: 0.01)])
    }
    let figure = try CurvesFigure(
      cells: cells, sweep: "targets", experiment: "polynomial-regression",
      rule: SyntheticSweep.rule, baseName: "curves-long")
    try FigureFolder.write(script: figure.script, data: figure.data, baseName: figure.baseName)
    #expect(figure.script.contains("maxcols 1 "))
    #expect(try Self.figure(cells: 3, runs: 1).script.contains("maxcols 2 "))
  }

  @Test func `what hardly moves has a linear axis, and thresholds belong to losses`() throws {
    let change = try Self.figure(["relative_weight_change"], change: { 1 + Double($0) / 100 })
    #expect(change.script.contains("set logscale x\n"))
    #expect(!change.script.contains("0.1 with lines") && !change.script.contains("threshold"))
    let loss = try Self.figure(["test_loss"], change: { Double($0) })
    #expect(loss.script.contains("0.1 with lines") && loss.script.contains("threshold 0.1"))
  }

  @Test func `a quantity that was not recorded is refused with the nearest that was`() {
    let wrong = #expect(throws: PhaseMapError.self) { try Self.figure(["alignmnt"]) }
    #expect(
      wrong?.description
        == "\"alignmnt\" was not recorded of the chosen cells; did you mean \"alignment\"?")
    let many = ["alignment", "relative_weight_change", "train_loss", "test_loss"]
    #expect(throws: PhaseMapError.tooManyQuantities(4, max: 3)) {
      try Self.figure(many, cells: 2)
    }
  }

  @Test func `too many cells and no curves are refused in a sentence`() {
    let tooMany = #expect(throws: PhaseMapError.self) { try Self.figure(cells: 13, runs: 1) }
    #expect(
      tooMany?.description
        == "13 cells are too many to tell apart in one figure; choose at most 12 with --where")
    #expect(throws: PhaseMapError.noCurves) { try Self.figure(cells: 2, runs: 0) }
  }

  @Test func `runs that differ in their seed only are one cell`() throws {
    let runs = try PhaseMap.filtered(
      SyntheticSweep.alphaEpsilon(side: 4),
      by: [AxisSlice(parsing: "alpha=0.8"), AxisSlice(parsing: "epsilon=0.02,0.06")])
    let groups = try CurvesFigure.groups(of: runs)
    #expect(groups.map(\.name) == ["ε = 0.02", "ε = 0.06"])
    #expect(groups.allSatisfy { $0.runs.count == 5 })
    #expect(CurvesFigure.common(to: runs) == ["α = 0.8", "seeds 0–4"])
    let one = try CurvesFigure.groups(
      of: PhaseMap.filtered(runs, by: [AxisSlice(parsing: "epsilon=0.06")]))
    #expect(one.map(\.name) == ["α = 0.8, ε = 0.06"])
    let linked = try PhaseMap.filtered(
      PhaseMapTests.linked(),
      by: [AxisSlice(parsing: "sigma=8,4"), AxisSlice(parsing: "epsilon=0.06")])
    #expect(
      try CurvesFigure.groups(of: linked).map(\.name) == ["α = 0.4, σ = 8", "α = 0.8, σ = 4"])
    #expect(throws: PhaseMapError.tooManyCurves(cells: 16, max: 12)) {
      try CurvesFigure.groups(of: SyntheticSweep.alphaEpsilon(side: 4))
    }
  }
}

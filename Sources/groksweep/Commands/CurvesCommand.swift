import ArgumentParser
import ClusterRuntime
import Experiments
import Foundation
import OrderedCollections
import PhaseMaps
import ResultStore

/// `groksweep curves`: train and test loss of chosen cells.
struct CurvesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "curves",
    abstract: "Draw the train and test curves of chosen cells of a sweep.",
    discussion: """
        groksweep curves alpha-epsilon --where alpha=2.4 --where epsilon=0.02,0.1
      """)

  @Argument(help: ArgumentHelp("The sweep's name.", valueName: "sweep"))
  var sweep: String

  @OptionGroup var results: ResultsOptions
  @OptionGroup var selection: SelectionOptions

  @Option(
    help: ArgumentHelp(
      "Where the figure goes: figures/curves makes figures/curves.svg and so on.",
      valueName: "path"))
  var out: String?

  func run() throws {
    let signals = try SignalInbox()
    try signals.interruptibly({ Console.error("interrupted") }) { try draw() }
  }

  private func draw() throws {
    let store = try SweepRuns.store(in: results.folder)
    let runs = try SweepRuns(named: sweep, in: store)
    let slices = try selection.parsedSlices()
    let kept = try withMapErrors { () throws(PhaseMapError) in
      try PhaseMap.filtered(runs.results, by: slices)
    }
    let figure = try figure(of: kept, sweep: runs.sweep, store: store)
    let files = FigureName.files(
      out: out, folder: results.folder.folder(of: runs.sweep.name),
      baseName: "curves" + selection.fileSuffix)
    let named = try withMapErrors { () throws(PhaseMapError) in
      try CurvesFigure(
        cells: figure.cells, sweep: figure.sweep, experiment: figure.experiment,
        rule: figure.rule, baseName: files.baseName)
    }
    for path in try files.write(script: named.script, data: named.data) { try Console.print(path) }
  }

  /// Groups runs into cells: all axes but the seed tell cells apart.
  private func figure(
    of kept: [RunResult], sweep: Sweep, store: ResultStore
  ) throws(RuntimeFailure) -> CurvesFigure {
    let axes = sweep.axes.keys.filter { $0 != "seed" }
    var groups: OrderedDictionary<[ParameterValue], [RunResult]> = [:]
    for run in kept { groups[axes.compactMap { run.point[$0] }, default: []].append(run) }
    guard groups.count <= CurvesFigure.cellsMax else {
      throw RuntimeFailure(
        .wrongInput,
        PhaseMapError.tooManyCurves(cells: groups.count, max: CurvesFigure.cellsMax).description)
    }
    var cells: [CurvesFigure.Cell] = []
    for (values, members) in groups {
      var curves: [CurvesFigure.Run] = []
      for member in members {
        guard let key = member.key else { continue }
        curves.append(CurvesFigure.Run(try Self.points(of: key, in: store)))
      }
      let point = zip(axes, values).map { (axis: $0, value: $1) }
      cells.append(CurvesFigure.Cell(point: point, runs: curves))
    }
    let rule = try selection.rule(from: sweep.grokked)
    return try withMapErrors { () throws(PhaseMapError) in
      try CurvesFigure(
        cells: cells, sweep: sweep.name, experiment: sweep.experiment, rule: rule)
    }
  }

  private static func points(
    of key: RunKey, in store: ResultStore
  ) throws(RuntimeFailure) -> [TerminalCurve.Point] {
    try withStoreErrors { () throws(StoreError) in try store.curve(of: key) }.map { record in
      TerminalCurve.Point(
        step: record.step, trainLoss: record.measurement.trainLoss,
        testLoss: record.measurement.testLoss)
    }
  }
}

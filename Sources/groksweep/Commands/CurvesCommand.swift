import ArgumentParser
import ClusterRuntime
import Experiments
import Foundation
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
    let files = FigureName.files(
      out: try FigureName.checked(out), folder: results.folder.folder(of: runs.sweep.name),
      baseName: "curves" + selection.fileSuffix)
    let groups = try withMapErrors { () throws(PhaseMapError) in
      try CurvesFigure.groups(of: kept)
    }
    var cells: [CurvesFigure.Cell] = []
    for group in groups {
      var curves: [CurvesFigure.Run] = []
      for key in group.runs.compactMap(\.key) {
        curves.append(CurvesFigure.Run(try Self.points(of: key, in: store)))
      }
      cells.append(CurvesFigure.Cell(name: group.name, runs: curves))
    }
    let rule = try selection.rule(from: runs.sweep.grokked)
    let figure = try withMapErrors { () throws(PhaseMapError) in
      try CurvesFigure(
        cells: cells, sweep: runs.sweep.name, experiment: runs.sweep.experiment, rule: rule,
        context: CurvesFigure.common(to: kept),
        testLoss: ParameterLabel.testLoss(runs.sharedParameters), baseName: files.baseName)
    }
    for path in try files.write(script: figure.script, data: figure.data) {
      try Console.print(path)
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

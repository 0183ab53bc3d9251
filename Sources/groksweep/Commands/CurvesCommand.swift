import ArgumentParser
import ClusterRuntime
import Experiments
import Foundation
import PhaseMaps
import ResultStore

/// `groksweep curves`: train and test loss, or accuracy, of chosen cells.
struct CurvesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "curves",
    abstract: "Draw the train and test curves of chosen cells of a sweep.",
    discussion: """
        groksweep curves alpha-epsilon --where alpha=2.4 --where epsilon=0.02,0.1
        groksweep curves teacher-student-fig17 --where weight_decay=0.05 --accuracy
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

  @Flag(help: "Draw accuracies instead of losses; --tolerance does, too, those within it.")
  var accuracy = false

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
    let rule = try selection.rule(from: runs.sweep.grokked)
    let tolerance = try selection.parsedTolerance(for: rule)
    let quantity: CurvesFigure.Quantity = accuracy || tolerance != nil ? .accuracy : .loss
    let files = FigureName.files(
      out: try FigureName.checked(out), folder: results.folder.folder(of: runs.sweep.name),
      baseName: (quantity == .loss ? "curves" : "curves-accuracy") + selection.fileSuffix)
    let groups = try withMapErrors { () throws(PhaseMapError) in
      try CurvesFigure.groups(of: kept)
    }
    var cells: [CurvesFigure.Cell] = []
    for group in groups {
      var curves: [CurvesFigure.Run] = []
      for key in group.runs.compactMap(\.key) {
        curves.append(CurvesFigure.Run(try Self.points(of: key, within: tolerance, in: store)))
      }
      cells.append(CurvesFigure.Cell(name: group.name, runs: curves))
    }
    let figure = try withMapErrors { () throws(PhaseMapError) in
      try CurvesFigure(
        cells: cells, sweep: runs.sweep.name, experiment: runs.sweep.experiment, rule: rule,
        quantity: quantity,
        context: CurvesFigure.common(to: kept)
          + (tolerance.map { ["an example is right within θ = \($0)"] } ?? []),
        testLoss: ParameterLabel.testLoss(runs.sharedParameters), baseName: files.baseName)
    }
    for path in try files.write(script: figure.script, data: figure.data) {
      try Console.print(path)
    }
  }

  private static func points(
    of key: RunKey, within tolerance: ExactDecimal?, in store: ResultStore
  ) throws(RuntimeFailure) -> [TerminalCurve.Point] {
    let records = try withStoreErrors { () throws(StoreError) in try store.curve(of: key) }
    if let tolerance, let first = records.first {
      try withMapErrors { () throws(PhaseMapError) in try first.check(tolerance) }
    }
    return records.map { record in
      let values =
        tolerance.flatMap { record.measurement(within: $0) } ?? record.measurement
      return TerminalCurve.Point(
        step: record.step, trainLoss: values.trainLoss, testLoss: values.testLoss,
        trainAccuracy: values.trainAccuracy, testAccuracy: values.testAccuracy)
    }
  }
}

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
        groksweep curves polynomial-regression-fig7 --where seed=0 --quantity relative_weight_change

      Quantities are those of the experiment's records (groksweep describe EXPERIMENT), train_loss, test_loss and their
      like among them.
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

  @Option(
    help: ArgumentHelp(
      "Draw these recorded quantities instead of losses, with commas between them.",
      valueName: "names"))
  var quantity: String?

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
    let quantity = try drawnQuantity(isWithinTolerance: tolerance != nil)
    let files = FigureName.files(
      out: try FigureName.checked(out), folder: results.folder.folder(of: runs.sweep.name),
      baseName: "curves" + Self.suffix(of: quantity) + selection.fileSuffix)
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

  private func drawnQuantity(
    isWithinTolerance: Bool
  ) throws(RuntimeFailure) -> CurvesFigure.Quantity {
    guard let quantity else { return accuracy || isWithinTolerance ? .accuracy : .loss }
    guard !accuracy, !isWithinTolerance else {
      throw RuntimeFailure(
        .wrongInput,
        "--quantity says what is drawn, and so \(accuracy ? "--accuracy" : "--tolerance") has no place"
      )
    }
    let names = quantity.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    guard names.allSatisfy({ !$0.isEmpty }), Set(names).count == names.count else {
      throw RuntimeFailure(
        .wrongInput,
        "--quantity: expected names such as weight_norm,test_loss, each once, found \"\(quantity)\""
      )
    }
    return .recorded(names)
  }

  private static func suffix(of quantity: CurvesFigure.Quantity) -> String {
    switch quantity {
    case .loss: ""
    case .accuracy: "-accuracy"
    case .recorded(let names): "-" + FigureName.plain(names.joined(separator: "-"))
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
        trainAccuracy: values.trainAccuracy, testAccuracy: values.testAccuracy,
        observables: Dictionary(
          uniqueKeysWithValues: record.observables.compactMap { name, value in
            value.map { (name, $0) }
          }))
    }
  }
}

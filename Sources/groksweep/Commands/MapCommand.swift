import ArgumentParser
import ClusterRuntime
import Experiments
import Foundation
import PhaseMaps

/// `groksweep map`: a sweep's map again, seen differently.
struct MapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Draw a sweep's map again: other axes, value, thresholds, slices; no new run.",
    discussion: """
        groksweep map alpha-epsilon --where seed=0..4
        groksweep map alpha-epsilon --value share_grokked --threshold 0.2
        groksweep map teacher-student-fig17 --tolerance 0.01
      """)

  @Argument(help: ArgumentHelp("The sweep's name.", valueName: "sweep"))
  var sweep: String

  @OptionGroup var results: ResultsOptions
  @OptionGroup var selection: SelectionOptions

  @Option(help: ArgumentHelp("The axis across.", valueName: "axis"))
  var x: String?

  @Option(help: ArgumentHelp("The axis upwards.", valueName: "axis"))
  var y: String?

  @Option(
    help: ArgumentHelp(
      "What the colour shows: time_to_grok, share_grokked, final_test_loss or phase.",
      valueName: "quantity"))
  var value: String?

  @Option(
    help: ArgumentHelp(
      "Where the figure goes: figures/slice makes figures/slice.svg and so on.",
      valueName: "path"))
  var out: String?

  func run() throws {
    let signals = try SignalInbox()
    try signals.interruptibly({ Console.error("interrupted") }) { try draw() }
  }

  private func draw() throws {
    let store = try SweepRuns.store(in: results.folder)
    let runs = try SweepRuns(named: sweep, in: store)
    var definition = runs.sweep.map
    if let x { definition.x = x }
    if let y { definition.y = y }
    if let value { definition.value = try Self.quantity(value) }
    guard !runs.sweep.areLinked(definition.x, definition.y) else {
      throw RuntimeFailure(
        .wrongInput,
        "a map needs two axes that move apart, but \(definition.x) and \(definition.y) are linked; "
          + "--x and --y choose others")
    }
    let slices = try selection.parsedSlices()
    let rule = try selection.rule(from: runs.sweep.grokked)
    let tolerance = try selection.parsedTolerance(for: rule)
    let judged = try runs.results(within: tolerance, by: rule, from: store)
    let map = try withMapErrors { () throws(PhaseMapError) in
      try PhaseMap(
        runs: judged, definition: definition, slices: slices, request: runs.sweep.request,
        rule: rule, tolerance: tolerance)
    }
    let files = FigureName.files(
      out: try FigureName.checked(out), folder: results.folder.folder(of: runs.sweep.name),
      baseName: baseName)
    try MapDrawing.draw(map, of: runs.sweep, parameters: runs.sharedParameters, to: files)
  }

  private var baseName: String {
    let parts = [x.map { "x=\($0)" }, y.map { "y=\($0)" }, value].compactMap { $0 }
    return "map" + parts.map { "-" + FigureName.plain($0) }.joined() + selection.fileSuffix
  }

  private static func quantity(_ text: String) throws(RuntimeFailure) -> MapDefinition.Value {
    let name = text.replacingOccurrences(of: "-", with: "_")
    guard let value = MapDefinition.Value(rawValue: name) else {
      let known = MapDefinition.Value.allCases.map(\.rawValue)
      throw RuntimeFailure(
        .wrongInput,
        "--value: expected one of \(known.joined(separator: ", ")), found \"\(text)\""
          + (Spelling.nearest(to: name, among: known).map { "; did you mean \"\($0)\"?" } ?? ""))
    }
    return value
  }
}

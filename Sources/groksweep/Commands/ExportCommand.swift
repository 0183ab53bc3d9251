import ArgumentParser
import ClusterRuntime
import Experiments
import Foundation
import PhaseMaps

/// `groksweep export`: the runs or cells of a sweep as a table.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Print a sweep's runs, or the cells of its map, as CSV or JSON.",
    discussion: """
        groksweep export alpha-epsilon --format csv > runs.csv
        groksweep export alpha-epsilon --format json --cells
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case csv, json }

  @Argument(help: ArgumentHelp("The sweep's name.", valueName: "sweep"))
  var sweep: String

  @OptionGroup var results: ResultsOptions
  @OptionGroup var selection: SelectionOptions

  @Option(help: "csv or json.")
  var format: Format = .csv

  @Flag(help: "One row a cell of the map instead of one a run.")
  var cells = false

  func run() throws {
    let store = try SweepRuns.store(in: results.folder)
    let runs = try SweepRuns(named: sweep, in: store)
    let slices = try selection.parsedSlices()
    let rule = try selection.rule(from: runs.sweep.grokked)
    let request = runs.sweep.request
    let tolerance = try selection.parsedTolerance(for: rule)
    let judged = try runs.results(within: tolerance, by: rule, from: store)
    let table = try withMapErrors { () throws(PhaseMapError) in
      if cells {
        return Table(
          cellsOf: try PhaseMap(
            runs: judged, definition: runs.sweep.map, slices: slices, request: request,
            rule: rule))
      }
      return try Table(
        runs: try PhaseMap.filtered(judged, by: slices), request: request, rule: rule)
    }
    try Console.write(format == .csv ? table.csv : table.json)
  }
}

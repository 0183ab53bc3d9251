import ClusterRuntime
import Experiments
import Foundation
import PhaseMaps
import ResultStore

/// Draws the phase maps of sweeps from what the store holds.
enum MapDrawing {
  /// Says at the start of a sweep that its map will not be drawn, rather than in the morning.
  static func checkGnuplot() {
    guard !FigureFiles.hasGnuplot else { return }
    Console.note(
      "gnuplot is not installed, so only the map's data and script will be written; "
        + "apt-get install gnuplot-nox")
  }

  /// Draws a sweep's own map and shows it in characters.
  static func drawSweep(
    named name: String, from store: ResultStore, into results: ResultsFolder
  ) throws(RuntimeFailure) {
    // As it is stored: a command may have run a part of it.
    let stored = try withStoreErrors { () throws(StoreError) in try store.sweep(named: name) }
    guard let sweep = stored?.sweep else {
      preconditionFailure("the sweep \(name) was registered and is not in the store")
    }
    let runs = try SweepRuns(sweep, from: store)
    let map = try withMapErrors { () throws(PhaseMapError) in
      try PhaseMap(
        runs: runs.results, definition: sweep.map, request: sweep.request, rule: sweep.grokked)
    }
    try draw(
      map, of: sweep, parameters: runs.sharedParameters,
      to: FigureFiles(folder: results.folder(of: sweep.name), baseName: "map"))
  }

  /// Draws one map: files, then characters and paths on standard output.
  static func draw(
    _ map: PhaseMap, of sweep: Sweep,
    parameters: OrderedParameters, to files: FigureFiles
  ) throws(RuntimeFailure) {
    let figure = MapFigure(
      map: map, sweep: sweep.name, experiment: sweep.experiment, parameters: parameters,
      baseName: files.baseName)
    let paths = try files.write(script: figure.script, data: figure.data)
    try Console.write(TerminalMap(map).text(width: TerminalWidth.columns))
    if let note = map.aggregationNote { Console.note(note) }
    for path in paths { try Console.print(path) }
  }
}

/// Turns what maps throw into what commands throw: the user asked for something that is not there.
func withMapErrors<Value>(
  _ body: () throws(PhaseMapError) -> Value
) throws(RuntimeFailure) -> Value {
  do {
    return try body()
  } catch {
    throw RuntimeFailure(.wrongInput, error.description)
  }
}

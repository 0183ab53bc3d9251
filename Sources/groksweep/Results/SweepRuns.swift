import ClusterRuntime
import Experiments
import Foundation
import OrderedCollections
import PhaseMaps
import ResultStore

typealias OrderedParameters = OrderedDictionary<String, ParameterValue>

/// The runs of a stored sweep, as maps and exports see them.
struct SweepRuns {
  let sweep: Sweep
  let results: [RunResult]

  init(_ sweep: Sweep, from store: ResultStore) throws(RuntimeFailure) {
    self.sweep = sweep
    let runs = try withStoreErrors { () throws(StoreError) in
      try store.runs(ofSweep: sweep.name)
    }
    let shape = GridShape(sweep)
    var results: [RunResult] = []
    for run in runs {
      results.append(
        RunResult(
          point: shape.point(at: run.position), summary: run.summary, key: run.key,
          configuration: run.configuration,
          final: try Self.finalMeasurement(of: run, asked: sweep.request, in: store)))
    }
    self.results = results
  }

  /// The last record up to the step where a request ends a run that has gone on for another sweep; nil
  /// where the run's own end is meant.
  private static func finalMeasurement(
    of run: StoredRun, asked request: Request, in store: ResultStore
  ) throws(RuntimeFailure) -> Experiments.Measurement? {
    guard let summary = run.summary, let end = request.end(of: summary), end.step < summary.steps
    else { return nil }
    let curve = try withStoreErrors { () throws(StoreError) in try store.curve(of: run.key) }
    return curve.last { $0.step <= end.step }?.measurement
  }

  /// Opens the store that lies in a results folder, to read from it.
  static func store(in folder: ResultsFolder) throws(RuntimeFailure) -> ResultStore {
    guard try Folders.isThere(folder.store) else {
      throw RuntimeFailure(
        .wrongInput, "\(folder.store): there is no such store; --results names its folder")
    }
    return try withStoreErrors { () throws(StoreError) in
      try ResultStore(path: folder.store, access: .reader)
    }
  }

  /// Finds a sweep that has been run, by its name or by its file.
  init(named text: String, in store: ResultStore) throws(RuntimeFailure) {
    let isFile = text.hasSuffix(".yaml") || text.hasSuffix(".yml")
    let name =
      isFile
      ? URL(fileURLWithPath: text).deletingPathExtension().lastPathComponent
      : text
    let sweeps = try withStoreErrors(store.sweeps)
    guard let stored = sweeps.first(where: { $0.sweep.name == name }) else {
      throw RuntimeFailure(
        .wrongInput,
        "\(store.path) has no sweep \"\(name)\""
          + Spelling.suggestion(for: name, among: sweeps.map(\.sweep.name)))
    }
    try self.init(stored.sweep, from: store)
  }

  /// The runs as they are judged at a tolerance that was chosen afterwards.
  ///
  /// - Parameters:
  ///   - tolerance: θ; nil for the runs as they are.
  ///   - rule: the accuracies to be reached.
  ///   - store: where their records are.
  /// - Returns: the runs, in the order of the grid.
  /// - Throws: `RuntimeFailure` with the tolerances that were recorded, if this one was not.
  func results(
    within tolerance: ExactDecimal?, by rule: GrokkedRule, from store: ResultStore
  ) throws(RuntimeFailure) -> [RunResult] {
    guard let tolerance else { return results }
    var judged = results
    for index in judged.indices {
      guard judged[index].summary != nil, let key = judged[index].key else { continue }
      let records = try withStoreErrors { () throws(StoreError) in try store.curve(of: key) }
      judged[index].crossings = try withMapErrors { () throws(PhaseMapError) in
        try Crossings(of: records, within: tolerance, rule: rule)
      }
    }
    return judged
  }

  /// The parameters that all runs share, defaults included.
  var sharedParameters: OrderedParameters {
    (results.first?.configuration?.parameters ?? [:]).filter {
      sweep.axes[$0.key] == nil && sweep.together[$0.key] == nil
    }
  }
}

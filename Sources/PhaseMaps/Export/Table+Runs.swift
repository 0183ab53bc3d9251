public import Experiments
import OrderedCollections

extension Table {
  /// One row a run: key, axes, further parameters, how it ended, every recorded crossing.
  ///
  /// The columns are described in docs/export.md.
  ///
  /// - Parameters:
  ///   - runs: of one sweep, finished or not.
  ///   - request: what the sweep asks of each run.
  ///   - rule: when a run counts as grokked.
  /// - Throws: `PhaseMapError.thresholdNotRecorded` if a finished run lacks one of the rule's thresholds.
  public init(
    runs: [RunResult], request: Request, rule: GrokkedRule
  ) throws(PhaseMapError) {
    let axes = OrderedSet(runs.flatMap { $0.point.keys })
    let parameters = OrderedSet(
      runs.flatMap { run in run.configuration.map { Array($0.parameters.keys) } ?? [] }
    ).filter { !axes.contains($0) }
    let thresholds = Self.thresholds(of: runs)
    let results =
      [
        "outcome", "phase", "delay", "censored", "end_step", "end_reason", "steps", "stopped",
        "converged_at", "recomputed_in_float64",
      ] + thresholds.map { Self.column($0.series, $0.threshold) }
      + Series.allCases.map { "initial_\($0.rawValue)" }
      + Series.allCases.map { "final_\($0.rawValue)" }
    let columns =
      ["key"] + Self.columns(ofParameters: Array(axes) + parameters, beside: ["key"] + results)
      + results
    var rows: [[Field]] = []
    for run in runs {
      let outcome = try RunOutcome(
        of: run.summary, crossings: run.crossings, request: request, rule: rule)
      let phase = try LearningPhase.of(
        run.summary, crossings: run.crossings, request: request, rule: rule)
      let end = run.summary.flatMap(request.end(of:))
      var row: [Field] = [run.key.map { .text($0.hexadecimal) } ?? .none]
      row += axes.map { Field(run.point[$0]) }
      let values = run.configuration?.completeParameters
      row += parameters.map { Field(values?[$0]) }
      row += [
        .text(outcome.name), phase.map { .text($0.rawValue) } ?? .none, Field(outcome.time),
        outcome == .missing ? .none : .flag(outcome.isCensored), Field(end?.step),
        end.map { .text($0.reason.rawValue) } ?? .none, Field(run.summary?.steps),
        run.summary.map { .text($0.stopped.rawValue) } ?? .none, Field(run.summary?.convergedAt),
        run.summary.map { .flag($0.isRecomputedInFloat64) } ?? .none,
      ]
      row += thresholds.map { Field(run.summary?.crossings.step($0.series, $0.threshold)) }
      row += Series.allCases.map { Field(run.summary?.initial[$0]) }
      row += Series.allCases.map { Field(run.summary?.final[$0]) }
      rows.append(row)
    }
    self.init(columns: columns, rows: rows)
  }

  private struct RecordedThreshold: Hashable {
    let series: Series
    let threshold: ExactDecimal
  }

  /// Everything that any of the runs recorded, train before test, ascending.
  private static func thresholds(of runs: [RunResult]) -> [RecordedThreshold] {
    Series.allCases.flatMap { series in
      Set(runs.flatMap { $0.summary?.crossings.thresholds(of: series) ?? [] }).sorted()
        .map { RecordedThreshold(series: series, threshold: $0) }
    }
  }

  private static func column(_ series: Series, _ threshold: ExactDecimal) -> String {
    "\(series.rawValue)_\(series.fallsToThreshold ? "below" : "from")_\(threshold)"
  }
}

extension RunOutcome {
  /// One word for tables.
  public var name: String {
    switch self {
    case .grokked: "grokked"
    case .censored: "censored"
    case .notReached(.converged): "converged_above"
    case .notReached(.diverged): "diverged"
    case .neverFitted: "never_fitted"
    case .missing: "missing"
    }
  }

  /// The delay of a run that grokked, or the time at which it was censored.
  public var time: Int? {
    switch self {
    case .grokked(let time), .censored(let time): time
    case .notReached, .neverFitted, .missing: nil
    }
  }

  public var isCensored: Bool {
    if case .censored = self { true } else { false }
  }
}

import Experiments
import OrderedCollections
import PhaseMaps
import Testing

/// Accuracies at a tolerance that is chosen after the fact.
@Suite struct ToleranceTests {
  static let rule = GrokkedRule(measure: .accuracy, train: 0.95, test: 0.95)
  static let request = Request(
    maxSteps: 1000, criterion: rule, thresholds: Thresholds(accuracy: [0.95]))

  /// The shares within 0.001 rise to 1 at steps 100 and 400, those within 0.1 at 10 and 40, and those within 0.0001 never.
  static let records = [0, 10, 40, 100, 400, 500].map { step in
    func share(_ at: Int) -> Double { step >= at ? 1 : 0.5 }
    return RunRecord(
      step: step,
      measurement: Measurement(
        trainLoss: 0.1, testLoss: 0.2, trainAccuracy: share(100), testAccuracy: share(400)),
      observables: [
        "train_within_0.1": share(10), "test_within_0.1": share(40),
        "train_within_0.001": share(100), "test_within_0.001": share(400),
        "train_within_0.0001": share(.max), "test_within_0.0001": 0, "weight_norm": 3,
      ])
  }

  static func result(within tolerance: ExactDecimal?) throws -> RunResult {
    var crossings = Crossings()
    crossings.record(97, of: .trainAccuracy, at: 0.95)
    crossings.record(396, of: .testAccuracy, at: 0.95)
    var result = RunResult(
      point: ["weight_decay": 1, "alpha": 2],
      summary: RunSummary(steps: 396, stopped: .criterion, crossings: crossings))
    if let tolerance {
      result.crossings = try Crossings(of: records, within: tolerance, rule: rule)
    }
    return result
  }

  @Test(
    arguments: [
      (nil, .grokked(delay: 299)), (0.1, .grokked(delay: 30)),
      // The record at which the share has risen comes after the step at which the run was stopped.
      (0.001, .censored(at: 296)), (0.0001, .neverFitted(diverged: false)),
    ] as [(ExactDecimal?, RunOutcome)])
  func `a run is judged by the tolerance that was chosen, up to where it was stopped`(
    tolerance: ExactDecimal?, outcome: RunOutcome
  ) throws {
    let run = try Self.result(within: tolerance)
    #expect(
      try RunOutcome(
        of: run.summary, crossings: run.crossings, request: Self.request, rule: Self.rule)
        == outcome)
    let map = try PhaseMap(
      runs: [run], definition: MapDefinition(x: "weight_decay", y: "alpha"), request: Self.request,
      rule: Self.rule, tolerance: tolerance)
    #expect(map.cells[0][0].outcomes == [outcome])
    let table = try Table(runs: [run], request: Self.request, rule: Self.rule)
    #expect(table.csv.contains(",\(outcome.name),"))
  }

  @Test func `other thresholds than those of the sweep are read off the records, too`() throws {
    let rule = GrokkedRule(measure: .accuracy, train: 0.5, test: 1)
    let crossings = try Crossings(of: Self.records, within: 0.1, rule: rule)
    #expect(crossings.step(.trainAccuracy, 0.5) == 0 && crossings.step(.testAccuracy, 1) == 40)
  }

  @Test func `a tolerance that was not recorded is refused with those that were`() {
    let unknown = #expect(throws: PhaseMapError.self) {
      try Crossings(of: Self.records, within: 0.02, rule: Self.rule)
    }
    #expect(
      unknown?.description
        == "the share of examples within 0.02 was not recorded; recorded are 0.0001, 0.001, 0.1")
    let none = #expect(throws: PhaseMapError.self) {
      try Crossings(
        of: [RunRecord(step: 0, measurement: Measurement())], within: 0.1, rule: Self.rule)
    }
    #expect(
      none?.description == "the share of examples within 0.1 was not recorded; no such share was")
  }

  @Test func `the map says within what an example is right`() throws {
    let map = try PhaseMap(
      runs: [try Self.result(within: 0.1)],
      definition: MapDefinition(x: "weight_decay", y: "alpha"), request: Self.request,
      rule: Self.rule, tolerance: 0.1)
    let figure = MapFigure(
      map: map, sweep: "students", experiment: "teacher-student", parameters: [:],
      baseName: "map")
    #expect(figure.script.contains("examples within θ = 0.1"))
  }
}

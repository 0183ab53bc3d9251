import Experiments
import Foundation
import Testing

@Suite struct SweepPlanTests {
  private func plan(
    stored: Int = 120, cancelled: Int = 0, estimate: Duration = .seconds(700), isGuess: Bool = false
  ) throws -> SweepPlan {
    let sweep = try SweepFile.read(
      yaml: SweepFileTests.alphaEpsilon, file: "sweeps/alpha-epsilon.yaml")
    return SweepPlan(
      sweep, stored: stored, cancelled: cancelled, estimate: estimate, isGuess: isGuess, slots: 2)
  }

  @Test func `a plan says what would run`() throws {
    #expect(
      try plan().text == """
        alpha-epsilon: polynomial-regression
          alpha            14 values: 0.4, 0.8, 1.2, … , 5.6
          epsilon          14 values: 0.02, 0.04, 0.06, … , 0.28
          seed             5 values: 0, 1, 2, 3, 4
          input_dimension  100
          hidden_units     500
          train_examples   550
          until            110,000 steps or converged
          grokked          train loss below 0.1 and test loss below 0.1
          map              epsilon across, alpha up, colour: time_to_grok
          runs             980: 120 in the store, 860 to compute
          time             about 12 min with 2 trainers
        """)
  }

  @Test func `a plan shows what is linked and what is left out`() throws {
    let sweep = try SweepFile.read(
      yaml: """
        experiment: noop
        axes: {x: [1, 2], seed: [0, 1]}
        together: {y: {from: 1, to: 9, step: 1}, steps: {from: 11, to: 19}}
        except: [{x: 2, y: 9}, {steps: 11}]
        """, file: "a.yaml")
    let plan = SweepPlan(sweep, stored: 0, estimate: .seconds(1), isGuess: false, slots: 1)
    #expect(
      plan.text == """
        a: noop
          y        9 values, linked with steps: 1, 2, 3, … , 9
          steps    9 values, linked with y: 11, 12, 13, … , 19
          x        2 values: 1, 2
          seed     2 values: 0, 1
          except   x = 2, y = 9; steps = 11 (6 runs left out)
          until    1,000,000,000 steps or converged
          grokked  train loss below 0.1 and test loss below 0.1
          map      x across, y up, colour: time_to_grok
          runs     30: 0 in the store, 30 to compute
          time     about 1 s with 1 trainer
        """)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let json = String(decoding: try encoder.encode(plan), as: UTF8.self)
    #expect(json.contains(#""except":[{"x":2,"y":9},{"steps":11}]"#))
    #expect(json.contains(#""together":[{"name":"y","values":[1,2,3,4,5,6,7,8,9]},"#))
    #expect(json.contains(#""left_out":6,"#))
  }

  @Test func `a plan of runs whose like was never seen gives steps, no time`() throws {
    #expect(
      try plan(isGuess: true).text.contains(
        "time             known once the first runs have finished; at most 94,600,000 steps"))
    let cancelled = try plan(cancelled: 860).text
    #expect(cancelled.contains("0 to compute, 860 cancelled (groksweep retry --run KEY)"))
    #expect(cancelled.hasSuffix("none: the others are cancelled"))
    #expect(try plan(stored: 980).text.hasSuffix("none: the store has every run"))
  }

  @Test func `a plan as JSON has the same numbers`() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let json = String(decoding: try encoder.encode(try plan()), as: UTF8.self)
    #expect(json.contains(#""estimated_seconds":700,"#))
    #expect(json.contains(#""remaining":860,"#))
    #expect(json.contains(#""estimate_is_guess":false,"#))
    #expect(json.contains(#"{"name":"seed","values":[0,1,2,3,4]}"#))
  }

  @Test(arguments: [
    (0.2, "1 s"), (40, "40 s"), (99, "99 s"), (120, "2 min"), (7200, "2 h"), (9000, "2.5 h"),
    (100_000, "28 h"), (200_000, "2.3 days"), (1e300, "11574074 days"),
  ])
  func `an estimate is said as a person says it`(seconds: Double, text: String) throws {
    #expect(
      try plan(estimate: .seconds(min(seconds, 1e17))).text
        .hasSuffix("about \(text) with 2 trainers"))
  }
}

@Suite struct ExperimentDescriptionTests {
  @Test(arguments: Catalogue.experiments.map(\.name))
  func `a description names every parameter and fits the terminal`(experiment: String) throws {
    let text = try ExperimentDescription(named: experiment).text
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count <= 100 })
    for parameter in try #require(Catalogue.experiment(named: experiment)).parameters {
      #expect(lines.contains("  \(parameter.name)" + (parameter.unit.map { " [\($0)]" } ?? "")))
    }
  }

  @Test func `a parameter has its meaning, range, default and source`() throws {
    let text = try ExperimentDescription(named: "polynomial-regression").text
    #expect(
      text.contains(
        """
          alpha
              output scale α: how lazy the network is
              a number above 0; default 1 (eq. 3)
        """))
    #expect(text.contains("a whole number from 1 to 4096; default 100 (Fig. 3e)"))
    #expect(text.contains("  stops     after 110,000 steps"))
    #expect(text.contains("the path of a file; none by default (ours)"))
  }

  @Test func `an unknown experiment is refused with the nearest one`() {
    let error = #expect(throws: ParameterError.self) {
      try ExperimentDescription(named: "polynomial-regresion")
    }
    #expect(
      error?.description == "experiment: expected the name of an experiment, found "
        + "\"polynomial-regresion\"; did you mean \"polynomial-regression\"?")
  }

  @Test func `the list leaves out hidden experiments`() {
    #expect(ExperimentDescription.listText.contains("  polynomial-regression  A wide network"))
    #expect(!ExperimentDescription.listText.contains("noop"))
  }

  @Test func `a description survives JSON`() throws {
    let description = try ExperimentDescription(named: "polynomial-regression")
    let data = try JSONEncoder().encode(description)
    #expect(try JSONDecoder().decode(ExperimentDescription.self, from: data) == description)
  }
}

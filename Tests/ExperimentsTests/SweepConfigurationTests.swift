import Experiments
import OrderedCollections
import Testing

@Suite struct SweepConfigurationTests {
  @Test func `a grid makes the configurations of its sweep`() throws {
    let sweep = Sweep(
      name: "s", experiment: "noop", parameters: ["steps": 7],
      axes: ["x": [1, 2.5, 3], "seed": [1, 0]],
      request: Request(maxSteps: 7, thresholds: Thresholds()),
      grokked: GrokkedRule(measure: .loss, train: 0.1, test: 0.1),
      map: MapDefinition(x: "x", y: "seed"))
    let grid = try SweepGrid(sweep)
    #expect(grid.count == 6)
    for position in 0..<6 {
      #expect(try grid.configuration(at: position) == sweep.configuration(at: position))
      #expect(grid.value(of: "x", at: position) == sweep.point(at: position)["x"])
    }
    #expect(grid.value(of: "steps", at: 0) == nil)
    var wrong = sweep
    wrong.parameters["steps"] = -1
    #expect(throws: ParameterError.self) { try SweepGrid(wrong) }
  }
}

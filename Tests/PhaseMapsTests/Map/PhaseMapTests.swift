import Experiments
import OrderedCollections
import PhaseMaps
import Testing

@Suite struct AxisSliceTests {
  @Test func `a slice has values, ranges or both`() throws {
    let slice = try AxisSlice(parsing: "seed = 0..2, 7")
    #expect(slice.axis == "seed")
    #expect(slice.parts == [.range(0, 2), .value(7)])
    #expect(slice.contains(0) && slice.contains(2) && slice.contains(7))
    #expect(!slice.contains(3) && !slice.contains("x"))
    #expect(slice.description == "seed=0..2,7")
  }

  @Test func `values are compared exactly, however they are written`() throws {
    #expect(try AxisSlice(parsing: "alpha=0.40,8e-1").contains(0.4))
    #expect(try AxisSlice(parsing: "alpha=0.4,0.8").contains(0.8))
    #expect(try AxisSlice(parsing: "epsilon=0.02..0.1").contains(0.1))
    #expect(try AxisSlice(parsing: "optimizer=adamw").contains("adamw"))
    #expect(try AxisSlice(parsing: "centred=true").contains(.flag(true)))
  }

  @Test(arguments: [
    ("alpha", "expected AXIS=VALUES, such as alpha=0.4,0.8 or seed=0..4"),
    ("=3", "the axis has no name before \"=\""),
    ("alpha=", "a value is missing"),
    ("alpha=1,,2", "a value is missing"),
    ("seed=0..", "expected a range such as 0..4, found \"0..\""),
    ("seed=a..b", "expected a range such as 0..4, found \"a..b\""),
    ("seed=4..0", "the range 4..0 runs downwards"),
  ])
  func `a slice that cannot be read says why`(text: String, problem: String) {
    let error = #expect(throws: PhaseMapError.self) { try AxisSlice(parsing: text) }
    #expect(error?.description == "slice \"\(text)\": \(problem)")
  }
}

@Suite struct PhaseMapTests {
  static let runs = SyntheticSweep.alphaEpsilon()

  @Test func `the flagship grid has its axes in order and five runs a cell`() throws {
    let map = try SyntheticSweep.map(Self.runs)
    #expect(map.xValues.count == 14)
    #expect(map.yValues.first == 0.4)
    #expect(map.yValues.last == 5.6)
    #expect(map.cells.count == 14)
    #expect(map.cells[13][0].y == 5.6)
    #expect(map.cells[13][0].x == 0.02)
    #expect(map.cells.joined().allSatisfy { $0.counts.total == 5 })
    #expect(map.aggregatedAxes == ["seed"])
    #expect(map.aggregationNote == nil)
    #expect(map.counts.finished == 980)
  }

  @Test func `a cell shows its median, or that it is not reached, and never zero for never`() throws
  {
    let map = try SyntheticSweep.map(Self.runs)
    let first = map.cells[0][0]
    let delays = first.outcomes.compactMap(\.time).sorted()
    #expect(first.value(.timeToGrok) == .number(Double(delays[2])))
    let last = map.cells[13][13]
    #expect(last.value(.timeToGrok) == .notReached(bound: nil))
    #expect(last.value(.shareGrokked) == .number(0))
    #expect(last.counts.converged == 5)
  }

  @Test func `slices choose seeds and cells`() throws {
    let map = try SyntheticSweep.map(
      Self.runs,
      slices: [AxisSlice(parsing: "seed=0..2"), AxisSlice(parsing: "alpha=0.4,2.4")])
    #expect(map.yValues == [0.4, 2.4])
    #expect(map.cells.joined().allSatisfy { $0.counts.total == 3 })
    #expect(map.otherAxes == ["seed": [0, 1, 2]])
  }

  @Test func `axes that are not sliced are aggregated over, and the map says so`() throws {
    let map = try SyntheticSweep.map(
      Self.runs, MapDefinition(x: "epsilon", y: "seed"), slices: [])
    #expect(map.aggregatedAxes == ["alpha"])
    #expect(
      map.aggregationNote
        == "every cell mixes runs over alpha (14 values); --where alpha=… chooses")
    #expect(map.cells[0][0].counts.total == 14)
  }

  @Test(arguments: [
    ("epsilom", "alpha", "map x: there is no axis \"epsilom\"; did you mean \"epsilon\"?"),
    (
      "epsilon", "learning_rate",
      "map y: there is no axis \"learning_rate\"; known are alpha, epsilon, seed"
    ),
    ("alpha", "alpha", "a map needs two different axes, both are \"alpha\""),
  ])
  func `a wrong axis is refused with the nearest`(x: String, y: String, message: String) {
    let error = #expect(throws: PhaseMapError.self) {
      try SyntheticSweep.map(Self.runs, MapDefinition(x: x, y: y))
    }
    #expect(error?.description == message)
  }

  @Test(arguments: [
    ("seed=7..9", "7..9"), ("seed=1,99", "99"), ("seed=0..2,7..9", "7..9"), ("seed=x", "x"),
  ])
  func `a value or a range that is not on the axis is refused with the axis's values`(
    slice: String, part: String
  ) {
    let error = #expect(throws: PhaseMapError.self) {
      try PhaseMap.filtered(Self.runs, by: [AxisSlice(parsing: slice)])
    }
    #expect(
      error?.description
        == "slice \"\(slice)\": no run has \(part); the values are 0, 1, 2, 3, 4")
  }

  @Test func `slices that exclude each other are named together`() throws {
    let points: [OrderedDictionary<String, ParameterValue>] = [
      ["x": 0, "y": 0], ["x": 1, "y": 2], ["x": 2, "y": 4],
    ]
    let runs = points.map { RunResult(point: $0, summary: nil) }
    let slices = try ["x=1", "y=4"].map { try AxisSlice(parsing: $0) }
    let error = #expect(throws: PhaseMapError.self) { try PhaseMap.filtered(runs, by: slices) }
    #expect(error?.description == "slice \"y=4\": no run is in it and in slice \"x=1\" alike")
  }

  @Test func `an axis is sliced once`() throws {
    let twice = try ["seed=0", "seed=1"].map { try AxisSlice(parsing: $0) }
    let error = #expect(throws: PhaseMapError.self) {
      try PhaseMap.filtered(Self.runs, by: twice)
    }
    #expect(
      error?.description
        == "slice \"seed=1\": seed is sliced already; join the values with commas")
  }

  @Test func `a slice of an unknown axis or without runs is refused`() throws {
    let unknown = #expect(throws: PhaseMapError.self) {
      try SyntheticSweep.map(Self.runs, slices: [AxisSlice(parsing: "sead=0")])
    }
    #expect(
      unknown?.description
        == "slice \"sead=0\": there is no axis \"sead\"; did you mean \"seed\"?")
    #expect(throws: PhaseMapError.noRuns) { try SyntheticSweep.map([]) }
  }

  @Test func `a threshold that was not recorded is refused`() {
    #expect(throws: PhaseMapError.thresholdNotRecorded(.trainLoss, 0.05, recorded: [0.1, 0.2])) {
      try PhaseMap(
        runs: Self.runs, definition: SyntheticSweep.definition, request: SyntheticSweep.request,
        rule: GrokkedRule(measure: .loss, train: 0.05, test: 0.1))
    }
  }

  @Test func `cells without finished runs are missing, without fitted ones never fitted`() throws {
    let point: OrderedDictionary<String, ParameterValue> = ["x": 1, "y": 1, "seed": 0]
    func value(_ summary: RunSummary?) throws -> MapCell.Value {
      try SyntheticSweep.map(
        [RunResult(point: point, summary: summary)], MapDefinition(x: "x", y: "y")
      ).cells[0][0].value(.timeToGrok)
    }
    #expect(try value(nil) == .missing)
    #expect(
      try value(SyntheticSweep.run(train: nil, test: nil, steps: 9, stopped: .converged))
        == .neverFitted)
    #expect(
      try value(SyntheticSweep.run(train: 10_000, test: nil, steps: 110_000, stopped: .stepLimit))
        == .notReached(bound: 100_000))
  }

  @Test func `a diverged run counts as an infinite final loss`() throws {
    let point: OrderedDictionary<String, ParameterValue> = ["x": 1, "y": 1, "seed": 0]
    let diverged = SyntheticSweep.run(
      train: 5, test: nil, steps: 9, stopped: .diverged, finalTestLoss: nil)
    let map = try SyntheticSweep.map(
      [RunResult(point: point, summary: diverged)], MapDefinition(x: "x", y: "y"))
    #expect(map.cells[0][0].value(.finalTestLoss) == .diverged)
  }

  @Test
  func `a final loss is that where the sweep ends the run, wherever the stored run has ended`()
    throws
  {
    let point: OrderedDictionary<String, ParameterValue> = ["x": 1, "y": 1, "seed": 0]
    let summary = SyntheticSweep.run(
      train: 5, test: 9, steps: 500_000, stopped: .stepLimit, finalTestLoss: 0.001)
    let result = RunResult(point: point, summary: summary, final: Measurement(testLoss: 0.02))
    let map = try SyntheticSweep.map([result], MapDefinition(x: "x", y: "y"))
    #expect(map.cells[0][0].value(.finalTestLoss) == .number(0.02))
  }

  /// The synthetic map with a falling σ linked with α, without its upper right corner and one seed of a row.
  static func linked(_ runs: [RunResult] = SyntheticSweep.alphaEpsilon(side: 4)) -> [RunResult] {
    runs.compactMap { run in
      var run = run
      guard let alpha = run.point["alpha"]?.number else { return nil }
      let isCorner = alpha == 1.6 && run.point["epsilon"] == 0.08
      if isCorner || alpha == 0.4 && run.point["seed"] == 4 { return nil }
      run.point["sigma"] = alpha == 0.4 ? 8 : alpha == 0.8 ? 4 : alpha == 1.2 ? 2 : 1
      return run
    }
  }

  @Test func `an axis that is linked with one of the map is not aggregated over`() throws {
    let map = try SyntheticSweep.map(Self.linked())
    #expect(map.aggregatedAxes == ["seed"])
    #expect(map.aggregationNote == nil)
    #expect(map.spreads["sigma"]?.spread == .follows("alpha", values: [8, 4, 2, 1]))
    #expect(map.spreads["seed"]?.valuesPerCell == 4...5)
    let across = try SyntheticSweep.map(Self.linked(), MapDefinition(x: "sigma", y: "epsilon"))
    #expect(across.aggregatedAxes == ["seed"])
    #expect(
      across.spreads["alpha"]?.spread == .follows("sigma", values: [1.6, 1.2, 0.8, 0.4]))
    let mixed = try SyntheticSweep.map(Self.linked(), MapDefinition(x: "epsilon", y: "seed"))
    #expect(mixed.aggregatedAxes == ["alpha", "sigma"])
  }

  @Test func `a cell whose runs are all left out is no cell that failed or waits`() throws {
    let map = try SyntheticSweep.map(Self.linked())
    #expect(map.cells[3][3].value(.timeToGrok) == .leftOut)
    #expect(map.cells[3][3].value(.finalTestLoss) == .leftOut)
    #expect(map.cells[3][3].counts == OutcomeCounts())
    #expect(map.counts.missing == 0)
    #expect(map.counts.total == 71)
    let unfinished = Self.linked(SyntheticSweep.alphaEpsilon(side: 4, finished: 0))
    #expect(try SyntheticSweep.map(unfinished).cells[3][2].value(.timeToGrok) == .missing)
  }

  @Test func `the delay rises with alpha and falls with epsilon in the synthetic map`() throws {
    let map = try SyntheticSweep.map(Self.runs)
    let column = map.cells.compactMap { $0[0].delay.value }.map(Double.init)
    let rising = try #require(
      RankCorrelation.spearman(column.indices.map(Double.init), column))
    #expect(rising >= 0.9)
    let row = map.cells[0].compactMap { $0.delay.value }.map(Double.init)
    let falling = try #require(RankCorrelation.spearman(row.indices.map(Double.init), row))
    #expect(falling <= -0.9)
  }
}

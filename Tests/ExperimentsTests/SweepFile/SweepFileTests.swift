import Experiments
import OrderedCollections
import Testing

@Suite struct SweepFileTests {
  static let alphaEpsilon = """
    name: alpha-epsilon
    experiment: polynomial-regression
    parameters: {input_dimension: 100, hidden_units: 500, train_examples: 550}
    axes:
      alpha:   {from: 0.4, to: 5.6, step: 0.4}
      epsilon: {from: 0.02, to: 0.28, step: 0.02}
      seed:    {from: 0, to: 4}
    until: {max_steps: 110000, converged: true}
    grokked: {measure: loss, train_below: 0.1, test_below: 0.1}
    map: {x: epsilon, y: alpha, value: time_to_grok}
    """

  /// A sweep of noop, whose axes take any number.
  static func noop(_ axes: String, _ rest: String = "") throws -> Sweep {
    try SweepFile.read(yaml: "experiment: noop\naxes: {\(axes)}\n\(rest)", file: "dir/a.yaml")
  }

  static func x(_ axis: String) throws -> [ParameterValue]? {
    try noop("x: \(axis), y: [0]").axes["x"]
  }

  @Test func `the paper's grid is 14 by 14 by 5 exact decimals`() throws {
    let sweep = try SweepFile.read(yaml: Self.alphaEpsilon, file: "sweeps/alpha-epsilon.yaml")
    #expect(sweep.name == "alpha-epsilon")
    #expect(Array(sweep.axes.keys) == ["alpha", "epsilon", "seed"])
    #expect(sweep.axes["alpha"]?.last == 5.6)
    #expect(sweep.axes["epsilon"]?[6] == 0.14)
    #expect(sweep.axes["seed"] == [0, 1, 2, 3, 4])
    #expect(sweep.runCount == 980)
    #expect(sweep.request.maxSteps == 110_000)
    #expect(sweep.request.stopsWhenConverged)
    #expect(sweep.request.criterion == nil)
    #expect(sweep.grokked == GrokkedRule(measure: .loss, train: 0.1, test: 0.1))
    #expect(sweep.map == MapDefinition(x: "epsilon", y: "alpha"))
    #expect(sweep.point(at: 979) == ["alpha": 5.6, "epsilon": 0.28, "seed": 4])
  }

  @Test func `what a file leaves out is the experiment's default`() throws {
    let sweep = try Self.noop("x: [1], seed: [0], y: [2]")
    #expect(sweep.name == "a")
    #expect(sweep.request.maxSteps == 1_000_000_000)
    #expect(sweep.request.stopsWhenConverged)
    #expect(sweep.request.thresholds == Thresholds(loss: [0.1, 0.5]))
    #expect(sweep.grokked == GrokkedRule(measure: .loss, train: 0.1, test: 0.1))
    #expect(sweep.map == MapDefinition(x: "y", y: "x"))
    #expect(sweep.priority == 0)
  }

  @Test func `thresholds of the grokked rule are recorded beside the experiment's`() throws {
    let sweep = try Self.noop(
      "x: [1], y: [2]", "grokked: {train_below: 0.3, test_below: 0.2}\nuntil: {grokked: true}")
    #expect(sweep.request.thresholds == Thresholds(loss: [0.1, 0.2, 0.3, 0.5]))
    #expect(sweep.request.criterion == GrokkedRule(measure: .loss, train: 0.3, test: 0.2))
  }

  @Test func `a map may name one axis and get another beside it`() throws {
    #expect(try Self.noop("x: [1], y: [2]", "map: {x: x}").map == MapDefinition(x: "x", y: "y"))
    #expect(try Self.noop("x: [1], y: [2]", "map: {y: y}").map == MapDefinition(x: "x", y: "y"))
    #expect(
      try Self.noop("x: [1], seed: [2]", "map: {value: share_grokked}").map
        == MapDefinition(x: "seed", y: "x", value: .shareGrokked))
  }

  @Test(arguments: [
    ("[3, 1, 2.5e-1]", [3, 1, 0.25] as [ParameterValue]),
    ("{from: 1, to: 0, step: -0.5}", [1, 0.5, 0]),
    ("{from: 2, to: 2, step: 1}", [2]),
    ("{from: 1e20, to: 3e20, step: 1e20}", [1e20, 2e20, 3e20]),
    ("{from: 0.1, to: 0.3, count: 3}", [0.1, 0.2, 0.3]),
    ("{from: 0, to: 1, count: 4}", [0, 0.333333, 0.666667, 1]),
    ("{from: 1e-3, to: 10, count: 5, scale: log}", [0.001, 0.01, 0.1, 1, 10]),
    ("{from: 1, to: 10, count: 3, scale: log}", [1, 3.16228, 10]),
    ("{from: -1, to: 1, count: 3, scale: linear}", [-1, 0, 1]),
  ])
  func `every form of an axis gives its values`(axis: String, values: [ParameterValue]) throws {
    #expect(try Self.x(axis) == values)
  }

  @Test func `a whole-number axis on a log scale has whole numbers`() throws {
    let sweep = try SweepFile.read(
      yaml: """
        experiment: polynomial-regression
        axes:
          train_examples: {from: 10, to: 1000, count: 4, scale: log}
          seed: [0]
        """, file: "a.yml")
    #expect(sweep.axes["train_examples"] == [10, 46, 215, 1000])
  }

  @Test func `an axis that has an effect at some points only is one`() throws {
    let sweep = try SweepFile.read(
      yaml: """
        experiment: polynomial-regression
        axes: {test_loss: [population, sample], test_examples: [10, 20]}
        """, file: "a.yaml")
    #expect(sweep.runCount == 4)
  }

  @Test(arguments: [
    ("", GrokkedRule(measure: .accuracy, train: 0.99, test: 0.95)),
    ("grokked: {test_at_least: 0.9}", GrokkedRule(measure: .accuracy, train: 0.99, test: 0.9)),
    ("grokked: {measure: accuracy}", GrokkedRule(measure: .accuracy, train: 0.99, test: 0.95)),
    (
      "grokked: {measure: loss, test_below: 0.02}",
      GrokkedRule(measure: .loss, train: 0.1, test: 0.02)
    ),
  ])
  func `what counts as grokked is the experiment's own rule where the file is silent`(
    line: String, rule: GrokkedRule
  ) throws {
    let sweep = try SweepFile.read(
      yaml: "experiment: modular-mlp\naxes: {alpha: [1], seed: [0]}\n\(line)\n", file: "a.yaml")
    #expect(sweep.grokked == rule)
    #expect(!sweep.request.stopsWhenConverged)
  }

  @Test func `anchors and aliases share values`() throws {
    let sweep = try Self.noop("x: &values [1, 2], y: *values ")
    #expect(sweep.axes["y"] == [1, 2])
    #expect(try Self.noop("&across y: [1], x: [2]", "map: {x: *across }").map.x == "y")
  }

  @Test func `a byte order mark and Windows line ends do no harm`() throws {
    let text = "\u{FEFF}experiment: noop\r\naxes:\r\n  x: [1]\r\n  y: [2]\r\n"
    #expect(try SweepFile.read(bytes: Array(text.utf8), file: "a.yaml").runCount == 1)
  }

  @Test func `a number as a name is text`() throws {
    #expect(try Self.noop("x: [1], y: [2]", "name: 2026").name == "2026")
  }

  @Test func `exactly ten million runs are allowed`() throws {
    let sweep = try Self.noop("x: {from: 1, to: 100000, step: 1}, y: {from: 1, to: 100, step: 1}")
    #expect(sweep.runCount == SweepFile.runsMax)
  }

  @Test(arguments: [
    ([UInt8](), "a.yaml: expected a sweep with experiment and axes, found an empty file"),
    (
      [0x61, 0x0A, 0x62, 0xFF, 0x0A], "a.yaml:2: expected text in UTF-8, found bytes that are none"
    ),
    ([0xC3], "a.yaml:1: expected text in UTF-8, found bytes that are none"),
    ([0x61, 0x0A, 0xEF, 0xBF], "a.yaml:2: expected text in UTF-8, found bytes that are none"),
    ([0xFF, 0xFE, 0x61, 0x00], "a.yaml: expected text in UTF-8, found UTF-16"),
  ])
  func `bytes that are no text are refused`(bytes: [UInt8], message: String) {
    let error = #expect(throws: SweepFileError.self) {
      try SweepFile.read(bytes: bytes, file: "a.yaml")
    }
    #expect(error?.description == message)
  }

  @Test(arguments: [
    (SweepFile.AccessProblem.missing, "b: expected a sweep file, found nothing there"),
    (.directory, "b: expected a sweep file, found a directory; name the files in it"),
    (
      .unreadable(reason: "Permission denied"),
      "b: expected a file that can be read, but the system says: Permission denied"
    ),
  ])
  func `a file that cannot be had is named`(problem: SweepFile.AccessProblem, message: String) {
    #expect(SweepFile.error(problem, file: "b").description == message)
  }

  @Test func `a file whose name cannot name a sweep needs the key name`() {
    let error = #expect(throws: SweepFileError.self) {
      try SweepFile.read(yaml: "experiment: noop\naxes: {x: [1], y: [1]}", file: "my sweep.yaml")
    }
    #expect(
      error?.description
        == "my sweep.yaml: name: expected a name of letters, digits, -, _ and . that starts with a "
        + "letter or digit, found \"my sweep\", the name of the file; write another after the key "
        + "name")
  }
}

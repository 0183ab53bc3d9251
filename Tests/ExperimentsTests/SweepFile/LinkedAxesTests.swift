import Experiments
import OrderedCollections
import Testing

@Suite struct LinkedAxesTests {
  static let file = """
    experiment: polynomial-regression
    axes:
      epsilon: [0.1, 0.2]
      seed: {from: 0, to: 2}
    together:
      input_dimension: [20, 30, 40]
      alpha: {from: 0.5, to: 1.5, step: 0.5}
    """

  static func sweep(_ overrides: String..., more: String = "") throws -> Sweep {
    try SweepFile.read(
      yaml: file + "\n" + more, file: "a.yaml",
      overrides: try overrides.map { try SweepOverride($0) })
  }

  @Test func `linked parameters move as one, slower than every other axis`() throws {
    let sweep = try Self.sweep()
    #expect(sweep.together == ["input_dimension": [20, 30, 40], "alpha": [0.5, 1, 1.5]])
    #expect(Array(sweep.axes.keys) == ["epsilon", "seed"])
    #expect(sweep.runCount == 18)
    #expect(
      sweep.point(at: 7)
        == ["input_dimension": 30, "alpha": 1, "epsilon": 0.1, "seed": 1])
    let configuration = try sweep.configuration(at: 17)
    #expect(configuration.parameters["input_dimension"] == 40)
    #expect(configuration.parameters["alpha"] == 1.5)
  }

  @Test func `one of the linked values may repeat itself, as long as no combination does`() throws {
    let sweep = try SweepFile.read(
      yaml: "experiment: noop\naxes: {seed: [0]}\ntogether: {x: [1, 1, 2], y: [1, 2, 2]}\n",
      file: "a.yaml")
    #expect(sweep.runCount == 3)
    #expect(sweep.map == MapDefinition(x: "seed", y: "x"))
  }

  @Test(arguments: [
    ("x: [1, 2, 3], y: [5, 5, 6]", "x"), ("x: [5, 5, 6], y: [1, 2, 3]", "y"),
  ])
  func `a map stands on the linked parameter that tells the places apart`(
    together: String, name: String
  ) throws {
    let sweep = try SweepFile.read(
      yaml: "experiment: noop\naxes: {seed: [0], steps: [3]}\ntogether: {\(together)}\n",
      file: "a.yaml")
    #expect(sweep.map == MapDefinition(x: "steps", y: name))
  }

  @Test func `a map may name any of the linked parameters`() throws {
    #expect(try Self.sweep().map == MapDefinition(x: "epsilon", y: "alpha"))
    #expect(
      try Self.sweep(more: "map: {x: input_dimension}").map
        == MapDefinition(x: "input_dimension", y: "epsilon"))
    #expect(
      try Self.sweep(more: "map: {y: input_dimension}").map
        == MapDefinition(x: "epsilon", y: "input_dimension"))
    let sweep = try Self.sweep()
    #expect(sweep.areLinked("alpha", "input_dimension"))
    #expect(!sweep.areLinked("alpha", "epsilon") && !sweep.areLinked("alpha", "alpha"))
  }

  @Test func `alpha and epsilon that are linked are not the two sides of a map`() throws {
    let sweep = try SweepFile.read(
      yaml: """
        experiment: polynomial-regression
        axes: {seed: [0, 1]}
        together: {epsilon: [0.1, 0.2], alpha: [1, 2]}
        """, file: "a.yaml")
    #expect(sweep.map == MapDefinition(x: "seed", y: "epsilon"))
  }

  @Test func `of linked numbers one that has an effect is enough`() throws {
    let sweep = try SweepFile.read(
      yaml: """
        experiment: polynomial-regression
        axes: {test_loss: [population, sample]}
        together: {test_examples: [10, 20], seed: [0, 1]}
        """, file: "a.yaml")
    #expect(sweep.runCount == 4)
  }

  @Test func `words may be linked with numbers`() throws {
    let sweep = try SweepFile.read(
      yaml: """
        experiment: polynomial-regression
        axes: {test_examples: [10, 20]}
        together: {test_loss: [population, sample], alpha: [1, 2]}
        """, file: "a.yaml")
    #expect(sweep.runCount == 4)
  }

  @Test(arguments: [
    ["alpha=1,0.5"], ["together.alpha=0.5,1"], ["input_dimension=20,30"],
    ["input_dimension=0..30"], ["alpha=0..1"],
  ])
  func `an override keeps the combinations with its values, in the order of the file`(
    overrides: [String]
  ) throws {
    let sweep = try SweepFile.read(
      yaml: Self.file, file: "a.yaml", overrides: try overrides.map { try SweepOverride($0) })
    #expect(sweep.together == ["input_dimension": [20, 30], "alpha": [0.5, 1]])
    #expect(sweep.parameters.isEmpty)
  }

  @Test func `overrides of linked parameters hold together, a later one of the same in its stead`()
    throws
  {
    let sweep = try Self.sweep("input_dimension=30..40", "alpha=0.5,1", more: "")
    #expect(sweep.together == ["input_dimension": [30], "alpha": [1]])
    #expect(try Self.sweep("alpha=0.5", "alpha=1.5").together["input_dimension"] == [40])
  }

  @Test(arguments: [
    (
      "alpha=3",
      "together.alpha[0]: expected a value that alpha has in the file, found 3; these are 0.5, 1, 1.5"
    ),
    ("alpha=0.5,high", "together.alpha[1]: expected a number above 0, found \"high\""),
    (
      "together.alhpa=1",
      "together.alhpa: expected a linked parameter, found \"alhpa\"; did you mean \"alpha\"?"
    ),
    (
      "together=1",
      "expected a parameter or a place such as until.max_steps, found together, which is changed in "
        + "the file"
    ),
    (
      "except=1",
      "expected a parameter or a place such as until.max_steps, found except, which is changed in "
        + "the file"
    ),
    (
      "parameters.alpha=1",
      "parameters.alpha: expected alpha among the parameters or in together, found it in both"
    ),
    (
      "input_dimension=1..9",
      "together.input_dimension: expected a value that input_dimension has in the file, found none "
        + "from 1 to 9; these are 20, 30, 40"
    ),
  ])
  func `a wrong override of a linked parameter is one sentence`(
    override: String, message: String
  ) {
    let error = #expect(throws: SweepFileError.self) { try Self.sweep(override) }
    #expect(error?.description == "--set \(override): \(message)")
  }

  @Test func `overrides that leave nothing of the linked parameters are refused`() {
    let error = #expect(throws: SweepFileError.self) {
      try Self.sweep("input_dimension=20", "alpha=1")
    }
    #expect(
      error?.description
        == "--set alpha=1: together.alpha: expected values that occur together, but no run is left: "
        + "input_dimension and alpha are linked")
  }

  @Test func `an axis of the override's own that is linked already is refused where it is linked`()
  {
    let error = #expect(throws: SweepFileError.self) { try Self.sweep("axes.alpha=1,2") }
    #expect(
      error?.description
        == "a.yaml:7:3: together.alpha: expected alpha among the axes or in together, found it in both"
    )
  }

  @Test func `without linked parameters there is none to narrow`() throws {
    let error = #expect(throws: SweepFileError.self) {
      try SweepFile.read(
        yaml: SweepOverrideTests.file, file: "a.yaml",
        overrides: [try SweepOverride("together.alpha=1")])
    }
    #expect(
      error?.description == "--set together.alpha=1: together.alpha: expected a linked parameter, "
        + "found \"alpha\"; the sweep links none")
  }
}

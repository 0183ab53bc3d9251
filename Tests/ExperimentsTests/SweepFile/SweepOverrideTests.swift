import Experiments
import OrderedCollections
import Testing

@Suite struct SweepOverrideTests {
  static let file = """
    experiment: polynomial-regression
    parameters: {train_examples: 550}
    axes:
      alpha: {from: 0.4, to: 5.6, step: 0.4}
      epsilon: [0.1, 0.2]
      seed: {from: 0, to: 4}
    """

  static func sweep(_ overrides: String...) throws -> Sweep {
    try SweepFile.read(
      yaml: file, file: "a.yaml", overrides: try overrides.map { try SweepOverride($0) })
  }

  @Test func `several values replace an axis in its place`() throws {
    let sweep = try Self.sweep("alpha=0.4, 0.8")
    #expect(sweep.axes["alpha"] == [0.4, 0.8])
    #expect(Array(sweep.axes.keys) == ["alpha", "epsilon", "seed"])
  }

  @Test func `one value narrows an axis, which stays one`() throws {
    #expect(try Self.sweep("epsilon=0.3").axes["epsilon"] == [0.3])
    #expect(try Self.sweep("epsilon=[0.3]").axes["epsilon"] == [0.3])
  }

  @Test func `a range of whole numbers includes both ends`() throws {
    #expect(try Self.sweep("seed=2..4").axes["seed"] == [2, 3, 4])
    #expect(try Self.sweep("alpha=1..2", "alpha=3,4").axes["alpha"] == [3, 4])
  }

  @Test func `a range goes in steps of 1, also where a parameter takes fractions`() throws {
    #expect(try Self.sweep("alpha=1..4").axes["alpha"] == [1, 2, 3, 4])
    #expect(try Self.sweep("axes.epsilon=2..2").axes["epsilon"] == [2])
  }

  @Test func `a parameter that is no axis is fixed`() throws {
    let sweep = try Self.sweep("input_dimension=40", "train_examples=220", "engine=direct")
    #expect(
      sweep.parameters == ["train_examples": 220, "input_dimension": 40, "engine": "direct"])
  }

  @Test func `several values make a fixed parameter an axis`() throws {
    let sweep = try Self.sweep("train_examples=100,200")
    #expect(sweep.parameters.isEmpty)
    #expect(sweep.axes["train_examples"] == [100, 200])
  }

  @Test func `places of the file are set by their path`() throws {
    let sweep = try Self.sweep(
      "until.max_steps=2000", "until.grokked=true", "grokked.test_below=0.2", "name=b",
      "priority=3", "map.value=final_test_loss", "axes.precision=float64")
    #expect(sweep.request.maxSteps == 2000)
    #expect(sweep.request.criterion?.test == 0.2)
    #expect(sweep.name == "b")
    #expect(sweep.priority == 3)
    #expect(sweep.map.value == .finalTestLoss)
    #expect(sweep.axes["precision"] == ["float64"])
  }

  @Test(arguments: [
    ("alpha", "expected name=value, name=value,value or name=0..4, found no equals sign"),
    (
      "=3",
      "expected name=value, name=value,value or name=0..4, found no name before the equals sign"
    ),
    ("alpha=", "expected a value after the equals sign, found nothing"),
    ("alpha=1,,2", "expected a value on both sides of every comma"),
    ("alpha=0.4..5.6", "expected whole numbers on both sides of .., found 0.4..5.6"),
    ("a.b.c=1", "expected a parameter or a place such as until.max_steps, found a.b.c"),
    (
      "untill.max_steps=1",
      "expected one of the sections parameters, axes, together, until, grokked, map, found \"untill\"; "
        + "did you mean \"until\"?"
    ),
    ("until.max_steps=1,2", "until.max_steps: expected one value, found several"),
    ("alpha=high", "axes.alpha[0]: expected a number above 0, found \"high\""),
    ("alpha=0.4,-1", "axes.alpha[1]: expected a number above 0, found -1"),
    ("alpha=1,1.0", "axes.alpha[1]: expected every value once, found 1 again (first at [0])"),
    (
      "alhpa=1",
      "parameters.alhpa: expected a parameter of polynomial-regression, found \"alhpa\"; "
        + "did you mean \"alpha\"?"
    ),
    (
      "seed=0..99999999",
      "axes.seed: expected at most 10,000,000 runs on all axes together, found 2,800,000,000"
    ),
    ("seed=4..0", "expected a range that runs upwards, found 4..0"),
    (
      "parameters.alpha=1",
      "parameters.alpha: expected alpha among the parameters or among the axes, found it in both"
    ),
    (
      "name=a,b",
      "name: expected a name of letters, digits, -, _ and . that starts with a letter or digit, "
        + "found \"a,b\""
    ),
    ("until.converged=yes", "until.converged: expected true or false, found \"yes\""),
  ])
  func `a wrong override is refused with one sentence`(override: String, message: String) {
    let error = #expect(throws: SweepFileError.self) { try Self.sweep(override) }
    #expect(error?.description == "--set \(override): \(message)")
  }
}

import Experiments
import Testing

/// Every way to get a sweep file wrong, with the exact sentence that says so.
@Suite struct WrongSweepFileTests {
  /// A text that is wrong, and what is said of it after the file's name.
  struct Case: Sendable, CustomTestStringConvertible {
    let yaml: String
    let message: String
    var testDescription: String { message }

    init(_ yaml: String, _ message: String) {
      self.yaml = yaml
      self.message = message
    }

    /// A file with one axis, and a fourth line.
    static func line(_ line: String, _ message: String) -> Case {
      Case("experiment: noop\naxes:\n  y: [1, 2]\n\(line)\n", message)
    }

    /// A complete file but for the fourth line.
    static func section(_ line: String, _ message: String) -> Case {
      Case("experiment: noop\naxes:\n  {y: [1, 2], seed: [0]}\n\(line)\n", message)
    }

    /// A complete file but for one axis, x, in the fourth line.
    static func axis(_ values: String, _ message: String) -> Case {
      .line("  x: \(values)", message)
    }

    /// A complete file of polynomial regression, whose parameters have ranges, but for one axis.
    static func ranged(_ axis: String, _ message: String) -> Case {
      Case(
        "experiment: polynomial-regression\naxes:\n  epsilon: [0.1, 0.2]\n  \(axis)\n", message)
    }
  }

  static func message(_ yaml: String) -> String? {
    do {
      _ = try SweepFile.read(yaml: yaml, file: "sweeps/a.yaml")
      return nil
    } catch {
      return error.description
    }
  }

  /// The results' folder holds the store's files beside a folder a sweep.
  @Test(arguments: [
    "keys", "results.sqlite", "Results.SQLite", "results.sqlite-wal", "results.sqlite.lock",
    "coordinator.json", "COORDINATOR.json", "coordinator.ended", "launch",
  ])
  func `a sweep cannot have the name of one of the store's own files`(name: String) {
    let expected =
      "name: expected a name that nothing beside the store has (results.sqlite…, coordinator.…, keys, launch, "
      + ".workers), found \"\(name)\""
    let axes = "experiment: noop\naxes:\n  {y: [1, 2], seed: [0]}\n"
    #expect(Self.message(axes + "name: \(name)\n") == "sweeps/a.yaml:4:7: \(expected)")
    let error = #expect(throws: SweepFileError.self) {
      try SweepFile.read(yaml: axes, file: "sweeps/\(name).yaml")
    }
    #expect(
      error?.description == "sweeps/\(name).yaml: \(expected), the name of the file; "
        + "write another after the key name")
    #expect(Self.message(axes + "name: my-\(name)\n") == nil)
  }

  @Test(
    arguments: WrongSweepFileTests.syntax + structure + values + spacings + sections + linked
      + leftOut)
  func `a wrong sweep file is refused with one sentence`(wrong: Case) {
    #expect(Self.message(wrong.yaml) == "sweeps/a.yaml" + wrong.message)
  }

  /// What is not YAML, or YAML that no sweep needs.
  static let syntax: [Case] = [
    Case("", ": expected a sweep with experiment and axes, found an empty file"),
    Case(" \n\n", ": expected a sweep with experiment and axes, found an empty file"),
    Case("# nothing\n", ": expected a sweep with experiment and axes, found only comments"),
    .axis("[1, 2", ":5:1: expected , or ] in the list that starts at 4:6"),
    .axis("{from: 1, to: 2", ":5:1: expected , or } in the mapping that starts at 4:6"),
    .axis(
      "\"1",
      ":5:1: expected the closing quote of the text that starts at 4:6, "
        + "found the end of the file"),
    .line("\tx: [1]", ":4:1: expected spaces as the indentation, found a tab"),
    .line(
      "  x: @",
      ":4:6: expected a character that a value can start with, found \"@\"; "
        + "such text needs quotes"),
    .line(
      "name: a: b",
      ":4:8: expected one key and its value on the line, found another colon; "
        + "text with a colon and a space in it needs quotes"),
    .line("name", ":5:1: expected a colon after the key that starts at 4:1"),
    .line(" x: [1]", ":4:2: expected a key at the indentation of the mapping that starts at 1:1"),
    .line(
      "  x: - 1",
      ":4:6: expected a value, found a hyphen; a list with hyphens starts on a line "
        + "of its own"),
    .axis("*values", ":4:6: expected an alias whose anchor stands above it, found an unknown one"),
    .line("---\nname: b", ":4:1: expected one document, found a second one"),
    .line("name: \u{7}", ":4:7: expected printable text, found the control character U+0007"),
    .line("experiment: noop", ":1:1: experiment: expected every key once, found this one twice"),
    .line("  y: [3]", ":3:3: y: expected every key once, found this one twice"),
    .line(
      "  <<: {x: [1]}",
      ":4:3: <<: expected keys that are written out, found a merge key; "
        + "an anchor and an alias can share single values"),
    .line("  [1]: 2", ":4:3: expected a name as the key, found a list or a mapping"),
    .axis("[!!float 1]", ":4:7: expected a value without a tag, found the tag !!float"),
    .axis(
      "[[[[[[[[1]]]]]]]]", ":4:12: expected at most 8 levels of lists and mappings, found more"),
    .axis(
      String(repeating: "[", count: 5000),
      ":4:7: expected at most 8 levels of lists and mappings, found more"),
    Case(
      String(repeating: "#", count: SweepFile.bytesMax + 1),
      ": expected a sweep file of at most 1 MiB, found 1,048,577 bytes"),
  ]

  /// Keys that are unknown, missing or of the wrong kind.
  static let structure: [Case] = [
    Case("- 1\n", ":1:1: expected a mapping with experiment and axes, found a list"),
    Case("hello\n", ":1:1: expected a mapping with experiment and axes, found \"hello\""),
    .section(
      "axis: {}",
      ":4:1: axis: expected one of the keys name, experiment, parameters, axes, "
        + "together, except, until, grokked, map, priority, found \"axis\"; did you mean \"axes\"?"),
    .section(
      "colour: red",
      ":4:1: colour: expected one of the keys name, experiment, parameters, "
        + "axes, together, except, until, grokked, map, priority, found \"colour\""),
    Case(
      "axes: {x: [1], y: [1]}\n",
      ":1:1: expected the key experiment with one of "
        + Catalogue.listed.map(\.name).joined(separator: ", ") + ", found none"),
    Case(
      "experiment: polynomal-regression\n",
      ":1:13: experiment: expected the name of an "
        + "experiment, found \"polynomal-regression\"; did you mean \"polynomial-regression\"?"),
    Case(
      "experiment: [noop]\n",
      ":1:13: experiment: expected the name of an experiment, "
        + "found a list"),
    Case("experiment:\n", ":1:12: experiment: expected the name of an experiment, found nothing"),
    Case("experiment: noop\n", ":1:1: expected the key axes with at least two axes, found none"),
    Case(
      "experiment: noop\naxes: 3\n",
      ":2:7: axes: expected a mapping from parameters to their "
        + "values, found 3"),
    Case(
      "experiment: noop\naxes: {}\n",
      ":2:7: axes: expected at least two axes, found none; "
        + "a list of one value is an axis too, such as seed: [0]"),
    Case(
      "experiment: noop\naxes: {x: [1]}\n",
      ":2:7: axes: expected at least two axes, found one; "
        + "a list of one value is an axis too, such as seed: [0]"),
    .ranged(
      "alhpa: [1]",
      ":4:3: axes.alhpa: expected a parameter of polynomial-regression, "
        + "found \"alhpa\"; did you mean \"alpha\"?"),
    .ranged(
      "data: [a, b]",
      ":4:3: axes.data: expected a parameter with numbers or words, "
        + "data is a file"),
    .section(
      "parameters: [1]",
      ":4:13: parameters: expected a mapping from parameters to values, "
        + "found a list"),
    .section(
      "parameters: {z: 1}",
      ":4:14: parameters.z: expected a parameter of noop, found \"z\"; "
        + "known are x, y, seed, steps, step_milliseconds, behaviour"),
    .section(
      "parameters: {y: 1}",
      ":4:14: parameters.y: expected y among the parameters or among the "
        + "axes, found it in both"),
    .section(
      "name: a b",
      ":4:7: name: expected a name of letters, digits, -, _ and . that starts "
        + "with a letter or digit, found \"a b\""),
    .section(
      "name: ../up",
      ":4:7: name: expected a name of letters, digits, -, _ and . that starts "
        + "with a letter or digit, found \"../up\""),
  ]

  /// Values of the wrong type, out of range or given twice.
  static let values: [Case] = [
    .axis("[1, 2, high]", ":4:13: axes.x[2]: expected a number, found \"high\""),
    .axis(
      "[1, \"2\"]",
      ":4:10: axes.x[1]: expected a number, found the quoted text \"2\"; "
        + "write it without quotes"),
    .axis(
      "[!!str 2]",
      ":4:7: axes.x[0]: expected a number, found the quoted text \"2\"; "
        + "write it without quotes"),
    .axis("[yes]", ":4:7: axes.x[0]: expected a number, found \"yes\""),
    .axis("[1, ~]", ":4:10: axes.x[1]: expected a number, found nothing"),
    .axis("[.inf]", ":4:7: axes.x[0]: expected a number, found \".inf\""),
    .axis("[.nan]", ":4:7: axes.x[0]: expected a number, found \".nan\""),
    .axis("[0x10]", ":4:7: axes.x[0]: expected a number, found \"0x10\""),
    .axis("[1_000]", ":4:7: axes.x[0]: expected a number, found \"1_000\""),
    .axis("[010]", ":4:7: axes.x[0]: expected a number, found 010; write it without leading zeros"),
    .axis("[2026-01-01]", ":4:7: axes.x[0]: expected a number, found \"2026-01-01\""),
    .axis(
      "[0.1234567890123456789]",
      ":4:7: axes.x[0]: expected a number of at most 18 digits "
        + "from 1e-100 to below 1e100, found 0.1234567890123456789"),
    .axis(
      "[1e500]",
      ":4:7: axes.x[0]: expected a number of at most 18 digits from 1e-100 to "
        + "below 1e100, found 1e500"),
    .axis("[[1]]", ":4:7: axes.x[0]: expected a number, found a list"),
    .axis("[]", ":4:6: axes.x: expected at least one value, found an empty list"),
    .axis(
      "[1, 1.0]",
      ":4:10: axes.x[1]: expected every value once, found 1 again "
        + "(first at [0])"),
    .axis(
      "3",
      ":4:6: axes.x: expected a list, or a mapping such as {from: 0, to: 4, step: 1}, "
        + "found 3"),
    .axis(
      "",
      ":4:5: axes.x: expected a list, or a mapping such as {from: 0, to: 4, step: 1}, "
        + "found nothing"),
    .ranged("alpha: [0]", ":4:11: axes.alpha[0]: expected a number above 0, found 0"),
    .ranged(
      "seed: [0.5]",
      ":4:10: axes.seed[0]: expected a whole number from 0 to "
        + "9007199254740992, found 0.5"),
    .ranged(
      "seed: [-1]",
      ":4:10: axes.seed[0]: expected a whole number from 0 to "
        + "9007199254740992, found -1"),
    .ranged(
      "engine: [fast]",
      ":4:12: axes.engine[0]: expected one of auto, direct, reduced, "
        + "found \"fast\""),
    .ranged(
      "engine: [redcued]",
      ":4:12: axes.engine[0]: expected one of auto, direct, reduced, "
        + "found \"redcued\"; did you mean \"reduced\"?"),
    .ranged(
      "test_examples: [10, 20]",
      ":4:3: axes.test_examples: has no effect with test_loss population; it counts only with "
        + "test_loss sample"),
    .ranged(
      "target: [hermite-3, hermite-4]\nparameters: {scaling: fig3a}",
      ":5:14: parameters.scaling: has no effect with target hermite-3 and no file as data; it counts "
        + "only with target quadratic or with a file as data"),
    .ranged(
      "seed: [0, 1]\nparameters: {data: draws.safetensors}",
      ":4:3: axes.seed: has no effect with a file as data; it counts only without a file as data"),
    .ranged(
      "momentum: [0, 0.9]\nparameters: {engine: reduced}",
      ":5:14: parameters.engine: expected auto or direct with momentum 0.9, found reduced"),
    .ranged(
      "interpolation: [0.5]\nparameters: {directions: 1, hidden_units: 3}",
      ":5:29: parameters.hidden_units: expected an even number with interpolation, found 3"),
    .ranged(
      "engine: [direct, auto, reduced]",
      ":4:11: axes.engine: expected values that make "
        + "different runs, found auto and reduced, which make the same one"),
    .section("parameters: {x: high}", ":4:17: parameters.x: expected a number, found \"high\""),
    .section(
      "parameters: {steps: 1e10}",
      ":4:21: parameters.steps: expected a whole number from 0 to "
        + "1000000000, found 10000000000"),
  ]
}

import Experiments
import OrderedCollections
import Testing

@Suite struct ConfigurationTests {
  static let experiment = ExperimentDefinition.polynomialRegression

  @Test func `the canonical JSON names everything that determines the trajectory`() throws {
    let configuration = try Self.experiment.configuration(["alpha": 0.8, "seed": 3])
    #expect(
      configuration.canonicalJSON == """
        {"experiment":"polynomial-regression","inputs":{},"parameters":{"alpha":0.8,\
        "engine":"reduced","epsilon":0.02,"hidden_units":500,"input_dimension":100,\
        "learning_rate":20,"precision":"float32","seed":3,"test_loss":"population",\
        "train_examples":550},"version":2}
        """)
  }

  @Test(arguments: Catalogue.experiments.map(\.name))
  func `no two parameters of an experiment have one name`(name: String) throws {
    let names = try #require(Catalogue.experiment(named: name)).parameters.map(\.name)
    #expect(Set(names).count == names.count, "\(names)")
  }

  @Test func `the key is the SHA-256 of the canonical JSON`() throws {
    let configuration = Configuration(experiment: "e", version: 1, parameters: ["a": 1])
    // printf '{"experiment":"e","inputs":{},"parameters":{"a":1},"version":1}' | sha256sum
    #expect(
      configuration.key.hexadecimal
        == "3b968f8d9935a4ba5326b6bb3e28be0179834d54af31d728aca3afac70c34a49")
  }

  @Test func `the order in which parameters are given does not count`() throws {
    let one = try Self.experiment.configuration(["alpha": 2, "epsilon": 0.1])
    let other = try Self.experiment.configuration(["epsilon": 0.1, "alpha": 2])
    #expect(one == other)
    #expect(one.key == other.key)
  }

  @Test func `engine auto is the engine that it stands for`() throws {
    let chosen = try Self.experiment.configuration(["engine": "auto"])
    #expect(chosen == (try Self.experiment.configuration(["engine": "reduced"])))
    #expect(chosen != (try Self.experiment.configuration(["engine": "direct"])))
  }

  @Test func `a parameter that came later changes no key at its default`() throws {
    let later: OrderedDictionary<String, ParameterValue> = [
      "predictor": "centred", "readouts": "fixed", "sigma": 1, "interpolation": 0,
      "target": "quadratic", "directions": 1, "label_scale": 1, "scaling": "fig3e",
      "weight_decay": 0, "momentum": 0, "test_loss": "auto",
    ]
    let plain = try Self.experiment.configuration([:])
    #expect(plain == (try Self.experiment.configuration(later)))
    for (name, value) in later where name != "test_loss" {
      #expect(plain.completeParameters[name] == value)
      #expect(plain.parameters[name] == nil)
    }
    #expect(try Self.experiment.configuration(["sigma": 2]).parameters["sigma"] == 2)
    // Read back, a configuration is what it was.
    let other = try Self.experiment.configuration(["scaling": "fig3a", "momentum": 0.9])
    #expect(other == (try Self.experiment.configuration(other.parameters)))
  }

  @Test func `the scaling of figure 3a is that of figure 3e with doubled labels`() throws {
    let named = try Self.experiment.configuration(["scaling": "fig3a", "label_scale": 1.5])
    #expect(named == (try Self.experiment.configuration(["label_scale": 3])))
    let hermite = try Self.experiment.configuration(["scaling": "fig3a", "target": "hermite-3"])
    #expect(hermite == (try Self.experiment.configuration(["target": "hermite-3"])))
    // What a file holds is divided by √D: that is no other name of anything.
    let digest = String(repeating: "ab", count: 32)
    let given = try Self.experiment.configuration(["scaling": "fig3a"], inputs: ["data": digest])
    #expect(given.parameters["scaling"] == "fig3a")
  }

  @Test(
    arguments: [
      ([:], "reduced"), (["weight_decay": 0.1], "reduced"), (["target": "hermite-2"], "reduced"),
      (["predictor": "uncentred", "hidden_units": 101], "reduced"), (["momentum": 0.5], "direct"),
      (["hidden_units": 100], "direct"),
      (["readouts": "trained"], "direct"), (["target": "hermite-3"], "direct"),
      (["target": "hermite-4"], "direct"),
      (["sigma": 0.03], "reduced"), (["sigma": 0.003], "direct"),
      (["sigma": 0.003, "precision": "float64"], "reduced"), (["epsilon": 1e-6], "direct"),
    ] as [(OrderedDictionary<String, ParameterValue>, String)])
  func `engine auto is the reduced one wherever the dynamics close and rounding does not grow`(
    given: OrderedDictionary<String, ParameterValue>, engine: String
  ) throws {
    let configuration = try Self.experiment.configuration(given)
    #expect(configuration.parameters["engine"] == .text(engine))
    try Self.experiment.checkTogether(configuration)
  }

  @Test(
    arguments: [
      ([:], "float32"), (["alpha": 999], "float32"), (["alpha": 1000], "float64"),
      (["alpha": 1000, "label_scale": 2], "float32"), (["alpha": 20, "sigma": 8], "float64"),
      (["alpha": 1000, "precision": "float32"], "float32"), (["precision": "float64"], "float64"),
    ] as [(OrderedDictionary<String, ParameterValue>, String)])
  func `precision auto is float64 where learning moves weights by less than float32 tells apart`(
    given: OrderedDictionary<String, ParameterValue>, precision: String
  ) throws {
    let configuration = try Self.experiment.configuration(given)
    #expect(configuration.parameters["precision"] == .text(precision))
    #expect(configuration == (try Self.experiment.configuration(configuration.parameters)))
  }

  @Test(
    arguments: [
      (["engine": "reduced", "momentum": 0.5], "engine", "with momentum 0.5, found reduced"),
      (["engine": "reduced", "readouts": "trained"], "engine", "with readouts trained"),
      (["engine": "reduced", "target": "hermite-4"], "engine", "with target hermite-4"),
      (
        ["test_loss": "population", "target": "hermite-3", "linearised": "twin"], "test_loss",
        "with target hermite-3 and linearised twin, found population"
      ),
      (["interpolation": 0.5, "target": "hermite-2"], "interpolation", "found 0.5"),
      (["interpolation": 0.5, "directions": 2], "interpolation", "expected 0 with 2 directions"),
      (["interpolation": 0.5, "hidden_units": 3], "hidden_units", "expected an even number"),
    ] as [(OrderedDictionary<String, ParameterValue>, String, String)])
  func `parameters that do not go together are refused`(
    given: OrderedDictionary<String, ParameterValue>, name: String, part: String
  ) throws {
    let configuration = try Self.experiment.configuration(given)
    let error = #expect(throws: ParameterError.self) {
      try Self.experiment.checkTogether(configuration)
    }
    #expect(error?.name == name)
    #expect(error?.problem.contains(part) == true, "\(error?.problem ?? "")")
  }

  @Test func `test examples do not count where the population loss is measured`() throws {
    let population = try Self.experiment.configuration(["test_examples": 10])
    #expect(population == (try Self.experiment.configuration([:])))
    let sample = try Self.experiment.configuration(["test_loss": "sample", "test_examples": 10])
    #expect(sample != (try Self.experiment.configuration(["test_loss": "sample"])))
  }

  @Test func `the weight change is asked of the reduced engine alone`() throws {
    let plain = try Self.experiment.configuration([:])
    let recorded = try Self.experiment.configuration(["weight_change": "recorded"])
    #expect(plain.parameters["weight_change"] == nil && plain != recorded)
    let direct = try Self.experiment.configuration(["engine": "direct"])
    #expect(
      direct
        == (try Self.experiment.configuration(["engine": "direct", "weight_change": "recorded"])))
  }

  @Test func `with given draws the seed does not count and the file does`() throws {
    let digest = String(repeating: "ab", count: 32)
    let one = try Self.experiment.configuration(["seed": 1], inputs: ["data": digest])
    #expect(one == (try Self.experiment.configuration(["seed": 2], inputs: ["data": digest])))
    #expect(one != (try Self.experiment.configuration(["seed": 1])))
  }

  @Test(
    arguments: [
      (
        "alhpa", 1,
        "experiment polynomial-regression has no parameter \"alhpa\"; did you mean \"alpha\"?"
      ),
      ("alpha", 0, "expected a number above 0, found 0"),
      ("alpha", "high", "expected a number above 0, found \"high\""),
      ("hidden_units", 2.5, "expected a whole number from 1 to 65536, found 2.5"),
      ("engine", "fast", "expected one of auto, direct, reduced, found \"fast\""),
    ] as [(String, ParameterValue, String)])
  func `a wrong parameter is refused with what was expected`(
    name: String, value: ParameterValue, problem: String
  ) {
    #expect(throws: ParameterError(name: name, problem: problem)) {
      try Self.experiment.configuration([name: value])
    }
  }
}

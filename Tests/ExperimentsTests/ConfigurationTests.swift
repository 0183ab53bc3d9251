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
        "train_examples":550},"version":1}
        """)
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

  @Test func `test examples do not count where the population loss is measured`() throws {
    let population = try Self.experiment.configuration(["test_examples": 10])
    #expect(population == (try Self.experiment.configuration([:])))
    let sample = try Self.experiment.configuration(["test_loss": "sample", "test_examples": 10])
    #expect(sample != (try Self.experiment.configuration(["test_loss": "sample"])))
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

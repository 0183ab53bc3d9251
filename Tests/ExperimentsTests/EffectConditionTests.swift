import Experiments
import OrderedCollections
import Testing

/// Parameters that make a difference under some values of others only.
@Suite struct EffectConditionTests {
  typealias Values = OrderedDictionary<String, ParameterValue>

  /// A parameter with two values, where it has no effect and where it has one, and why it has none there.
  struct Case: Sendable, CustomTestStringConvertible {
    let experiment: String
    let name: String
    let values: (ParameterValue, ParameterValue)
    var without: Values = [:]
    var with: Values = [:]
    var inputs: Set<String> = []
    let reason: String
    var testDescription: String { "\(experiment): \(name)" }
  }

  static let cases = [
    Case(
      experiment: "teacher-student", name: "beta1", values: (0.8, 0.7),
      without: ["optimiser": "sgd"], with: ["optimiser": "adam"],
      reason: "has no effect with optimiser sgd; it counts only with optimiser adamw or adam"),
    Case(
      experiment: "image-mlp", name: "momentum", values: (0.8, 0.7), with: ["optimiser": "sgd"],
      reason: "has no effect with optimiser adamw; it counts only with optimiser sgd"),
    Case(
      experiment: "transformer", name: "decay_towards", values: ("zero", "initial"),
      without: ["weight_decay": 0],
      reason: "has no effect with weight_decay 0; it counts only with weight_decay other than 0"),
    Case(
      experiment: "embedding-mlp", name: "grokfast_window", values: (10, 20),
      without: ["grokfast": "ema"], with: ["grokfast": "ma"],
      reason: "has no effect with grokfast ema; it counts only with grokfast ma"),
    Case(
      experiment: "transformer", name: "position_deviation", values: (2, 3),
      without: ["positions": "sinusoidal"],
      reason: "has no effect with positions sinusoidal; it counts only with positions learned and "
        + "without a file as initial_weights"),
    Case(
      experiment: "transformer", name: "position_deviation", values: (2, 3),
      inputs: ["initial_weights"],
      reason:
        "has no effect with a file as initial_weights; it counts only with positions learned and "
        + "without a file as initial_weights"),
    Case(
      experiment: "modular-mlp", name: "p", values: (7, 11), without: ["operation": "s5"],
      reason: "has no effect with operation s5; it counts only with operation other than s5, "
        + "s5-aba-1 or s5-aba"),
    Case(
      experiment: "polynomial-regression", name: "test_examples", values: (10, 20),
      with: ["target": "hermite-4"],
      reason: "has no effect with test_loss population; it counts only with test_loss sample"),
    Case(
      experiment: "polynomial-regression", name: "scaling", values: ("fig3a", "fig3e"),
      without: ["target": "hermite-2"],
      reason: "has no effect with target hermite-2 and no file as data; it counts only with target "
        + "quadratic or with a file as data"),
    Case(
      experiment: "polynomial-regression", name: "seed", values: (1, 2), inputs: ["data"],
      reason: "has no effect with a file as data; it counts only without a file as data"),
    Case(
      experiment: "one-layer-transformer", name: "split_seed", values: (1, 2), inputs: ["split"],
      reason:
        "has no effect with a file as split and label_noise 0; it counts only without a file as "
        + "split or with label_noise other than 0"),
  ]

  private static func key(
    _ definition: ExperimentDefinition, _ given: Values, _ name: String, _ value: ParameterValue,
    inputs: Set<String>
  ) throws -> RunKey {
    let digest = String(repeating: "ab", count: 32)
    let files = inputs.map { ($0, digest) }
    return try definition.configuration(
      given.merging([name: value]) { $1 }, inputs: OrderedDictionary(uniqueKeysWithValues: files)
    ).key
  }

  @Test(arguments: cases)
  func `a parameter without effect is no part of the key, and the reason says when it counts`(
    _ example: Case
  ) throws {
    let definition = try #require(Catalogue.experiment(named: example.experiment))
    func keys(_ given: Values, inputs: Set<String>) throws -> (RunKey, RunKey) {
      (
        try Self.key(definition, given, example.name, example.values.0, inputs: inputs),
        try Self.key(definition, given, example.name, example.values.1, inputs: inputs)
      )
    }
    let without = try keys(example.without, inputs: example.inputs)
    #expect(without.0 == without.1)
    let with = try keys(example.with, inputs: [])
    #expect(with.0 != with.1)
    #expect(
      definition.reasonWithoutEffect(
        of: example.name, in: example.without, inputs: example.inputs) == example.reason)
    #expect(definition.reasonWithoutEffect(of: example.name, in: example.with, inputs: []) == nil)
  }

  @Test func `a condition looks at parameters of the experiment that have none`() {
    for definition in Catalogue.experiments {
      for parameter in definition.parameters {
        for name in parameter.effect?.names ?? [] {
          let other = definition.parameter(named: name)
          #expect(other != nil, "\(definition.name): \(parameter.name) looks at \(name)")
          #expect(other?.effect == nil, "\(definition.name): \(parameter.name) looks at \(name)")
        }
      }
    }
  }

  @Test func `a parameter that counts at some grid points only is one of a sweep`() throws {
    let sweep = try SweepFile.read(
      yaml: """
        experiment: teacher-student
        parameters: {momentum: 0.9}
        axes: {optimiser: [sgd, adamw], beta1: [0.8, 0.9]}
        """, file: "a.yaml")
    let keys = try (0..<4).map { try sweep.configuration(at: $0).key }
    // Both points with plain gradient descent are one run.
    #expect(Set(keys).count == 3 && keys[0] == keys[1])
  }

  @Test func `a description says when a parameter counts`() throws {
    let description = try ExperimentDescription(named: "teacher-student")
    #expect(
      description.parameters.first { $0.name == "momentum" }?.only == "with optimiser sgd")
    #expect(description.text.contains("      only with optimiser sgd\n"))
    #expect(description.parameters.first { $0.name == "alpha" }?.only == nil)
  }
}

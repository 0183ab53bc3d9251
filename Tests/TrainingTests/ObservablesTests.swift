import Experiments
import OrderedCollections
import Testing
import Training

/// What records hold beside losses and accuracies is what the catalogue says.
@Suite struct ObservablesTests {
  typealias Values = OrderedDictionary<String, ParameterValue>

  /// Small runs with everything that can be recorded.
  static let runs: [(experiment: String, values: Values)] = [
    (
      "polynomial-regression",
      [
        "input_dimension": 4, "hidden_units": 6, "train_examples": 9, "linearised": "twin",
        "weight_change": "recorded",
      ]
    ),
    (
      "eigenvector-labels",
      ["input_dimension": 6, "train_examples": 5, "eigenvector": 2, "linearised": "twin"]
    ),
    ("modular-mlp", ["p": 5, "hidden_units": 7]),
    ("embedding-mlp", ["p": 5, "hidden_units": 7, "embedding_width": 3]),
    ("one-layer-transformer", ["p": 5, "hidden_units": 7, "width": 8]),
    ("transformer", ["p": 5, "layers": 1, "width": 8, "heads": 2, "feed_forward": 6]),
    ("addition-toy", ["p": 5, "hidden_units": 7]),
    ("sparse-parity", ["input_dimension": 6, "hidden_units": 7, "train_examples": 9]),
    ("teacher-student", ["hidden_units": 7, "linearised": "twin"]),
  ]

  private func check(_ records: [RunRecord], of definition: ExperimentDefinition) {
    var found: Set<String> = []
    for name in records.flatMap(\.observables.keys) {
      let digits = name.firstRange(of: "_within_").map { name[..<$0.upperBound] + "θ" }
      found.insert(digits.map(String.init) ?? name)
    }
    #expect(found == Set(definition.observables.map(\.name)), "\(definition.name)")
  }

  @Test(arguments: runs.indices)
  func `every quantity of a run is described, and every described one is there`(index: Int) throws {
    let (name, values) = Self.runs[index]
    let definition = try #require(Catalogue.experiment(named: name))
    var run = try TrainingRun(
      try definition.configuration(values), request: Request(maxSteps: 2, thresholds: Thresholds()))
    check(TrainingRunTests.finish(&run).0, of: definition)
  }

  @Test func `the quantities of a run on images are described`() throws {
    var run = try TrainingRun(
      try ImageMLPRunTests.configuration(["linearised": "regression"]),
      files: try ImageMLPRunTests.files(),
      request: Request(maxSteps: 2, thresholds: Thresholds()))
    check(TrainingRunTests.finish(&run).0, of: .imageMLP)
  }

  @Test func `a description names them`() throws {
    let text = try ExperimentDescription(named: "teacher-student").text
    #expect(text.contains("Recorded beside losses and accuracies:\n  weight_norm\n"))
    #expect(text.contains("  test_within_θ\n"))
  }
}

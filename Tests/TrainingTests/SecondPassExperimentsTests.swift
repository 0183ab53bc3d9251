import Experiments
import Foundation
import OrderedCollections
import Testing
import Training

/// Which experiments compute runs again that end near a threshold.
@Suite struct SecondPassExperimentsTests {
  /// A last step at which experiments with a sparse schedule measure for its own sake alone.
  static let steps = 457

  /// Those of the figures that are drawn by losses, with values that keep a run short.
  static let repeated: [(experiment: String, values: OrderedDictionary<String, ParameterValue>)] = [
    ("polynomial-regression", TrainingRunTests.small),
    ("eigenvector-labels", ["input_dimension": 6, "train_examples": 5, "eigenvector": 2]),
    ("modular-mlp", ["p": 5, "hidden_units": 7, "learning_rate": 5]),
    ("teacher-student", ["hidden_units": 7, "input_dimension": 10]),
    ("image-mlp", ImageMLPRunTests.small),
  ]

  private func result(
    _ index: Int, _ precision: String, _ thresholds: [ExactDecimal]
  ) throws -> (records: [RunRecord], summary: RunSummary) {
    let (name, values) = Self.repeated[index]
    let definition = try #require(Catalogue.experiment(named: name))
    let files = name == "image-mlp" ? try ImageMLPRunTests.files() : [:]
    let configuration = try definition.configuration(
      values.merging(["precision": .text(precision)]) { $1 }, inputs: files.mapValues { _ in "0f" })
    var run = try TrainingRun(
      configuration, files: files,
      request: Request(maxSteps: Self.steps, thresholds: Thresholds(loss: thresholds)))
    let result = TrainingRunTests.finish(&run, slice: 50)
    return (result.0, result.1)
  }

  @Test(arguments: repeated.indices)
  func `an experiment that can be judged by its loss is computed again near a threshold`(
    index: Int
  ) throws {
    let plain = try result(index, "float32", [])
    let loss = try #require(plain.summary.final.testLoss)
    let near = try #require(ExactDecimal(String(format: "%.5g", loss * 1.01)))
    let far = try #require(ExactDecimal(String(format: "%.5g", loss * 1.05)))
    #expect(try result(index, "float32", [far]).records == plain.records)
    var expected = try result(index, "float64", [near])
    let found = try result(index, "float32", [near])
    #expect(found.records == expected.records && found.records != plain.records)
    #expect(found.summary.isRecomputedInFloat64)
    expected.summary.isRecomputedInFloat64 = true
    #expect(found.summary == expected.summary)
  }

  @Test func `experiments of accuracies that take hours tell their records as they fall due`() {
    let others = Catalogue.listed.filter { !$0.isRepeatedNearThresholds }
    #expect(
      others.map(\.name).sorted() == [
        "addition-toy", "embedding-mlp", "one-layer-transformer", "sparse-parity", "transformer",
      ])
    #expect(others.allSatisfy { $0.grokked.measure == .accuracy })
  }

  @Test(arguments: repeated.indices)
  func `the memory that a run may need is that of its second pass`(index: Int) throws {
    let (name, values) = Self.repeated[index]
    let definition = try #require(Catalogue.experiment(named: name))
    func bytes(_ precision: ParameterValue) throws -> Int {
      try TrainingRun.bytesNeeded(
        for: try definition.configuration(values.merging(["precision": precision]) { $1 }))
    }
    #expect(try bytes("float32") == bytes("float64"))
  }
}

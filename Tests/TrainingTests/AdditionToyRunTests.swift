import Experiments
import Networks
import OrderedCollections
import Testing
import Training

/// The experiment `addition-toy` as runs.
@Suite struct AdditionToyRunTests {
  private static let definition = ExperimentDefinition.additionToy

  private func configuration(
    _ changes: OrderedDictionary<String, ParameterValue>
  ) throws -> Configuration {
    let small: OrderedDictionary<String, ParameterValue> = [
      "hidden_units": 30, "learning_rate": 0.01,
    ]
    return try Self.definition.configuration(small.merging(changes) { $1 })
  }

  private func run(
    _ changes: OrderedDictionary<String, ParameterValue> = [:], maxSteps: Int,
    checkpoint: Safetensors? = nil
  ) throws -> TrainingRun {
    try TrainingRun(
      try configuration(changes),
      request: Request(maxSteps: maxSteps, thresholds: Self.definition.thresholds),
      checkpoint: checkpoint)
  }

  @Test(
    arguments: [("float32", "mean-square"), ("float64", "cross-entropy")], [1, 150, 333])
  func `a run continued from a checkpoint goes on to the bit`(
    kind: (precision: String, loss: String), pause: Int
  ) throws {
    let changes: OrderedDictionary<String, ParameterValue> = [
      "precision": .text(kind.precision), "loss": .text(kind.loss), "alpha": 1.5,
      "embedding_weight_decay": 0.1, "weight_decay": 1,
    ]
    var whole = try run(changes, maxSteps: 500)
    let expected = TrainingRunTests.finish(&whole)
    var first = try run(changes, maxSteps: 500)
    var records = first.advance(steps: pause).records
    var second = try run(
      changes, maxSteps: 500, checkpoint: try Safetensors(bytes: first.checkpoint().bytes))
    let rest = TrainingRunTests.finish(&second, slice: 7)
    records += rest.0.filter { record in !records.contains { $0.step == record.step } }
    #expect(records == expected.0)
    #expect(rest.1 == expected.1)
    #expect(whole.checkpoint().bytes == second.checkpoint().bytes)
  }

  @Test func `a checkpoint has the names and shapes of PyTorch's layers`() throws {
    let run = try run(["embedding_width": 2, "hidden_units": 6], maxSteps: 1)
    let tensors = run.checkpoint().tensors
    let shapes: OrderedDictionary<String, [Int]> = [
      "embedding.weight": [10, 2], "layers.0.weight": [6, 2], "layers.0.bias": [6],
      "layers.1.weight": [6, 6], "layers.2.weight": [30, 6], "layers.2.bias": [30],
    ]
    for (name, shape) in shapes { #expect(tensors[name]?.shape == shape, "\(name)") }
  }

  @Test func `the toy learns its train set, and says how its embeddings lie`() throws {
    var run = try run(["learning_rate": 0.003, "hidden_units": 200], maxSteps: 3000)
    let (records, summary) = TrainingRunTests.finish(&run)
    #expect(summary.crossings.step(.trainAccuracy, 0.9) != nil)
    #expect(records.first?.observables["known_test_share"] != nil)
    let indices = records.compactMap { $0.observables["rqi"] ?? nil }
    #expect(indices.count == records.count)
    #expect(try #require(indices.first) < 0.5)
  }

  @Test(arguments: [
    ("loss", ["mean-square", "cross-entropy"]), ("hidden_layers", ["1", "2", "3"]),
    ("embedding_width", ["1", "4"]), ("p", ["5", "10"]), ("optimiser", ["adamw", "adam", "sgd"]),
    ("embedding_learning_rate", ["0.001", "0.01"]), ("embedding_weight_decay", ["0", "1"]),
    ("embedding_scale", ["1", "2"]), ("weight_scale", ["1", "2"]), ("alpha", ["1", "2"]),
    ("target_dimension", ["30", "10"]), ("train_fraction", ["0.82", "0.7"]),
    ("schedule", ["constant", "cosine"]), ("split_seed", ["0", "1"]), ("seed", ["0", "1"]),
    ("weight_decay", ["0", "1"]),
  ])
  func `every choice makes another run, and learns`(name: String, choices: [String]) throws {
    var losses: Set<Double> = []
    for choice in choices {
      let value: ParameterValue = ExactDecimal(choice).map { .number($0) } ?? .text(choice)
      // Without weight decay adam and adamw are the same.
      var changes: OrderedDictionary<String, ParameterValue> = [name: value]
      if name == "optimiser" { changes["weight_decay"] = 0.5 }
      var run = try run(changes, maxSteps: 60)
      let (_, summary) = TrainingRunTests.finish(&run)
      let (start, end) = (
        try #require(summary.initial.trainLoss), try #require(summary.final.trainLoss)
      )
      #expect(end < start, "\(choice)")
      losses.insert(end)
    }
    #expect(losses.count == choices.count)
  }

  @Test func `classes have no targets, and so no dimension of them`() throws {
    #expect(
      try configuration(["loss": "cross-entropy"])
        == configuration(["loss": "cross-entropy", "target_dimension": 7]))
    #expect(try configuration([:]) != configuration(["target_dimension": 7]))
  }

  @Test func `the memory that a run needs grows with its width`() throws {
    func bytes(_ changes: OrderedDictionary<String, ParameterValue>) throws -> Int {
      try TrainingRun.bytesNeeded(for: try Self.definition.configuration(changes))
    }
    let usual = try bytes([:])
    #expect(usual > 1_000_000 && usual < 10_000_000)
    #expect(try bytes(["precision": "float64"]) > usual)
    #expect(try bytes(["hidden_units": 1000]) > usual + 1000 * 1000 * 4 * 8)
  }
}

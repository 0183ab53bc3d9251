import Experiments
import Networks
import OrderedCollections
import Testing
import Training

/// The experiment `embedding-mlp` as runs.
@Suite struct EmbeddingMLPRunTests {
  private static let definition = ExperimentDefinition.embeddingMLP
  private static let small: OrderedDictionary<String, ParameterValue> = [
    "p": 7, "embedding_width": 12, "hidden_units": 20, "train_fraction": 0.6,
    "learning_rate": 0.003,
  ]

  private func configuration(
    _ changes: OrderedDictionary<String, ParameterValue>
  ) throws -> Configuration {
    try Self.definition.configuration(Self.small.merging(changes) { $1 })
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
    arguments: [("float32", "uncentred"), ("float64", "centred"), ("float32", "centred")],
    [1, 150, 333])
  func `a run continued from a checkpoint goes on to the bit`(
    kind: (precision: String, predictor: String), pause: Int
  ) throws {
    let changes: OrderedDictionary<String, ParameterValue> = [
      "precision": .text(kind.precision), "predictor": .text(kind.predictor), "alpha": 1.5,
      "hidden_layers": 2, "activation": "gelu",
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

  @Test(arguments: BinaryOperation.allCases)
  func `every operation is learned`(operation: BinaryOperation) throws {
    let changes: OrderedDictionary<String, ParameterValue> = [
      "operation": .text(operation.rawValue),
      "train_fraction": operation.isOfPermutations ? 0.02 : 0.6,
    ]
    var run = try run(changes, maxSteps: 150)
    let (_, summary) = TrainingRunTests.finish(&run)
    let start = try #require(summary.initial.trainLoss)
    #expect(try #require(summary.final.trainLoss) < 0.8 * start)
  }

  @Test(arguments: [
    ("activation", ["relu", "gelu", "tanh", "square"]), ("embeddings", ["shared", "separate"]),
    ("combination", ["concatenated", "summed"]), ("biases", ["trained", "none"]),
    ("initialisation", ["normal", "standard"]), ("loss", ["cross-entropy", "mean-square"]),
    ("predictor", ["uncentred", "centred"]), ("optimiser", ["adamw", "adam", "sgd"]),
  ])
  func `every choice makes another run, and learns`(name: String, choices: [String]) throws {
    var losses: Set<Double> = []
    for choice in choices {
      var run = try run([name: .text(choice)], maxSteps: 60)
      let (_, summary) = TrainingRunTests.finish(&run)
      let (start, end) = (
        try #require(summary.initial.trainLoss), try #require(summary.final.trainLoss)
      )
      #expect(end < start, "\(choice)")
      losses.insert(end)
    }
    #expect(losses.count == choices.count)
  }

  @Test func `seed and split seed are independent of each other`() throws {
    func first(_ changes: OrderedDictionary<String, ParameterValue>) throws -> Measurement {
      var run = try run(changes, maxSteps: 1)
      return TrainingRunTests.finish(&run).1.initial
    }
    let usual = try first([:])
    #expect(try first(["seed": 1]).trainLoss != usual.trainLoss)
    let other = try first(["split_seed": 1])
    #expect(other.trainLoss != usual.trainLoss)
    // Of all pairs together the losses are those of the same weights.
    func whole(_ measurement: Measurement) throws -> Double {
      let (train, test) = (
        try #require(measurement.trainLoss), try #require(measurement.testLoss)
      )
      return (29 * train + 20 * test) / 49
    }
    #expect((try whole(other) - whole(usual)).magnitude < 1e-5)
  }

  @Test func `what changes nothing is no part of a configuration`() throws {
    let permutations: OrderedDictionary<String, ParameterValue> = ["operation": "s5"]
    #expect(
      try configuration(permutations)
        == configuration(permutations.merging(["p": 11]) { $1 }))
    #expect(
      try configuration(["rate_scaling": "inverse-alpha-squared"]) == configuration([:]))
    #expect(throws: ParameterError.self) {
      try Self.definition.checkTogether(try configuration(["p": 9, "operation": "division"]))
    }
  }

  @Test func `the memory that a run needs grows with its layers`() throws {
    func bytes(_ changes: OrderedDictionary<String, ParameterValue>) throws -> Int {
      try TrainingRun.bytesNeeded(for: try Self.definition.configuration(changes))
    }
    let usual = try bytes([:])
    #expect(usual > 10_000_000 && usual < 60_000_000)
    #expect(try bytes(["precision": "float64"]) > usual)
    #expect(try bytes(["hidden_layers": 2]) > usual + 512 * 512 * 4 * 8)
    #expect(try bytes(["predictor": "centred"]) > usual + 113 * 113 * 113 * 4 / 2)
    #expect(
      try bytes(["grokfast": "ma", "grokfast_window": 1000]) > usual + 1000 * 512 * 113 * 4)
  }

  @Test func `options of the optimiser make other runs, and change no key at their defaults`()
    throws
  {
    let changes: [OrderedDictionary<String, ParameterValue>] = [
      [:], ["schedule": "linear", "schedule_steps": 40],
      ["schedule": "cosine", "schedule_steps": 40],
      ["clip_norm": 0.01], ["decay_towards": "initial"], ["norm": "kept"], ["grokfast": "ema"],
      ["grokfast": "ma", "grokfast_window": 10], ["label_noise": 0.2],
    ]
    var losses: Set<Double> = []
    for change in changes {
      var run = try run(change.merging(["weight_decay": 3]) { $1 }, maxSteps: 60)
      losses.insert(try #require(TrainingRunTests.finish(&run).1.final.trainLoss))
    }
    #expect(losses.count == changes.count)
    let names = try configuration([:]).parameters.keys
    for change in changes { #expect(names.allSatisfy { change[$0] == nil }) }
    let defaults: OrderedDictionary<String, ParameterValue> = [
      "schedule": "constant", "schedule_steps": 7, "clip_norm": 0, "decay_towards": "zero",
      "norm": "free", "grokfast": "none", "grokfast_alpha": 0.5, "label_noise": 0,
    ]
    #expect(try configuration(defaults) == configuration([:]))
    #expect(
      try configuration(["grokfast": "ma"])
        == configuration(["grokfast": "ma", "grokfast_alpha": 0.5]))
  }
}

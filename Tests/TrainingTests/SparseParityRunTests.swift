import Experiments
import Networks
import OrderedCollections
import Testing
import Training

/// The experiment `sparse-parity` as runs.
@Suite struct SparseParityRunTests {
  private static let definition = ExperimentDefinition.sparseParity
  private static let small: OrderedDictionary<String, ParameterValue> = [
    "input_dimension": 8, "secret_bits": 2, "hidden_units": 24, "train_examples": 60,
    "test_examples": 40, "batch_size": 16,
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
    arguments: [("float32", "hinge"), ("float64", "cross-entropy"), ("float32", "mean-square")],
    [1, 150, 333])
  func `a run continued from a checkpoint goes on to the bit`(
    kind: (precision: String, loss: String), pause: Int
  ) throws {
    let changes: OrderedDictionary<String, ParameterValue> = [
      "precision": .text(kind.precision), "loss": .text(kind.loss), "momentum": 0.5,
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

  @Test func `two bits are learned, and their share of the weights grows`() throws {
    var run = try run(maxSteps: 3000)
    let (records, summary) = TrainingRunTests.finish(&run)
    #expect(summary.crossings.step(.trainAccuracy, 0.98) != nil)
    #expect(summary.crossings.step(.testAccuracy, 0.98) != nil)
    let shares = records.compactMap { $0.observables["secret_share"] ?? nil }
    #expect(try #require(shares.first) < 0.4)
    #expect(try #require(shares.last) > 0.6)
  }

  @Test(arguments: [
    ("loss", ["hinge", "mean-square", "cross-entropy"]), ("hidden_layers", ["1", "2"]),
    ("activation", ["relu", "gelu", "tanh", "square"]), ("output_bias", ["none", "trained"]),
    ("batch_size", ["16", "60"]), ("optimiser", ["sgd", "adamw", "adam"]), ("alpha", ["1", "2"]),
    ("weight_scale", ["1", "2"]), ("secret_bits", ["1", "2"]), ("input_dimension", ["8", "9"]),
    ("train_examples", ["60", "50"]), ("seed", ["0", "1"]), ("data_seed", ["0", "1"]),
    ("weight_decay", ["0", "0.01"]), ("grokfast", ["none", "ema"]),
  ])
  func `every choice makes another run, and learns`(name: String, choices: [String]) throws {
    var losses: Set<Double> = []
    for choice in choices {
      let value: ParameterValue = ExactDecimal(choice).map { .number($0) } ?? .text(choice)
      // The hinge loss would be 0 in the end with several of them.
      var changes: OrderedDictionary<String, ParameterValue> = [
        name: value, "learning_rate": 0.02,
      ]
      if name == "optimiser" { changes["loss"] = "mean-square" }
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

  @Test func `more secret bits than there are bits are refused`() throws {
    let error = #expect(throws: ParameterError.self) {
      try Self.definition.checkTogether(try configuration(["secret_bits": 9]))
    }
    #expect(
      error?.description == "secret_bits: expected at most input_dimension, 8, found 9")
  }

  @Test func `the memory that a run needs grows with its width`() throws {
    func bytes(_ changes: OrderedDictionary<String, ParameterValue>) throws -> Int {
      try TrainingRun.bytesNeeded(for: try Self.definition.configuration(changes))
    }
    let usual = try bytes([:])
    #expect(usual > 2_000_000 && usual < 20_000_000)
    #expect(try bytes(["precision": "float64"]) > usual)
    #expect(try bytes(["hidden_layers": 2]) > usual + 1000 * 1000 * 4 * 8)
  }
}

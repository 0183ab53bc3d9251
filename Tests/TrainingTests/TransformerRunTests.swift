import Experiments
import Networks
import OrderedCollections
import Testing
import Training

/// The experiment `transformer` as runs.
@Suite struct TransformerRunTests {
  private static let definition = ExperimentDefinition.transformer
  private static let small: OrderedDictionary<String, ParameterValue> = [
    "p": 5, "width": 12, "heads": 3, "feed_forward": 20, "train_fraction": 0.6, "batch_size": 6,
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
    arguments: [
      ["precision": "float32"], ["precision": "float64", "layer_norm": "pre", "batch_size": 100],
      [
        "sequence": "eos-a-op-b-=", "attention": "causal", "biases": "none",
        "positions": "sinusoidal",
      ],
      ["clip_norm": 0.5, "grokfast": "ema", "norm": "kept", "weight_decay": 0],
      ["activation": "gelu", "layer_norm": "pre"],
    ] as [OrderedDictionary<String, ParameterValue>], [1, 107])
  func `a run continued from a checkpoint goes on to the bit, in the middle of an epoch`(
    changes: OrderedDictionary<String, ParameterValue>, pause: Int
  ) throws {
    var whole = try run(changes, maxSteps: 250)
    let expected = TrainingRunTests.finish(&whole)
    var first = try run(changes, maxSteps: 250)
    var records = first.advance(steps: pause).records
    var second = try run(
      changes, maxSteps: 250, checkpoint: try Safetensors(bytes: first.checkpoint().bytes))
    let rest = TrainingRunTests.finish(&second, slice: 7)
    records += rest.0.filter { record in !records.contains { $0.step == record.step } }
    #expect(records == expected.0)
    #expect(rest.1 == expected.1)
    #expect(whole.checkpoint().bytes == second.checkpoint().bytes)
  }

  @Test(
    arguments: [
      ["clip_norm": 0.1], ["grokfast": "ema"], ["norm": "kept"],
      ["schedule": "cosine", "schedule_steps": 20], ["decay_towards": "initial"],
    ] as [OrderedDictionary<String, ParameterValue>])
  func `the optimiser's options count`(changes: OrderedDictionary<String, ParameterValue>) throws {
    var (plain, changed) = (try run([:], maxSteps: 20), try run(changes, maxSteps: 20))
    #expect(
      TrainingRunTests.finish(&plain).1.final.trainLoss
        != TrainingRunTests.finish(&changed).1.final.trainLoss)
  }

  @Test func `records of mini-batch runs have the loss of the whole train set`() throws {
    var run = try run(["precision": "float64"], maxSteps: 120)
    let (records, _) = TrainingRunTests.finish(&run)
    let split = PairSplit(.addition, modulus: 5, trainExamples: 15, seed: 0)
    let shape = TransformerShape(modulus: 5, width: 12, heads: 3, feedForward: 20)
    let draws = TransformerDraws(shape, seed: 0, split: split)
    var engine = TransformerEngine<Double>(
      task: TransformerTask(batchSize: 6, learningRate: 0.003), draws: draws)
    var measured = 0
    for step in 0...120 {
      // A full batch has the whole loss, whatever the engine with mini-batches says.
      var whole = TransformerEngine<Double>(task: TransformerTask(batchSize: 15), draws: draws)
      whole.weights = engine.weights
      if let record = records.first(where: { $0.step == step }) {
        let loss = whole.evaluate().train
        #expect((try #require(record.measurement.trainLoss) - loss).magnitude < 1e-12 * loss)
        measured += 1
      }
      engine.prepare()
      engine.descend()
    }
    #expect(measured == records.count && measured > 10)
  }

  @Test(arguments: BinaryOperation.allCases)
  func `every operation is learned`(operation: BinaryOperation) throws {
    let changes: OrderedDictionary<String, ParameterValue> = [
      "operation": .text(operation.rawValue), "batch_size": 64, "weight_decay": 0,
      "train_fraction": operation.isOfPermutations ? 0.01 : 0.6,
    ]
    var run = try run(changes, maxSteps: 100)
    let (_, summary) = TrainingRunTests.finish(&run)
    let start = try #require(summary.initial.trainLoss)
    #expect(try #require(summary.final.trainLoss) < 0.8 * start)
  }

  @Test func `what does not go together is refused in one sentence`() throws {
    func problem(_ changes: OrderedDictionary<String, ParameterValue>) throws -> ParameterError? {
      let configuration = try configuration(changes)
      do {
        try Self.definition.checkTogether(configuration)
      } catch {
        return error
      }
      return nil
    }
    #expect(try problem([:]) == nil)
    #expect(
      try problem(["width": 10])
        == ParameterError(name: "width", problem: "expected a multiple of 3 heads, found 10"))
    #expect(
      try problem(["attention": "causal", "sequence": "a-b"])
        == ParameterError(
          name: "attention",
          problem: "the sequence a-b is read at a, which does not see b under causal attention; "
            + "expected full"))
    #expect(
      try problem(["p": 9, "operation": "division"])
        == ParameterError(
          name: "operation",
          problem: "division modulo 9 is not defined, because 3 has no inverse there"))
  }

  @Test func `the activation counts, and is left out of the key where units are rectified`() throws
  {
    #expect(try configuration(["activation": "relu"]).key == configuration([:]).key)
    #expect(try configuration(["activation": "gelu"]).key != configuration([:]).key)
    var (rectified, other) = (
      try run(["activation": "relu"], maxSteps: 20), try run(["activation": "gelu"], maxSteps: 20)
    )
    #expect(
      TrainingRunTests.finish(&rectified).1.final.trainLoss
        != TrainingRunTests.finish(&other).1.final.trainLoss)
  }

  @Test func `what changes nothing is no part of a configuration`() throws {
    #expect(
      try configuration(["operation": "s5"]) == configuration(["operation": "s5", "p": 11]))
    #expect(
      try configuration(["positions": "sinusoidal"])
        == configuration(["positions": "sinusoidal", "position_deviation": 2]))
  }

  @Test func `the memory that a run needs grows with its rows`() throws {
    func bytes(_ changes: OrderedDictionary<String, ParameterValue>) throws -> Int {
      try TrainingRun.bytesNeeded(for: try Self.definition.configuration(changes))
    }
    let usual = try bytes([:])
    #expect(usual > 40_000_000 && usual < 200_000_000)
    #expect(try bytes(["precision": "float64"]) > usual)
    #expect(try bytes(["sequence": "eos-a-op-b-="]) > usual)
    #expect(try bytes(["layers": 8]) > 2 * usual)
    #expect(try bytes(["activation": "gelu"]) > usual)
  }
}

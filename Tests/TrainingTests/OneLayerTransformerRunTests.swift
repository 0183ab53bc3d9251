import Experiments
import Networks
import OrderedCollections
import Testing
import Training

/// The experiment `one-layer-transformer` as runs.
@Suite struct OneLayerTransformerRunTests {
  private static let definition = ExperimentDefinition.oneLayerTransformer
  private static let small: OrderedDictionary<String, ParameterValue> = [
    "p": 7, "width": 12, "heads": 3, "hidden_units": 20, "train_fraction": 0.6,
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

  @Test func `crossings are those of a run that looks at every step`() throws {
    var run = try run(["precision": "float64"], maxSteps: 400)
    let (_, summary) = TrainingRunTests.finish(&run)
    let split = PairSplit(.addition, modulus: 7, trainExamples: 29, seed: 0)
    let draws = OneLayerTransformerDraws(
      sizes: OneLayerTransformerDraws.Sizes(modulus: 7, width: 12, heads: 3, hiddenUnits: 20),
      seed: 0, split: split)
    var engine = OneLayerTransformerEngine<Double>(
      task: OneLayerTransformerTask(learningRate: 0.003), draws: draws)
    var steps: [String: Int] = [:]
    for step in 0...400 {
      let losses = engine.evaluate()
      let accuracies = try #require(engine.accuracies)
      if losses.train < 0.1, steps["loss"] == nil { steps["loss"] = step }
      if accuracies.train >= 0.9, steps["accuracy"] == nil { steps["accuracy"] = step }
      engine.descend()
    }
    #expect(try #require(steps["loss"]) > 100)
    #expect(summary.crossings.step(.trainLoss, 0.1) == steps["loss"])
    #expect(summary.crossings.step(.trainAccuracy, 0.9) == steps["accuracy"])
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
      try problem(["p": 9, "operation": "division"])
        == ParameterError(
          name: "operation",
          problem: "division modulo 9 is not defined, because 3 has no inverse there"))
    let mlp = try ExperimentDefinition.modularMLP.configuration(["p": 6, "operation": "division"])
    #expect(throws: ParameterError.self) {
      try ExperimentDefinition.modularMLP.checkTogether(mlp)
    }
  }

  @Test func `what changes nothing is no part of a configuration`() throws {
    let permutations: OrderedDictionary<String, ParameterValue> = ["operation": "s5"]
    #expect(
      try configuration(permutations)
        == configuration(permutations.merging(["p": 11]) { $1 }))
    #expect(
      try configuration(["rate_scaling": "inverse-alpha-squared"]) == configuration([:]))
    #expect(
      try configuration(["rate_scaling": "inverse-alpha-squared", "alpha": 2])
        != configuration(["alpha": 2]))
    // The MLP had no operations at first: its runs keep their keys.
    let mlp = ExperimentDefinition.modularMLP
    #expect(try mlp.configuration(["operation": "addition"]) == mlp.configuration([:]))
    #expect(try mlp.configuration(["operation": "s5"]).parameters["p"] == nil)
  }

  @Test func `a network of two layers learns other operations, too`() throws {
    var run = try TrainingRun(
      try ExperimentDefinition.modularMLP.configuration([
        "p": 7, "hidden_units": 30, "learning_rate": 30, "operation": "multiplication",
      ]), request: Request(maxSteps: 1500, thresholds: ExperimentDefinition.modularMLP.thresholds))
    let (_, summary) = TrainingRunTests.finish(&run)
    #expect(summary.crossings.step(.trainAccuracy, 0.9) != nil)
  }

  @Test func `the memory that a run needs grows with its tables`() throws {
    func bytes(_ changes: OrderedDictionary<String, ParameterValue>) throws -> Int {
      try TrainingRun.bytesNeeded(for: try Self.definition.configuration(changes))
    }
    let usual = try bytes([:])
    #expect(usual > 15_000_000 && usual < 60_000_000)
    #expect(try bytes(["precision": "float64"]) > usual)
    #expect(try bytes(["predictor": "centred"]) > usual + 113 * 113 * 114 * 4 / 2)
    #expect(try bytes(["operation": "s5"]) > usual)
  }
}

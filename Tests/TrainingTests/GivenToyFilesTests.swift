import Experiments
import LinearAlgebra
import Networks
import OrderedCollections
import Testing
import Training

/// Initial weights and data from files, of the toy and of sparse parity.
@Suite struct GivenToyFilesTests {
  typealias Values = OrderedDictionary<String, ParameterValue>

  private static let toy: Values = [
    "p": 5, "hidden_units": 7, "target_dimension": 3, "optimiser": "sgd", "learning_rate": 0.1,
    "embedding_learning_rate": 0.1, "train_fraction": 0.6,
  ]
  private static let parity: Values = [
    "input_dimension": 6, "secret_bits": 2, "hidden_units": 7, "train_examples": 9,
    "test_examples": 4, "batch_size": 4,
  ]

  private func finish(
    _ definition: ExperimentDefinition, _ values: Values, steps: Int,
    _ files: OrderedDictionary<String, RunInput> = [:]
  ) throws -> (records: [RunRecord], checkpoint: Safetensors) {
    let configuration = try definition.configuration(values, inputs: files.mapValues { _ in "a" })
    try TrainingRun.check(files, for: [configuration])
    var run = try TrainingRun(
      configuration, files: files, request: Request(maxSteps: steps, thresholds: Thresholds()))
    let records = TrainingRunTests.finish(&run).0
    return (records, try Safetensors(bytes: run.checkpoint().bytes))
  }

  private func problem(
    _ definition: ExperimentDefinition, _ values: Values, _ name: String, _ tensors: [Tensor]
  ) throws -> String? {
    let configuration = try definition.configuration(values, inputs: [name: "a"])
    do {
      try TrainingRun.check(
        [name: .tensors(Safetensors(tensors: tensors))], for: [configuration])
    } catch {
      return error.problem
    }
    return nil
  }

  private func vector(_ name: String, _ numbers: [Double]) -> Tensor {
    Tensor(name: name, shape: [numbers.count], elements: .float64(numbers))
  }

  @Test(arguments: ["mean-square", "cross-entropy"], ["float32", "float64"])
  func `a toy goes on from its checkpoint's weights and split as if it had not stopped`(
    loss: String, precision: String
  ) throws {
    let values = Self.toy.merging(["loss": .text(loss), "precision": .text(precision)]) { $1 }
      .filter { loss == "mean-square" || $0.key != "target_dimension" }
    let drawn = values.merging(["seed": 4, "split_seed": 3]) { $1 }
    let whole = try finish(.additionToy, drawn, steps: 50)
    let half = RunInput.tensors(try finish(.additionToy, drawn, steps: 20).checkpoint)
    let rest = try finish(
      .additionToy, values, steps: 30, ["initial_weights": half, "split": half])
    #expect(rest.records.last?.measurement == whole.records.last?.measurement)
    for name in ["embedding.weight", "layers.0.weight", "layers.2.bias", "train", "test"] {
      #expect(
        try rest.checkpoint.tensor(named: name) == (try whole.checkpoint.tensor(named: name)))
    }
  }

  @Test func `a split of a toy that does not fit is refused in one sentence`() throws {
    func problem(_ tensors: [Tensor]) throws -> String? {
      try self.problem(.additionToy, Self.toy, "split", tensors)
    }
    let targets = Tensor(
      name: "targets", shape: [9, 3], elements: .float64(Array(0..<27).map(Double.init)))
    #expect(try problem([vector("train", [0, 1, 24]), targets]) == nil)
    #expect(
      try problem([vector("train", [0, 5]), targets])
        == "split: train[1] is 5.0, which is no number i p + j with i ≤ j < p, p = 5")
    #expect(
      try problem([vector("train", [7, 7]), targets])
        == "split: train[1] is the pair 7, which is there twice")
    #expect(
      try problem([vector("train", [0]), vector("test", [0]), targets])
        == "split: test has 1 pairs, and has to be the 14 that train has not")
    #expect(
      try problem([vector("train", [0]), vector("targets", [1])])
        == "split: targets is [1], [9 × 3] is needed: a row a sum")
    let all = (0..<5).flatMap { i in (i..<5).map { Double(5 * i + $0) } }
    #expect(
      try problem([vector("train", all), targets])
        == "split: train has all pairs, and none is left to be tested")
  }

  @Test func `sparse parity learns the examples of a file`() throws {
    let drawn = try finish(.sparseParity, Self.parity.merging(["data_seed": 7]) { $1 }, steps: 20)
    let draws = SparseParityDraws(
      sizes: SparseParityDraws.Sizes(
        inputDimension: 6, secretBits: 2, hiddenUnits: 7, trainExamples: 9, testExamples: 4),
      seed: 0, dataSeed: 7)
    let file = Safetensors(tensors: [
      Tensor(name: "train", matrix: draws.trainInputs),
      Tensor(name: "test", matrix: draws.testInputs),
      vector("secret_bits", draws.secret.map(Double.init)),
    ])
    let given = try finish(.sparseParity, Self.parity, steps: 20, ["split": .tensors(file)])
    #expect(given.records == drawn.records)
    let other = try finish(.sparseParity, Self.parity, steps: 20)
    #expect(given.records != other.records)
  }

  @Test func `sparse parity begins with the weights of a checkpoint`() throws {
    let first = try finish(.sparseParity, Self.parity, steps: 20)
    let second = try finish(
      .sparseParity, Self.parity.merging(["seed": 3]) { $1 }, steps: 5,
      ["initial_weights": .tensors(first.checkpoint)])
    #expect(second.records.first?.measurement == first.records.last?.measurement)
    let biased = first.checkpoint.tensors.values.filter { $0.name != "layers.1.bias" }
    #expect(
      try problem(
        .sparseParity, Self.parity, "initial_weights", biased + [vector("layers.1.bias", [1])])
        == "initial_weights: layers.1.bias is not 0, and the outputs have no bias (output_bias: none)"
    )
  }

  @Test func `examples of sparse parity that do not fit are refused in one sentence`() throws {
    func matrix(_ name: String, _ rows: Int, last: Double = 1) -> Tensor {
      let numbers = Array(repeating: -1.0, count: 6 * rows - 1) + [last]
      return Tensor(name: name, shape: [rows, 6], elements: .float64(numbers))
    }
    func problem(_ tensors: [Tensor]) throws -> String? {
      try self.problem(.sparseParity, Self.parity, "split", tensors)
    }
    let bits = vector("secret_bits", [0, 5])
    #expect(try problem([matrix("train", 9), matrix("test", 4), bits]) == nil)
    #expect(
      try problem([matrix("train", 8), matrix("test", 4), bits])
        == "split: train is [8 × 6], [9 × 6] is needed")
    #expect(
      try problem([matrix("train", 9), matrix("test", 4, last: 0), bits])
        == "split: test[3, 5] is 0.0, 1 or −1 is needed")
    #expect(
      try problem([matrix("train", 9), matrix("test", 4), vector("secret_bits", [2, 2])])
        == "split: secret_bits has 2.0, different whole numbers below 6 are needed")
  }

  @Test func `what a file settles is no part of the run`() throws {
    let files: OrderedDictionary<String, String> = ["initial_weights": "a", "split": "b"]
    let toy = try ExperimentDefinition.additionToy.configuration([:], inputs: files)
    for name in ["seed", "weight_scale", "embedding_scale", "train_fraction", "split_seed"] {
      #expect(toy.parameters[name] == nil, "\(name)")
    }
    let parity = try ExperimentDefinition.sparseParity.configuration([:], inputs: files)
    #expect(parity.parameters["weight_scale"] == nil && parity.parameters["data_seed"] == nil)
    // It draws the batches, too.
    #expect(parity.parameters["seed"] == 0)
  }
}

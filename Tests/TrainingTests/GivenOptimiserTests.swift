import Experiments
import Foundation
import Networks
import OrderedCollections
import Testing
import Training

/// Runs that go on with an optimiser's moments from a file, among them those of `Benchmarks/fixtures/make_torch_continued.py`.
@Suite struct GivenOptimiserTests {
  typealias Values = OrderedDictionary<String, ParameterValue>

  private static let small: [String: Values] = [
    "embedding-mlp": ["p": 7, "hidden_units": 12, "embedding_width": 8],
    "one-layer-transformer": ["p": 7, "hidden_units": 12, "width": 8],
    "transformer": ["p": 7, "feed_forward": 12, "width": 8],
    "addition-toy": ["p": 5, "hidden_units": 7, "target_dimension": 3, "train_fraction": 0.6],
    // All examples in every batch: batches are counted from where a run begins.
    "sparse-parity": [
      "input_dimension": 6, "secret_bits": 2, "hidden_units": 7, "train_examples": 9,
      "test_examples": 4, "batch_size": 9,
    ],
  ]

  private static let optimisers: [Values] = [
    ["optimiser": "adamw", "weight_decay": 0.1],
    ["optimiser": "adam", "schedule": "cosine", "schedule_steps": 50],
    ["optimiser": "sgd", "momentum": 0.9, "weight_decay": 0.01],
    ["optimiser": "adamw", "grokfast": "ma", "grokfast_window": 7, "grokfast_lambda": 2],
    ["optimiser": "adamw", "grokfast": "ema", "grokfast_lambda": 2],
  ]

  private func finish(
    _ definition: ExperimentDefinition, _ values: Values, steps: Int,
    _ files: OrderedDictionary<String, RunInput> = [:]
  ) throws -> (summary: RunSummary, checkpoint: Safetensors) {
    let configuration = try definition.configuration(values, inputs: files.mapValues { _ in "a" })
    try TrainingRun.check(files, for: [configuration])
    var run = try TrainingRun(
      configuration, files: files, request: Request(maxSteps: steps, thresholds: Thresholds()))
    let summary = TrainingRunTests.finish(&run).1
    return (summary, try Safetensors(bytes: run.checkpoint().bytes))
  }

  @Test(arguments: small.keys.sorted(), optimisers)
  func `a run goes on from its weights and its optimiser as if it had not stopped`(
    name: String, optimiser: Values
  ) throws {
    let definition = try #require(Catalogue.experiment(named: name))
    let values = try #require(Self.small[name]).merging(optimiser) { $1 }
    let whole = try finish(definition, values, steps: 50)
    let half = RunInput.tensors(try finish(definition, values, steps: 20).checkpoint)
    let files: OrderedDictionary = ["initial_weights": half, "optimiser_state": half]
    let rest = try finish(definition, values, steps: 30, files)
    #expect(rest.summary.final == whole.summary.final)
    for tensor in whole.checkpoint.tensors.values {
      #expect(rest.checkpoint.tensors[tensor.name] == tensor, "\(tensor.name)")
    }
    let anew = try finish(definition, values, steps: 30, ["initial_weights": half])
    #expect(anew.summary.final != whole.summary.final)
  }

  @Test(arguments: ["float64", "float32"])
  func `AdamW of PyTorch's is continued with its losses`(precision: String) throws {
    struct Fixture: Decodable {
      struct Losses: Decodable {
        let train: [Double]
        let test: [Double]
      }
      let pause: Int
      let adamw: Losses
    }
    func url(_ name: String, _ ending: String) throws -> URL {
      try #require(
        Bundle.module.url(forResource: name, withExtension: ending, subdirectory: "Fixtures"))
    }
    func tensors(_ name: String) throws -> RunInput {
      .tensors(try Safetensors(bytes: Array(try Data(contentsOf: try url(name, "safetensors")))))
    }
    let fixture = try JSONDecoder().decode(
      Fixture.self, from: try Data(contentsOf: try url("torch-continued", "json")))
    let values: Values = [
      "p": 5, "embedding_width": 3, "hidden_units": 6, "optimiser": "adamw",
      "learning_rate": 0.01, "weight_decay": 0.1, "precision": .text(precision),
    ]
    let paused = try tensors("torch-adamw-paused")
    let files: OrderedDictionary = [
      "initial_weights": paused, "optimiser_state": paused, "split": try tensors("torch-split"),
    ]
    let summary = try finish(.embeddingMLP, values, steps: 10, files).summary
    let (train, test) = (
      try #require(summary.final.trainLoss), try #require(summary.final.testLoss)
    )
    let (expectedTrain, expectedTest) = (
      fixture.adamw.train[fixture.pause + 10], fixture.adamw.test[fixture.pause + 10]
    )
    let tolerance = precision == "float64" ? 1e-8 : 1e-5
    #expect((train - expectedTrain).magnitude < tolerance * expectedTrain)
    #expect((test - expectedTest).magnitude < tolerance * expectedTest)
  }

  @Test func `what no optimiser leaves is refused in one sentence`() throws {
    let values = try #require(Self.small["embedding-mlp"])
    let file = try finish(.embeddingMLP, values, steps: 3).checkpoint
    func problem(replacing name: String, by tensor: Tensor?) throws -> String? {
      var tensors = file.tensors
      tensors[name] = nil
      if let tensor { tensors[name] = tensor }
      do {
        _ = try finish(
          .embeddingMLP, values, steps: 1,
          [
            "initial_weights": .tensors(file),
            "optimiser_state": .tensors(Safetensors(tensors: Array(tensors.values))),
          ])
      } catch let error as TrainingError {
        return error.problem
      }
      return nil
    }
    let bias = "second_moment_layers.0.bias"
    func vector(_ numbers: [Double]) -> Tensor {
      Tensor(name: bias, shape: [numbers.count], elements: .float64(numbers))
    }
    let missing = try problem(replacing: bias, by: nil)
    #expect(missing?.hasPrefix("optimiser_state: there is no tensor \"\(bias)\"") == true)
    #expect(
      try problem(replacing: bias, by: vector([1, 2]))
        == "optimiser_state: \(bias) is [2], [12] is needed")
    #expect(
      try problem(replacing: bias, by: vector(Array(repeating: 0, count: 11) + [-1]))
        == "optimiser_state: \(bias) has a value below 0, -1.0")
    for steps in [1.5, -1] {
      let tensor = Tensor(name: "optimiser_steps", shape: [], elements: .float64([steps]))
      #expect(
        try problem(replacing: "optimiser_steps", by: tensor)
          == "optimiser_state: optimiser_steps is \(steps), not a number of steps")
    }
    #expect(
      try problem(replacing: bias, by: vector([1e300] + Array(repeating: 0, count: 11)))
        == "optimiser_state: \(bias) has a value that is not finite, at [0]")
    #expect(try problem(replacing: bias, by: file.tensors[bias]) == nil)
  }

  /// The former optimiser, the present one, and what tells that they differ.
  private static let others: [(former: Int, present: Values, name: String)] = [
    (0, ["optimiser": "sgd", "momentum": 0.9], "second_moment_"),
    (3, ["optimiser": "adamw", "grokfast": "ma", "grokfast_window": 5], "gradient_sum_"),
    (3, ["optimiser": "adamw", "grokfast": "ema"], "gradient_sum_"),
    (3, ["optimiser": "adamw"], "slow_gradient_"),
  ]

  @Test(arguments: others)
  func `what another optimiser has left is refused`(
    former: Int, present: Values, name: String
  ) throws {
    for experiment in Self.small.keys.sorted() {
      let definition = try #require(Catalogue.experiment(named: experiment))
      let values = try #require(Self.small[experiment])
      let left = RunInput.tensors(
        try finish(definition, values.merging(Self.optimisers[former]) { $1 }, steps: 3).checkpoint)
      let error = #expect(throws: TrainingError.self) {
        try finish(
          definition, values.merging(present) { $1 }, steps: 3,
          ["initial_weights": left, "optimiser_state": left])
      }
      let problem = error?.problem ?? ""
      #expect(problem.hasPrefix("optimiser_state: ") && problem.contains(name), "\(problem)")
      #expect(problem.hasSuffix(" is of another optimiser than the run's"), "\(problem)")
    }
  }

  @Test func `a trainer refuses a file that only a newer one knows`() throws {
    let configuration = try ExperimentDefinition.embeddingMLP.configuration(
      [:], inputs: ["optimiser_state_2": "a"])
    let error = #expect(throws: TrainingError.self) {
      try TrainingRun(configuration, request: Request(maxSteps: 1, thresholds: Thresholds()))
    }
    #expect(
      error?.problem
        == "optimiser_state_2: experiment embedding-mlp has no such parameter here; a newer groksweep may have it"
    )
  }

  @Test func `an optimiser's state without the weights that it belongs to is refused`() throws {
    let error = #expect(throws: ParameterError.self) {
      try ExperimentDefinition.embeddingMLP.checkFiles(["optimiser_state", "split"])
    }
    #expect(
      error?.description
        == "optimiser_state: expected initial_weights beside it, which it belongs to; found nothing"
    )
    try ExperimentDefinition.embeddingMLP.checkFiles(["optimiser_state", "initial_weights"])
  }
}

import Experiments
import Foundation
import LinearAlgebra
import Networks
import OrderedCollections
import Testing
import Training

/// Initial weights and splits from files, among them those of `Benchmarks/fixtures/make_torch_continued.py`.
@Suite struct GivenFilesTests {
  struct Fixture: Decodable {
    let p: Int
    let width: Int
    let hidden_units: Int
    let learning_rate: Double
    let weight_decay: Double
    let pause: Int
    /// Before each step and after the last.
    let train: [Double]
    let test: [Double]
  }

  private static let shas: OrderedDictionary<String, String> = [
    "initial_weights": String(repeating: "a", count: 64),
    "split": String(repeating: "b", count: 64),
  ]

  private func url(_ name: String, _ ending: String) throws -> URL {
    try #require(
      Bundle.module.url(forResource: name, withExtension: ending, subdirectory: "Fixtures"))
  }

  private func tensors(_ name: String) throws -> Safetensors {
    try Safetensors(bytes: Array(try Data(contentsOf: try url(name, "safetensors"))))
  }

  private func configuration(_ fixture: Fixture) throws -> Configuration {
    try ExperimentDefinition.embeddingMLP.configuration(
      [
        "p": .number(ExactDecimal(fixture.p)), "embedding_width": 3, "hidden_units": 6,
        "optimiser": "sgd", "learning_rate": 0.2, "weight_decay": 0.001, "precision": "float64",
      ], inputs: Self.shas)
  }

  private func run(from weights: String, steps: Int) throws -> (TrainingRun, [RunRecord], Fixture) {
    let fixture = try JSONDecoder().decode(
      Fixture.self, from: try Data(contentsOf: try url("torch-continued", "json")))
    var run = try TrainingRun(
      try configuration(fixture),
      files: [
        "initial_weights": .tensors(try tensors(weights)),
        "split": .tensors(try tensors("torch-split")),
      ], request: Request(maxSteps: steps, thresholds: Thresholds(loss: [], accuracy: [])))
    let (records, _) = TrainingRunTests.finish(&run)
    return (run, records, fixture)
  }

  private func check(_ records: [RunRecord], _ fixture: Fixture, from start: Int) throws {
    #expect(records.count > 5)
    for record in records {
      let (train, test) = (fixture.train[start + record.step], fixture.test[start + record.step])
      let found = (
        try #require(record.measurement.trainLoss), try #require(record.measurement.testLoss)
      )
      #expect((found.0 - train).magnitude < 1e-8 * train, "step \(record.step)")
      #expect((found.1 - test).magnitude < 1e-8 * test, "step \(record.step)")
    }
  }

  @Test func `a run of PyTorch's is continued with its losses`() throws {
    let (_, records, fixture) = try run(from: "torch-paused", steps: 10)
    try check(records, fixture, from: fixture.pause)
  }

  @Test func `a checkpoint has the weights that PyTorch would go on from`() throws {
    let (run, records, fixture) = try run(from: "torch-initial", steps: 50)
    try check(records, fixture, from: 0)
    let checkpoint = run.checkpoint()
    let expected = try tensors("torch-paused")
    #expect(
      expected.tensors.keys.sorted() == [
        "embedding.weight", "layers.0.bias", "layers.0.weight", "layers.1.bias", "layers.1.weight",
      ])
    for tensor in expected.tensors.values {
      let found = try checkpoint.tensor(named: tensor.name)
      #expect(found.shape == tensor.shape)
      for (one, other) in zip(found.doubles, tensor.doubles) {
        #expect((one - other).magnitude < 1e-10)
      }
    }
  }

  private func noisy(_ noise: Double, split: Safetensors?) throws -> TrainingRun {
    let configuration = try ExperimentDefinition.embeddingMLP.configuration(
      [
        "p": 7, "embedding_width": 4, "hidden_units": 4, "precision": "float64",
        "label_noise": .number(ExactDecimal(floatLiteral: noise)),
      ], inputs: split == nil ? [:] : ["split": String(repeating: "b", count: 64)])
    return try TrainingRun(
      configuration, files: split.map { ["split": .tensors($0)] } ?? [:],
      request: Request(maxSteps: 3, thresholds: Thresholds()))
  }

  @Test func `labels with noise are taken over with the split of a checkpoint`() throws {
    let checkpoint = try noisy(0.5, split: nil).checkpoint()
    #expect(
      try checkpoint.tensor(named: "train_labels")
        != noisy(0, split: nil).checkpoint().tensor(named: "train_labels"))
    let again = try noisy(0, split: checkpoint).checkpoint()
    for name in ["train", "test", "train_labels"] {
      #expect(try again.tensor(named: name) == checkpoint.tensor(named: name), "\(name)")
    }
    #expect(throws: TrainingError.self) { try noisy(0.5, split: checkpoint) }
    #expect(throws: Never.self) { try noisy(0.5, split: noisy(0, split: nil).checkpoint()) }
  }

  @Test(arguments: [
    ([1.0, 2], "train_labels is [2], [3] is needed"),
    ([1, 7, 0], "train_labels[1] is 7, labels are whole numbers from 0 to 6"),
    ([1, 2, 0.5], "train_labels[2] is 0.5, labels are whole numbers from 0 to 6"),
  ])
  func `labels of a split that are none are refused`(labels: [Double], problem: String) throws {
    func vector(_ name: String, _ numbers: [Double]) -> Tensor {
      Tensor(name: name, shape: [numbers.count], elements: .float64(numbers))
    }
    let file = Safetensors(tensors: [vector("train", [3, 1, 9]), vector("train_labels", labels)])
    let error = #expect(throws: TrainingError.self) { try noisy(0, split: file) }
    #expect(error?.problem == "split: \(problem)")
  }

  @Test func `labels of a split are those of its pairs in their order there`() throws {
    func vector(_ name: String, _ numbers: [Double]) -> Tensor {
      Tensor(name: name, shape: [numbers.count], elements: .float64(numbers))
    }
    let file = Safetensors(tensors: [
      vector("train", [30, 1, 9]), vector("train_labels", [6, 5, 4]),
    ])
    let checkpoint = try noisy(0, split: file).checkpoint()
    #expect(try checkpoint.tensor(named: "train").doubles == [1, 9, 30])
    #expect(try checkpoint.tensor(named: "train_labels").doubles == [5, 4, 6])
  }

  @Test func `what a file settles is no part of the run, and the file's digest is`() throws {
    let definition = ExperimentDefinition.embeddingMLP
    let given = try definition.configuration([:], inputs: Self.shas)
    for name in ["seed", "weight_scale", "initialisation", "train_fraction", "split_seed"] {
      #expect(given.parameters[name] == nil, "\(name)")
    }
    #expect(given.key == (try definition.configuration(["seed": 7], inputs: Self.shas).key))
    var others = Self.shas
    others["split"] = String(repeating: "c", count: 64)
    #expect(given.key != (try definition.configuration([:], inputs: others).key))
    let splitOnly = try definition.configuration([:], inputs: ["split": "b"])
    #expect(splitOnly.parameters["seed"] == 0 && splitOnly.parameters["split_seed"] == nil)
  }

  private static let experiments = ["embedding-mlp", "one-layer-transformer", "transformer"]

  private func small(_ experiment: String) -> OrderedDictionary<String, ParameterValue> {
    [
      "p": 7, experiment == "transformer" ? "feed_forward" : "hidden_units": 12,
      experiment == "embedding-mlp" ? "embedding_width" : "width": 8,
    ]
  }

  @Test(arguments: experiments)
  func `a checkpoint is a file of initial weights`(name: String) throws {
    let definition = try #require(Catalogue.experiment(named: name))
    let small = small(name)
    let request = Request(maxSteps: 20, thresholds: Thresholds(loss: [], accuracy: []))
    var first = try TrainingRun(try definition.configuration(small), request: request)
    let (records, _) = TrainingRunTests.finish(&first)
    let file = RunInput.tensors(try Safetensors(bytes: first.checkpoint().bytes))
    let configuration = try definition.configuration(small, inputs: ["initial_weights": "a"])
    try TrainingRun.check(["initial_weights": file], for: [configuration])
    var second = try TrainingRun(
      configuration, files: ["initial_weights": file], request: request)
    let continued = TrainingRunTests.finish(&second).0
    #expect(continued.first?.measurement == records.last?.measurement)
  }

  @Test(arguments: experiments)
  func `a checkpoint is a file of the split that was drawn`(name: String) throws {
    let definition = try #require(Catalogue.experiment(named: name))
    let small = small(name)
    let request = Request(maxSteps: 20, thresholds: Thresholds(loss: [], accuracy: []))
    var drawn = try TrainingRun(
      try definition.configuration(small.merging(["split_seed": 3]) { $1 }), request: request)
    let file = RunInput.tensors(try Safetensors(bytes: drawn.checkpoint().bytes))
    var given = try TrainingRun(
      try definition.configuration(small, inputs: ["split": "a"]), files: ["split": file],
      request: request)
    #expect(TrainingRunTests.finish(&given).0 == TrainingRunTests.finish(&drawn).0)
  }

  @Test func `weights of a layer more are refused, and what is no weight is not looked at`() throws
  {
    let definition = try #require(Catalogue.experiment(named: "embedding-mlp"))
    let small = small("embedding-mlp")
    let request = Request(maxSteps: 1, thresholds: Thresholds(loss: [], accuracy: []))
    let deep = try TrainingRun(
      try definition.configuration(small.merging(["hidden_layers": 2]) { $1 }), request: request
    ).checkpoint()
    let flat = try TrainingRun(try definition.configuration(small), request: request).checkpoint()
    let mask = Tensor(name: "mask", shape: [1], elements: .float32([0]))
    let weights = try definition.configuration(small, inputs: ["initial_weights": "a"])
    func check(_ tensors: [Tensor]) throws(TrainingError) {
      try TrainingRun.check(
        ["initial_weights": .tensors(Safetensors(tensors: tensors))], for: [weights])
    }
    try check(flat.tensors.values + [mask])
    let layers = deep.tensors.values.filter { flat.tensors[$0.name] == nil }
    let error = #expect(throws: TrainingError.self) { try check(flat.tensors.values + layers) }
    #expect(error?.description.contains("of a layer that this network has not got") == true)
  }

  @Test(arguments: experiments, ["float32", "float64"])
  func `a run goes on from its exported weights as if it had not stopped`(
    name: String, precision: String
  ) throws {
    let definition = try #require(Catalogue.experiment(named: name))
    // Gradient descent in full batches keeps nothing but the weights.
    let values = small(name).merging([
      "optimiser": "sgd", "learning_rate": 0.1, "weight_decay": 0.001, "warm_up": 0,
      "precision": .text(precision),
    ]) { $1 }
    func request(_ steps: Int) -> Request {
      Request(maxSteps: steps, thresholds: Thresholds(loss: [], accuracy: []))
    }
    var whole = try TrainingRun(try definition.configuration(values), request: request(50))
    let expected = TrainingRunTests.finish(&whole).1
    var first = try TrainingRun(try definition.configuration(values), request: request(20))
    _ = TrainingRunTests.finish(&first)
    let exported = try Safetensors(bytes: first.checkpoint().bytes)
    var second = try TrainingRun(
      try definition.configuration(values, inputs: ["initial_weights": "a"]),
      files: ["initial_weights": .tensors(exported)], request: request(30))
    let found = TrainingRunTests.finish(&second).1
    #expect(found.final == expected.final)
    #expect(found.initial != expected.initial)
    let (end, wholeEnd) = (second.checkpoint(), whole.checkpoint())
    let weights = exported.tensors.keys.filter { $0.hasSuffix("weight") || $0.hasPrefix("W_") }
    #expect(!weights.isEmpty)
    for weight in weights {
      #expect(try end.tensor(named: weight) == wholeEnd.tensor(named: weight))
    }
  }

  @Test(arguments: experiments)
  func `a file that does not fit is refused in one sentence`(name: String) throws {
    let definition = try #require(Catalogue.experiment(named: name))
    let configuration = try definition.configuration(["p": 3], inputs: Self.shas)
    func problem(_ files: OrderedDictionary<String, RunInput>) -> String? {
      do {
        try TrainingRun.check(files, for: [configuration])
      } catch {
        return error.problem
      }
      return nil
    }
    func vector(_ name: String, _ numbers: [Double]) -> Tensor {
      Tensor(name: name, shape: [numbers.count], elements: .float64(numbers))
    }
    let first = name == "one-layer-transformer" ? "W_E" : "embedding.weight"
    #expect(
      problem(["initial_weights": .tensors(Safetensors(tensors: [vector("x", [1])]))])
        == "initial_weights: there is no tensor \"\(first)\"; the file has x")
    let shape = name == "embedding-mlp" ? "[3 × 128]" : "[4 × 128]"
    #expect(
      problem(["initial_weights": .tensors(Safetensors(tensors: [vector(first, [1])]))])
        == "initial_weights: \(first) is [1], \(shape) is needed")
    #expect(
      problem([
        "split": .tensors(
          Safetensors(tensors: [vector("train", [0, 4]), vector("test", [1, 4])]))
      ]) == "split: test[1] is the pair (1, 1), which is in train, too")
    #expect(
      problem(["split": .tensors(Safetensors(tensors: [vector("train", [0, 4])]))]) == nil)
  }

  @Test func `an experiment without such files has no such parameter`() throws {
    #expect(throws: ParameterError.self) {
      try ExperimentDefinition.teacherStudent.configuration(["initial_weights": "a.safetensors"])
    }
  }

  @Test func `batches are drawn by the seed, which stays where weights are given`() throws {
    let definition = ExperimentDefinition.transformer
    let given = try definition.configuration([:], inputs: Self.shas)
    for name in ["attention_init", "position_deviation", "train_fraction", "split_seed"] {
      #expect(given.parameters[name] == nil, "\(name)")
    }
    #expect(given.parameters["seed"] == 0)
    #expect(given.key != (try definition.configuration(["seed": 7], inputs: Self.shas).key))
  }

  @Test func `a transformer's weights are described as its checkpoints have them`() throws {
    let text = try ExperimentDescription(named: "transformer").text
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for norm in ["post", "pre", "none"] as [ParameterValue] {
      let run = try TrainingRun(
        try ExperimentDefinition.transformer.configuration(
          small("transformer").merging(["layer_norm": norm]) { $1 }),
        request: Request(maxSteps: 1, thresholds: Thresholds(loss: [], accuracy: [])))
      let names = run.checkpoint().tensors.keys.filter {
        $0.hasSuffix("weight") || $0.hasSuffix("bias")
      }.filter { !$0.contains("moment") }
      #expect(names.count >= 20)
      for name in names {
        let short = name.replacingOccurrences(of: "layers.0.", with: "")
          .replacingOccurrences(of: "layers.1.", with: "")
        #expect(text.contains(short), "\(name)")
      }
    }
  }

  @Test func `the names of the weights are described`() throws {
    let text = try ExperimentDescription(named: "embedding-mlp").text
    for name in [
      "embedding.weight", "layers.l.weight", "layers.l.bias", "initial_weights", "split",
    ] {
      #expect(text.contains(name), "\(name)")
    }
  }
}

import Experiments
import Foundation
import LinearAlgebra
import Networks
import OrderedCollections
import Testing
import Training

/// Steps beside those of `Benchmarks/fixtures/make_torch_encoders.py`, from the same draws.
@Suite struct TorchEncoderTests {
  struct Fixture: Decodable {
    struct Setting: Decodable, CustomStringConvertible {
      let name: String
      let activation: String
      let norm: String
      let positions: String
      let causal: Bool
      let biases: Bool
      let sequence: String
      let token_logits: Bool
      let learning_rate: Double
      let weight_decay: Double
      let betas: [Double]
      let warm_up: Int
      /// The largest norm of a gradient; 0 for any.
      let clip_norm: Double
      let train_pairs: [Int]
      let names: [String]
      let shapes: [[Int]]
      let weights: [[Double]]
      /// At the start, by the weights' places.
      let gradient: [[Double]]
      let logits: [Double]
      /// Before each step and after the last.
      let losses: [Double]

      var description: String { name }
    }
    let p: Int
    let width: Int
    let heads: Int
    let feed_forward: Int
    let layers: Int
    let settings: [Setting]
  }

  private let fixture: Fixture

  init() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "torch-encoders", withExtension: "json", subdirectory: "Fixtures"))
    fixture = try JSONDecoder().decode(Fixture.self, from: try Data(contentsOf: url))
  }

  private func weights(_ setting: Fixture.Setting) -> [Tensor] {
    setting.names.indices.map {
      Tensor(
        name: setting.names[$0], shape: setting.shapes[$0], elements: .float64(setting.weights[$0])
      )
    }
  }

  private func draws(_ setting: Fixture.Setting) -> TransformerDraws {
    let norms: [String: TransformerShape.Norm] = ["post": .post, "pre": .pre]
    let sequences: [String: TransformerShape.Sequence] = [
      "a-b": .pair, "a-b-=": .equation, "eos-a-op-b-=": .statement,
    ]
    let shape = TransformerShape(
      modulus: fixture.p, layers: fixture.layers, width: fixture.width, heads: fixture.heads,
      feedForward: fixture.feed_forward,
      activation: Activation(rawValue: setting.activation) ?? .tanh,
      norm: norms[setting.norm] ?? .none,
      positions: setting.positions == "learned" ? .learned : .sinusoidal,
      isCausal: setting.causal, hasBiases: setting.biases,
      sequence: sequences[setting.sequence] ?? .equation, hasTokenLogits: setting.token_logits)
    return TransformerDraws(
      shape, weights: weights(setting),
      split: PairSplit(.subtraction, modulus: fixture.p, trainPairs: setting.train_pairs))
  }

  private func task(_ setting: Fixture.Setting) -> TransformerTask {
    var task = TransformerTask(
      batchSize: setting.train_pairs.count,
      optimiser: .adamW(beta1: setting.betas[0], beta2: setting.betas[1], epsilon: 1e-8),
      learningRate: setting.learning_rate, weightDecay: setting.weight_decay,
      warmUp: setting.warm_up)
    if setting.clip_norm > 0 { task.options.clipNorm = setting.clip_norm }
    return task
  }

  private func number(_ value: Double) throws -> ParameterValue {
    .number(try #require(ExactDecimal(value)))
  }

  /// The run of a setting, its weights and its split from files.
  private func run(
    _ setting: Fixture.Setting, weights: [Tensor], precision: ParameterValue
  ) throws -> TrainingRun {
    let files = [
      "initial_weights": Safetensors(tensors: weights),
      "split": Safetensors(tensors: [
        Tensor(
          name: "train", shape: [setting.train_pairs.count],
          elements: .float64(setting.train_pairs.map { Double($0) }))
      ]),
    ]
    let configuration = try ExperimentDefinition.transformer.configuration(
      [
        "p": .number(ExactDecimal(fixture.p)), "layers": .number(ExactDecimal(fixture.layers)),
        "width": .number(ExactDecimal(fixture.width)),
        "heads": .number(ExactDecimal(fixture.heads)),
        "feed_forward": .number(ExactDecimal(fixture.feed_forward)),
        "activation": .text(setting.activation), "layer_norm": .text(setting.norm),
        "positions": .text(setting.positions),
        "attention": setting.causal ? "causal" : "full",
        "biases": setting.biases ? "trained" : "none", "sequence": .text(setting.sequence),
        "logits": setting.token_logits ? "tokens" : "elements", "operation": "subtraction",
        "learning_rate": try number(setting.learning_rate),
        "weight_decay": try number(setting.weight_decay), "beta1": try number(setting.betas[0]),
        "beta2": try number(setting.betas[1]),
        "warm_up": .number(ExactDecimal(setting.warm_up)),
        "clip_norm": try number(setting.clip_norm), "precision": precision,
      ], inputs: ["initial_weights": "a", "split": "b"])
    var inputs: OrderedDictionary<String, RunInput> = [:]
    for (name, file) in files { inputs[name] = .tensors(try Safetensors(bytes: file.bytes)) }
    try TrainingRun.check(inputs, for: [configuration])
    return try TrainingRun(
      configuration, files: inputs,
      request: Request(maxSteps: 100, thresholds: Thresholds(loss: [], accuracy: [])))
  }

  private func norm(_ numbers: some Sequence<Double>) -> Double {
    numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  @Test func `a hundred steps in double precision have PyTorch's losses`() {
    #expect(fixture.settings.map(\.name) == ["tutorial", "power", "xu, rectified", "xu"])
    for setting in fixture.settings {
      var engine = TransformerEngine<Double>(task: task(setting), draws: draws(setting))
      #expect(setting.losses.count == 101)
      for (step, loss) in setting.losses.enumerated() {
        let found = engine.evaluate().train
        #expect((found - loss).magnitude < 1e-8 * loss, "\(setting), step \(step)")
        engine.descend()
      }
    }
  }

  @Test func `a run from weights and pairs of PyTorch's in files has its losses`() throws {
    for setting in fixture.settings {
      var run = try run(setting, weights: weights(setting), precision: "float64")
      let (records, _) = TrainingRunTests.finish(&run)
      #expect(records.count > 5 && records.last?.step == 100)
      for record in records {
        let (found, loss) = (
          try #require(record.measurement.trainLoss), setting.losses[record.step]
        )
        #expect((found - loss).magnitude < 1e-8 * loss, "\(setting), step \(record.step)")
      }
    }
  }

  @Test func `weights in either precision are read by a run in either precision`() throws {
    let setting = try #require(fixture.settings.first)
    let single = weights(setting).map { tensor in
      Tensor(
        name: tensor.name, shape: tensor.shape,
        elements: .float32(tensor.doubles.map { Float($0) }))
    }
    for weights in [single, weights(setting)] {
      for precision in ["float32", "float64"] as [ParameterValue] {
        let run = try run(setting, weights: weights, precision: precision)
        let checkpoint = run.checkpoint()
        for tensor in weights {
          let found = try checkpoint.tensor(named: tensor.name)
          #expect(found.shape == tensor.shape)
          #expect(found.doubles.map { Float($0) } == tensor.doubles.map { Float($0) })
        }
      }
    }
  }

  @Test func `in single precision logits, gradients and the first losses are PyTorch's`() throws {
    for setting in fixture.settings {
      let draws = draws(setting)
      var engine = TransformerEngine<Float>(task: task(setting), draws: draws)
      let logits = engine.logits(of: draws.split.train).elements.map { Double($0) }
      #expect(
        norm(zip(logits, setting.logits).map { $0 - $1 }) < 1e-5 * norm(setting.logits),
        "\(setting)")
      for (step, loss) in setting.losses.prefix(5).enumerated() {
        let found = engine.evaluate().train
        #expect((found - loss).magnitude < 1e-5 * loss, "\(setting), step \(step)")
        if step == 0 { try check(engine.gradient, setting) }
        engine.descend()
      }
    }
  }

  private func check(_ gradient: [Tensor], _ setting: Fixture.Setting) throws {
    let whole = norm(setting.gradient.joined())
    #expect(gradient.count == setting.names.count)
    for tensor in gradient {
      let slopes = setting.gradient[try #require(setting.names.firstIndex(of: tensor.name))]
      guard case .float32(let found) = tensor.elements else { continue }
      let miss = norm(zip(found, slopes).map { Double($0) - $1 })
      // Of a parameter whose gradient is next to nothing, as small a share of the whole one counts.
      #expect(miss < 1e-5 * max(norm(slopes), whole / 1000), "\(setting), \(tensor.name)")
    }
  }
}

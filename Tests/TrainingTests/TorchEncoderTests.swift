import Experiments
import Foundation
import LinearAlgebra
import Networks
import Testing

/// Steps beside those of `Benchmarks/fixtures/make_torch_encoders.py`, from the same draws.
@Suite struct TorchEncoderTests {
  struct Fixture: Decodable {
    struct Setting: Decodable, CustomStringConvertible {
      let name: String
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

  private func draws(_ setting: Fixture.Setting) -> TransformerDraws {
    let norms: [String: TransformerShape.Norm] = ["post": .post, "pre": .pre]
    let sequences: [String: TransformerShape.Sequence] = [
      "a-b": .pair, "a-b-=": .equation, "eos-a-op-b-=": .statement,
    ]
    let shape = TransformerShape(
      modulus: fixture.p, layers: fixture.layers, width: fixture.width, heads: fixture.heads,
      feedForward: fixture.feed_forward, norm: norms[setting.norm] ?? .none,
      positions: setting.positions == "learned" ? .learned : .sinusoidal,
      isCausal: setting.causal, hasBiases: setting.biases,
      sequence: sequences[setting.sequence] ?? .equation, hasTokenLogits: setting.token_logits)
    return TransformerDraws(
      shape,
      weights: setting.names.indices.map {
        Tensor(
          name: setting.names[$0], shape: setting.shapes[$0],
          elements: .float64(setting.weights[$0]))
      },
      split: PairSplit(.subtraction, modulus: fixture.p, trainPairs: setting.train_pairs))
  }

  private func task(_ setting: Fixture.Setting) -> TransformerTask {
    TransformerTask(
      batchSize: setting.train_pairs.count,
      optimiser: .adamW(beta1: setting.betas[0], beta2: setting.betas[1], epsilon: 1e-8),
      learningRate: setting.learning_rate, weightDecay: setting.weight_decay,
      warmUp: setting.warm_up)
  }

  private func norm(_ numbers: some Sequence<Double>) -> Double {
    numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  @Test func `a hundred steps in double precision have PyTorch's losses`() {
    #expect(fixture.settings.map(\.name) == ["tutorial", "power", "xu"])
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

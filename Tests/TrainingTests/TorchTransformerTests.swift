import Experiments
import Foundation
import LinearAlgebra
import Networks
import Testing

/// Steps beside those of `Benchmarks/fixtures/make_torch_transformer.py`, from the same draws.
@Suite struct TorchTransformerTests {
  struct Fixture: Decodable {
    struct Cell: Decodable {
      let optimiser: String
      let alpha: Double
      let centred: Bool
      let learning_rate: Double
      let weight_decay: Double
      let warm_up: Int
      /// Before each step and after the last.
      let losses: [Double]
      /// At the start, by the weights' names.
      let gradient: [String: [Double]]?
    }
    let p: Int
    let width: Int
    let heads: Int
    let hidden_units: Int
    let train_pairs: [Int]
    let beta1: Double
    let beta2: Double
    let momentum: Double
    let names: [String]
    let shapes: [[Int]]
    let weights: [[Double]]
    let logits: [Double]
    let cells: [Cell]
  }

  private let fixture: Fixture

  init() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "torch-transformer", withExtension: "json", subdirectory: "Fixtures"))
    fixture = try JSONDecoder().decode(Fixture.self, from: try Data(contentsOf: url))
  }

  private var draws: OneLayerTransformerDraws {
    OneLayerTransformerDraws(
      sizes: OneLayerTransformerDraws.Sizes(
        modulus: fixture.p, width: fixture.width, heads: fixture.heads,
        hiddenUnits: fixture.hidden_units),
      weights: fixture.names.indices.map {
        Tensor(
          name: fixture.names[$0], shape: fixture.shapes[$0],
          elements: .float64(fixture.weights[$0]))
      },
      split: PairSplit(.addition, modulus: fixture.p, trainPairs: fixture.train_pairs))
  }

  private func task(_ cell: Fixture.Cell) -> OneLayerTransformerTask {
    let rule: OptimiserRule =
      switch cell.optimiser {
      case "sgd": .momentum(fixture.momentum)
      case "adam": .adam(beta1: fixture.beta1, beta2: fixture.beta2, epsilon: 1e-8)
      default: .adamW(beta1: fixture.beta1, beta2: fixture.beta2, epsilon: 1e-8)
      }
    return OneLayerTransformerTask(
      alpha: cell.alpha, isCentred: cell.centred, optimiser: rule,
      learningRate: cell.learning_rate, weightDecay: cell.weight_decay, warmUp: cell.warm_up)
  }

  private func norm(_ numbers: some Sequence<Double>) -> Double {
    numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  @Test func `a hundred steps in double precision have PyTorch's losses`() {
    #expect(fixture.cells.map(\.optimiser) == ["adamw", "adamw", "adam", "sgd"])
    for cell in fixture.cells {
      var engine = OneLayerTransformerEngine<Double>(task: task(cell), draws: draws)
      #expect(cell.losses.count == 101)
      for (step, loss) in cell.losses.enumerated() {
        let found = engine.evaluate().train
        #expect((found - loss).magnitude < 1e-8 * loss, "\(cell.optimiser), step \(step)")
        engine.descend()
      }
    }
  }

  @Test func `in single precision logits, gradients and the first losses are PyTorch's`() throws {
    for cell in fixture.cells {
      var engine = OneLayerTransformerEngine<Float>(task: task(cell), draws: draws)
      let logits = engine.logits(of: draws.split.train).elements.map { Double($0) }
      let miss = norm(zip(logits, fixture.logits).map { $0 - $1 })
      #expect(miss < 1e-5 * norm(fixture.logits))
      for (step, loss) in cell.losses.prefix(5).enumerated() {
        let found = engine.evaluate().train
        #expect((found - loss).magnitude < 1e-5 * loss)
        if step == 0, let expected = cell.gradient { try check(engine.gradient, expected) }
        engine.descend()
      }
    }
  }

  private func check(_ gradient: [Tensor], _ expected: [String: [Double]]) throws {
    let whole = norm(expected.values.joined())
    #expect(gradient.count == expected.count)
    for tensor in gradient {
      let slopes = try #require(expected[tensor.name])
      guard case .float32(let found) = tensor.elements else { continue }
      let miss = norm(zip(found, slopes).map { Double($0) - $1 })
      // Of a parameter whose gradient is next to nothing, as small a share of the whole one counts.
      #expect(miss < 1e-5 * max(norm(slopes), whole / 1000), "\(tensor.name)")
    }
  }
}

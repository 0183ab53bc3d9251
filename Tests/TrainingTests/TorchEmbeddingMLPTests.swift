import Experiments
import Foundation
import LinearAlgebra
import Networks
import Testing

/// Steps beside those of `Benchmarks/fixtures/make_torch_embedding_mlp.py`, from the same draws.
@Suite struct TorchEmbeddingMLPTests {
  struct Fixture: Decodable {
    struct Cell: Decodable {
      let shared: Bool
      let summed: Bool
      let layers: Int
      let biases: Bool
      let activation: String
      let loss: String
      let alpha: Double
      let centred: Bool
      let optimiser: String
      let learning_rate: Double
      let weight_decay: Double
      let names: [String]
      let shapes: [[Int]]
      let weights: [[Double]]
      /// At the start, of the train set.
      let outputs: [Double]
      /// At the start, by the weights' names.
      let gradient: [String: [Double]]
      /// Before each step and after the last.
      let losses: [Double]
    }
    let p: Int
    let width: Int
    let hidden_units: Int
    let train_pairs: [Int]
    let beta1: Double
    let beta2: Double
    let momentum: Double
    let cells: [Cell]
  }

  private let fixture: Fixture

  init() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "torch-embedding-mlp", withExtension: "json", subdirectory: "Fixtures"))
    fixture = try JSONDecoder().decode(Fixture.self, from: try Data(contentsOf: url))
  }

  private func draws(_ cell: Fixture.Cell) -> EmbeddingMLPDraws {
    EmbeddingMLPDraws(
      sizes: EmbeddingMLPSizes(
        modulus: fixture.p, width: fixture.width,
        combination: cell.summed ? .summed : .concatenated,
        sharesEmbedding: cell.shared, hiddenLayers: cell.layers, hiddenUnits: fixture.hidden_units,
        hasBiases: cell.biases),
      weights: cell.names.indices.map {
        Tensor(
          name: cell.names[$0], shape: cell.shapes[$0], elements: .float64(cell.weights[$0]))
      },
      split: PairSplit(.addition, modulus: fixture.p, trainPairs: fixture.train_pairs))
  }

  private func task(_ cell: Fixture.Cell) throws -> EmbeddingMLPTask {
    let rule: OptimiserRule =
      switch cell.optimiser {
      case "sgd": .momentum(fixture.momentum)
      case "adam": .adam(beta1: fixture.beta1, beta2: fixture.beta2, epsilon: 1e-8)
      default: .adamW(beta1: fixture.beta1, beta2: fixture.beta2, epsilon: 1e-8)
      }
    return EmbeddingMLPTask(
      alpha: cell.alpha, isCentred: cell.centred,
      activation: try #require(Activation(rawValue: cell.activation)),
      loss: cell.loss == "mean-square" ? .meanSquare : .crossEntropy, optimiser: rule,
      learningRate: cell.learning_rate, weightDecay: cell.weight_decay)
  }

  private func norm(_ numbers: some Sequence<Double>) -> Double {
    numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  @Test func `a hundred steps in double precision have PyTorch's losses`() throws {
    #expect(fixture.cells.map(\.activation) == ["relu", "gelu", "tanh", "square"])
    #expect(fixture.cells.map(\.optimiser) == ["adamw", "adamw", "adam", "sgd"])
    for cell in fixture.cells {
      var engine = EmbeddingMLPEngine<Double>(task: try task(cell), draws: draws(cell))
      #expect(cell.losses.count == 101)
      for (step, loss) in cell.losses.enumerated() {
        let found = engine.evaluate().train
        #expect((found - loss).magnitude < 1e-8 * loss, "\(cell.activation), step \(step)")
        engine.descend()
      }
    }
  }

  @Test func `in single precision outputs, gradients and the first losses are PyTorch's`() throws {
    for cell in fixture.cells {
      let draws = draws(cell)
      var engine = EmbeddingMLPEngine<Float>(task: try task(cell), draws: draws)
      let outputs = engine.outputs(of: draws.split.train).elements.map { Double($0) / cell.alpha }
      let miss = norm(zip(outputs, cell.outputs).map { $0 - $1 })
      #expect(miss < 1e-5 * norm(cell.outputs))
      for (step, loss) in cell.losses.prefix(5).enumerated() {
        let found = engine.evaluate().train
        #expect((found - loss).magnitude < 1e-5 * loss)
        if step == 0 { try check(engine.gradient, cell) }
        engine.descend()
      }
    }
  }

  private func check(_ gradient: [Tensor], _ cell: Fixture.Cell) throws {
    let whole = norm(cell.gradient.values.joined())
    #expect(gradient.map(\.name) == cell.names)
    #expect(gradient.map(\.shape) == cell.shapes)
    for tensor in gradient {
      let slopes = try #require(cell.gradient[tensor.name])
      guard case .float32(let found) = tensor.elements else { continue }
      let miss = norm(zip(found, slopes).map { Double($0) - $1 })
      #expect(miss < 1e-5 * max(norm(slopes), whole / 1000), "\(cell.activation), \(tensor.name)")
    }
  }
}

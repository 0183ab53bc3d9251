import Foundation
import LinearAlgebra
import Networks
import Testing

/// Steps beside those of `Benchmarks/fixtures/make_torch_addition_toy.py`, from the same draws.
@Suite struct TorchAdditionToyTests {
  struct Fixture: Decodable {
    struct Cell: Decodable {
      let loss: String
      let width: Int
      let layers: Int
      let target_dimension: Int
      let alpha: Double
      let optimiser: String
      let learning_rate: Double
      let weight_decay: Double
      let embedding_learning_rate: Double
      let embedding_weight_decay: Double
      let names: [String]
      let shapes: [[Int]]
      let weights: [[Double]]
      /// Of the sums, row by row; none with cross-entropy.
      let targets: [Double]
      /// At the start, by the weights' names.
      let gradient: [String: [Double]]
      /// Of train and test set, before each step and after the last.
      let losses: [[Double]]
      /// How many pairs of train and test set are right, likewise.
      let correct: [[Int]]
    }
    let p: Int
    let train_places: [Int]
    let momentum: Double
    let cells: [Cell]
  }

  private let fixture: Fixture

  init() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "torch-addition-toy", withExtension: "json", subdirectory: "Fixtures"))
    fixture = try JSONDecoder().decode(Fixture.self, from: try Data(contentsOf: url))
  }

  private func draws(_ cell: Fixture.Cell) -> AdditionToyDraws {
    /// PyTorch has a row a unit, the engine a column.
    let matrices = zip(cell.shapes, cell.weights).map { shape, elements in
      shape.count == 1
        ? Matrix<Double>(rows: 1, columns: shape[0], elements: elements)
        : Matrix<Double>(rows: shape[0], columns: shape[1], elements: elements)
    }
    let layers = matrices.dropFirst().map { $0.rows == 1 ? $0 : $0.transposed }
    return AdditionToyDraws(
      embeddings: matrices[0], decoder: PerceptronLayers(matrices: layers),
      targets: cell.target_dimension == 0
        ? nil
        : Matrix(
          rows: 2 * fixture.p - 1, columns: cell.target_dimension, elements: cell.targets),
      trainPlaces: fixture.train_places)
  }

  private func task(_ cell: Fixture.Cell) -> AdditionToyTask {
    let rule: OptimiserRule =
      switch cell.optimiser {
      case "sgd": .momentum(fixture.momentum)
      case "adam": .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
      default: .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
      }
    return AdditionToyTask(
      alpha: cell.alpha, optimiser: rule, learningRate: cell.learning_rate,
      weightDecay: cell.weight_decay, embeddingLearningRate: cell.embedding_learning_rate,
      embeddingWeightDecay: cell.embedding_weight_decay)
  }

  private func norm(_ numbers: some Sequence<Double>) -> Double {
    numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  @Test func `a hundred steps in double precision have PyTorch's losses and predictions`() throws {
    #expect(fixture.cells.map(\.optimiser) == ["adamw", "adam", "sgd"])
    #expect(fixture.cells.map(\.loss) == ["mean-square", "cross-entropy", "mean-square"])
    for cell in fixture.cells {
      var engine = AdditionToyEngine<Double>(task: task(cell), draws: draws(cell))
      let pairs = fixture.p * (fixture.p + 1) / 2
      let counts = [fixture.train_places.count, pairs - fixture.train_places.count].map(Double.init)
      #expect(cell.losses.count == 101)
      #expect(Set(cell.correct.map(\.[0])).count > 2)
      for (step, losses) in cell.losses.enumerated() {
        let found = engine.evaluate()
        let accuracies = try #require(engine.accuracies)
        let words: Comment = "\(cell.optimiser), step \(step)"
        #expect((found.train - losses[0]).magnitude < 1e-8 * losses[0], words)
        #expect((found.test - losses[1]).magnitude < 1e-8 * losses[1], words)
        #expect(accuracies.train * counts[0] == Double(cell.correct[step][0]), words)
        #expect(accuracies.test * counts[1] == Double(cell.correct[step][1]), words)
        engine.descend()
      }
    }
  }

  @Test func `in single precision the gradients and the first losses are PyTorch's`() throws {
    for cell in fixture.cells {
      var engine = AdditionToyEngine<Float>(task: task(cell), draws: draws(cell))
      for (step, losses) in cell.losses.prefix(5).enumerated() {
        let found = engine.evaluate()
        #expect((found.train - losses[0]).magnitude < 1e-5 * losses[0])
        #expect((found.test - losses[1]).magnitude < 1e-5 * losses[1])
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
      let miss = norm(zip(tensor.doubles, slopes).map { $0 - $1 })
      #expect(miss < 1e-5 * max(norm(slopes), whole / 1000), "\(cell.optimiser), \(tensor.name)")
    }
  }
}

import Foundation
import LinearAlgebra
import Networks
import Testing

/// Steps beside those of `Benchmarks/fixtures/make_torch_sparse_parity.py`, from the same draws.
@Suite struct TorchSparseParityTests {
  struct Fixture: Decodable {
    struct Cell: Decodable {
      let loss: String
      let activation: String
      let output_bias: Bool
      let alpha: Double
      let optimiser: String
      let learning_rate: Double
      let weight_decay: Double
      let names: [String]
      let shapes: [[Int]]
      let weights: [[Double]]
      /// At the start, by the weights' names.
      let gradient: [String: [Double]]
      /// Of train and test set, before each step and after the last.
      let losses: [[Double]]
      /// How many examples of train and test set are right, likewise.
      let correct: [[Int]]
    }
    let bits: Int
    let secret: [Int]
    let momentum: Double
    let train_inputs: [Int]
    let test_inputs: [Int]
    let cells: [Cell]
  }

  private let fixture: Fixture

  init() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "torch-sparse-parity", withExtension: "json", subdirectory: "Fixtures"))
    fixture = try JSONDecoder().decode(Fixture.self, from: try Data(contentsOf: url))
  }

  private func draws(_ cell: Fixture.Cell) throws -> SparseParityDraws {
    /// PyTorch has a row a unit, the engine a column.
    var layers = zip(cell.shapes, cell.weights).map { shape, elements in
      shape.count == 1
        ? Matrix<Double>(rows: 1, columns: shape[0], elements: elements)
        : Matrix<Double>(rows: shape[0], columns: shape[1], elements: elements).transposed
    }
    if !cell.output_bias {
      layers.append(Matrix(rows: 1, columns: layers[layers.count - 1].columns))
    }
    func inputs(_ signs: [Int]) -> Matrix<Double> {
      Matrix(
        rows: signs.count / fixture.bits, columns: fixture.bits, elements: signs.map(Double.init))
    }
    return SparseParityDraws(
      secret: fixture.secret, trainInputs: inputs(fixture.train_inputs),
      testInputs: inputs(fixture.test_inputs),
      network: PerceptronLayers(
        matrices: layers, activation: try #require(Activation(rawValue: cell.activation))))
  }

  private func task(_ cell: Fixture.Cell) -> SparseParityTask {
    let rule: OptimiserRule =
      switch cell.optimiser {
      case "sgd": .momentum(fixture.momentum)
      case "adam": .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
      default: .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
      }
    let losses: [String: SparseParityTask.Loss] = [
      "mean-square": .meanSquare, "cross-entropy": .crossEntropy,
    ]
    return SparseParityTask(
      alpha: cell.alpha, loss: losses[cell.loss] ?? .hinge, hasOutputBias: cell.output_bias,
      batchSize: 1000, optimiser: rule, learningRate: cell.learning_rate,
      weightDecay: cell.weight_decay)
  }

  private func norm(_ numbers: some Sequence<Double>) -> Double {
    numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  @Test func `a hundred steps in double precision have PyTorch's losses and predictions`() throws {
    #expect(fixture.cells.map(\.optimiser) == ["sgd", "adam", "adamw", "adamw"])
    #expect(fixture.cells.map(\.loss) == ["hinge", "mean-square", "cross-entropy", "hinge"])
    for cell in fixture.cells {
      var engine = SparseParityEngine<Double>(
        task: task(cell), draws: try draws(cell), batchSeed: 0)
      #expect(cell.losses.count == 101)
      for (step, losses) in cell.losses.enumerated() {
        let found = engine.evaluate()
        let accuracies = try #require(engine.accuracies)
        let words: Comment = "\(cell.loss), \(cell.activation), step \(step)"
        #expect((found.train - losses[0]).magnitude <= 1e-8 * losses[0], words)
        #expect((found.test - losses[1]).magnitude <= 1e-8 * losses[1], words)
        #expect((accuracies.train * 40).rounded() == Double(cell.correct[step][0]), words)
        #expect((accuracies.test * 20).rounded() == Double(cell.correct[step][1]), words)
        engine.descend()
      }
    }
  }

  @Test func `in single precision the gradients and the first losses are PyTorch's`() throws {
    for cell in fixture.cells {
      var engine = SparseParityEngine<Float>(
        task: task(cell), draws: try draws(cell), batchSeed: 0)
      for (step, losses) in cell.losses.prefix(5).enumerated() {
        let found = engine.evaluate()
        #expect((found.train - losses[0]).magnitude < 1e-5 * losses[0])
        #expect((found.test - losses[1]).magnitude < 1e-5 * losses[1])
        if step == 0 { try check(engine.gradient, cell) }
        engine.descend()
      }
    }
  }

  private func check(_ gradient: [Matrix<Float>], _ cell: Fixture.Cell) throws {
    let whole = norm(cell.gradient.values.joined())
    for (place, name) in cell.names.enumerated() {
      let slopes = try #require(cell.gradient[name])
      let found = place % 2 == 0 ? gradient[place].transposed : gradient[place]
      let miss = norm(zip(found.elements, slopes).map { Double($0) - $1 })
      #expect(miss < 1e-5 * max(norm(slopes), whole / 1000), "\(cell.loss), \(name)")
    }
    guard !cell.output_bias else { return }
    #expect(gradient[gradient.count - 1].elements.allSatisfy { $0 == 0 })
  }
}

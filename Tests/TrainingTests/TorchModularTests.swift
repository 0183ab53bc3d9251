import Foundation
import LinearAlgebra
import Networks
import OrderedCollections
import Testing

/// Steps beside those of `Benchmarks/fixtures/make_torch_modular.py`, from the same draws.
@Suite struct TorchModularTests {
  struct Fixture: Decodable {
    struct Cell: Decodable {
      struct Record: Decodable {
        let step: Int
        let weight_norm: Double
        let train_loss: Double
        let test_loss: Double
        let train_accuracy: Double
        let test_accuracy: Double
      }
      let alpha: Double
      let learning_rate: Double
      let weight_decay: Double
      let momentum: Double
      let records: [Record]
    }
    let p: Int
    let hidden_units: Int
    let train_pairs: [Int]
    let w1: [Double]
    let w2: [Double]
    let cells: [Cell]
  }

  @Test func `losses, accuracies and weight norms are those of PyTorch's autograd and SGD`() throws
  {
    let url = try #require(
      Bundle.module.url(
        forResource: "torch-modular", withExtension: "json", subdirectory: "Fixtures"))
    let fixture = try JSONDecoder().decode(Fixture.self, from: try Data(contentsOf: url))
    let (p, units) = (fixture.p, fixture.hidden_units)
    let draws = ModularMLPDraws(
      embedding: Matrix<Double>(rows: units, columns: 2 * p, elements: fixture.w1).transposed,
      readout: Matrix<Double>(rows: p, columns: units, elements: fixture.w2),
      trainPairs: fixture.train_pairs)
    #expect(fixture.cells.count == 3)
    for cell in fixture.cells {
      let task = ModularMLPTask(
        alpha: cell.alpha, learningRate: cell.learning_rate, weightDecay: cell.weight_decay,
        momentum: cell.momentum)
      var engine = ModularMLPEngine<Double>(task: task, draws: draws)
      var step = 0
      for record in cell.records {
        while step < record.step {
          _ = engine.evaluate()
          engine.descend()
          step += 1
        }
        let losses = engine.evaluate()
        let accuracies = try #require(engine.accuracies)
        let norm = try #require(engine.observables()["weight_norm"])
        #expect((losses.train - record.train_loss).magnitude < 1e-9 * record.train_loss)
        #expect((losses.test - record.test_loss).magnitude < 1e-9 * record.test_loss)
        #expect((norm - record.weight_norm).magnitude < 1e-9 * record.weight_norm)
        #expect((accuracies.train - record.train_accuracy).magnitude < 1e-12)
        #expect((accuracies.test - record.test_accuracy).magnitude < 1e-12)
      }
    }
  }
}

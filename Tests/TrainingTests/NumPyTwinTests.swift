import Experiments
import Foundation
import Networks
import OrderedCollections
import Testing
import Training

/// Runs beside those of `Benchmarks/fixtures/make_numpy_twin.py`, from the same draws.
@Suite struct NumPyTwinTests {
  struct Fixture: Decodable {
    struct Cell: Decodable {
      struct Losses: Decodable {
        let step: Int
        let train_loss: Double
        let test_loss: Double
      }
      let alpha: String
      let epsilon: String
      let learning_rate: String
      let losses: [Losses]
      let crossings: Crossings
    }
    let sizes: [String: Int]
    let steps: Int
    let cells: [Cell]
  }

  private func resource(_ name: String, _ type: String) throws -> Data {
    let url = try #require(
      Bundle.module.url(forResource: name, withExtension: type, subdirectory: "Fixtures"))
    return try Data(contentsOf: url)
  }

  @Test(arguments: ["direct", "reduced"])
  func `every threshold is crossed at NumPy's step, with NumPy's losses on the way`(
    engine: String
  ) throws {
    let fixture = try JSONDecoder().decode(
      Fixture.self, from: try resource("numpy-twin", "json"))
    let draws = try Safetensors(bytes: Array(try resource("numpy-draws", "safetensors")))
    #expect(fixture.cells.count == 3)
    for cell in fixture.cells {
      var parameters: OrderedDictionary<String, ParameterValue> = [
        "engine": .text(engine), "precision": "float64",
      ]
      for (name, size) in fixture.sizes { parameters[name] = .number(ExactDecimal(size)) }
      for (name, text) in [
        ("alpha", cell.alpha), ("epsilon", cell.epsilon), ("learning_rate", cell.learning_rate),
      ] {
        parameters[name] = .number(try #require(ExactDecimal(text)))
      }
      let configuration = try ExperimentDefinition.polynomialRegression.configuration(
        parameters, inputs: ["data": "the digest is the trainer process's business"])
      func summary(after steps: Int) throws -> RunSummary {
        var run = try TrainingRun(
          configuration, files: ["data": .tensors(draws)],
          request: Request(
            maxSteps: steps,
            thresholds: ExperimentDefinition.polynomialRegression.thresholds))
        return TrainingRunTests.finish(&run).1
      }
      let whole = try summary(after: fixture.steps)
      for series in [Series.trainLoss, .testLoss] {
        for threshold in cell.crossings.thresholds(of: series) {
          #expect(
            whole.crossings.step(series, threshold) == cell.crossings.step(series, threshold))
        }
      }
      for losses in cell.losses {
        // A run's last step is measured, wherever it lies between the records.
        let final = try summary(after: losses.step).final
        let train = try #require(final.trainLoss)
        let test = try #require(final.testLoss)
        #expect((train - losses.train_loss).magnitude < 1e-9 * losses.train_loss)
        #expect((test - losses.test_loss).magnitude < 1e-9 * losses.test_loss)
      }
    }
  }
}

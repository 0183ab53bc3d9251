import Experiments
import LinearAlgebra
import Networks
import OrderedCollections
import Testing
import Training

/// Draws of polynomial regression that a file gives.
@Suite struct GivenDrawsTests {
  /// Draws of 3 components whose weights have so many independent columns, the others being sums of them.
  private static func draws(rank: Int) -> Safetensors {
    var generator = Xoshiro256(seed: 5, stream: 1)
    func normals(_ count: Int) -> [Double] {
      (0..<count).map { _ in Double(generator.next() % 2001) / 1000 - 1 }
    }
    let weights = (0..<8).flatMap { _ in
      let row = normals(rank)
      return (0..<3).map { $0 < rank ? row[$0] : row.reduce(0, +) }
    }
    return Safetensors(tensors: [
      Tensor(name: "x", shape: [4, 3], elements: .float64(normals(12))),
      Tensor(name: "beta", shape: [3], elements: .float64(normals(3))),
      Tensor(name: "w", shape: [8, 3], elements: .float64(weights)),
    ])
  }

  private func configuration(engine: ParameterValue) throws -> Configuration {
    try ExperimentDefinition.polynomialRegression.configuration(
      ["input_dimension": 3, "hidden_units": 8, "train_examples": 4, "engine": engine],
      inputs: ["data": "0f"])
  }

  private func run(rank: Int, engine: ParameterValue) throws -> TrainingRun {
    try TrainingRun(
      try configuration(engine: engine), files: ["data": .tensors(Self.draws(rank: rank))],
      request: Request(maxSteps: 2, thresholds: Thresholds()))
  }

  @Test func `weights of a lower rank than the inputs' dimension are not reduced`() throws {
    let error = TrainingError(
      "data: w has 2 independent columns of 3, and the reduced engine needs all of them; set engine to direct"
    )
    #expect(throws: error) { try run(rank: 2, engine: "auto") }
    _ = try run(rank: 2, engine: "direct")
    _ = try run(rank: 3, engine: "reduced")
    // Before anything runs, wherever among the runs the reduced one stands.
    let configurations = try [configuration(engine: "direct"), configuration(engine: "auto")]
    let files: OrderedDictionary<String, RunInput> = ["data": .tensors(Self.draws(rank: 2))]
    #expect(throws: error) { try TrainingRun.check(files, for: configurations) }
    try TrainingRun.check(files, for: [configurations[0]])
  }
}

import Foundation
import LinearAlgebra
import Networks
import Testing

/// Steps beside those of `Benchmarks/fixtures/make_torch_options.py`.
@Suite struct TorchOptimiserOptionsTests {
  struct Fixture: Decodable {
    struct Cell: Decodable {
      let optimiser: String
      let learning_rate: Double
      let weight_decay: Double
      let warm_up: Int
      let schedule: String
      let schedule_steps: Int
      let clip_norm: Double
      let towards_initial: Bool
      let keeps_norm: Bool
      let slow: String
      let slow_alpha: Double
      let slow_factor: Double
      let slow_window: Int
      /// After each step.
      let weights: [[Double]]

      var options: OptimiserOptions {
        var options = OptimiserOptions()
        switch schedule {
        case "linear": options.schedule = .linear(steps: schedule_steps)
        case "cosine": options.schedule = .cosine(steps: schedule_steps)
        default: break
        }
        options.clipNorm = clip_norm > 0 ? clip_norm : nil
        options.decaysTowardsInitial = towards_initial
        options.keepsNorm = keeps_norm
        switch slow {
        case "exponential":
          options.slowGradient = .exponential(decay: slow_alpha, factor: slow_factor)
        case "mean": options.slowGradient = .mean(window: slow_window, factor: slow_factor)
        default: break
        }
        return options
      }
    }
    let beta1: Double
    let beta2: Double
    let momentum: Double
    let start: [Double]
    let gradients: [[Double]]
    let cells: [Cell]
  }

  private let fixture: Fixture

  init() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "torch-options", withExtension: "json", subdirectory: "Fixtures"))
    fixture = try JSONDecoder().decode(Fixture.self, from: try Data(contentsOf: url))
  }

  /// The numbers as one matrix, or as two.
  private func matrices<Scalar: BLASScalar>(
    _ values: [Double], cut: Int?, _: Scalar.Type = Scalar.self
  ) -> [Matrix<Scalar>] {
    let parts = cut.map { [Array(values[..<$0]), Array(values[$0...])] } ?? [values]
    return parts.map { Matrix(rows: 1, columns: $0.count, elements: $0) }
  }

  private func optimiser<Scalar: BLASScalar>(
    _ cell: Fixture.Cell, for weights: [Matrix<Scalar>]
  ) -> Optimiser<Scalar> {
    let rule: OptimiserRule =
      switch cell.optimiser {
      case "sgd": .momentum(fixture.momentum)
      case "adam": .adam(beta1: fixture.beta1, beta2: fixture.beta2, epsilon: 1e-8)
      default: .adamW(beta1: fixture.beta1, beta2: fixture.beta2, epsilon: 1e-8)
      }
    return Optimiser(
      rule, learningRate: cell.learning_rate, weightDecay: cell.weight_decay,
      warmUp: cell.warm_up, options: cell.options, for: weights)
  }

  private func worst<Scalar: BLASScalar>(
    _ cell: Fixture.Cell, cut: Int?, _: Scalar.Type
  ) -> Double {
    var weights: [Matrix<Scalar>] = matrices(fixture.start, cut: cut)
    var optimiser = optimiser(cell, for: weights)
    var worst = 0.0
    for (gradient, after) in zip(fixture.gradients, cell.weights) {
      var gradients: [Matrix<Scalar>] = matrices(gradient, cut: cut)
      optimiser.step(&weights, &gradients)
      for (found, weight) in zip(weights.flatMap(\.elements), after) {
        worst = max(worst, (Double(found) - weight).magnitude / max(weight.magnitude, 0.01))
      }
    }
    return worst
  }

  @Test func `clipping, schedules, decay, norms and slow gradients take PyTorch's steps`() {
    #expect(fixture.cells.count == 10)
    for (number, cell) in fixture.cells.enumerated() {
      #expect(cell.weights.count == 40)
      for cut in [nil, 5] {
        #expect(worst(cell, cut: cut, Double.self) < 1e-12, "cell \(number)")
        #expect(worst(cell, cut: cut, Float.self) < 2e-5, "cell \(number)")
      }
    }
  }

  @Test func `a weight that no gradient moves stays at its initial value when decay is towards it`()
  {
    let rules: [OptimiserRule] = [
      .momentum(0.9), .adam(beta1: 0.9, beta2: 0.99, epsilon: 1e-8),
      .adamW(beta1: 0.9, beta2: 0.99, epsilon: 1e-8),
    ]
    var options = OptimiserOptions()
    options.decaysTowardsInitial = true
    for rule in rules {
      let start: Matrix<Float> = Matrix(rows: 1, columns: 3, elements: [0.1, -0.7, 0.3])
      var weights = [start]
      var optimiser = Optimiser(
        rule, learningRate: 0.001, weightDecay: 0.1, options: options, for: weights)
      for _ in 0..<50 {
        var gradients: [Matrix<Float>] = [Matrix(rows: 1, columns: 3, elements: [0, 0, 1])]
        optimiser.step(&weights, &gradients)
      }
      #expect(weights[0].elements.prefix(2) == start.elements.prefix(2), "\(rule)")
      #expect(weights[0].elements[2] != start.elements[2])
    }
  }

  @Test func `every option changes the steps`() {
    let last = fixture.cells.prefix(8).map { $0.weights[39] }
    #expect(Set(last).count == 8)
  }

  @Test func `restored, an optimiser goes on to the bit, and needs all that it remembers`() throws {
    for cell in fixture.cells {
      var weights: [Matrix<Float>] = matrices(fixture.start, cut: 5)
      var optimiser = optimiser(cell, for: weights)
      var copies = weights
      var copy = self.optimiser(cell, for: weights)
      for (step, gradient) in fixture.gradients.enumerated() {
        if step == 17 {
          copies = weights
          try copy.restore(Safetensors(tensors: optimiser.state()))
        }
        var gradients: [Matrix<Float>] = matrices(gradient, cut: 5)
        var same = gradients
        optimiser.step(&weights, &gradients)
        if step >= 17 { copy.step(&copies, &same) }
      }
      #expect(copies == weights)
      guard cell.slow != "none" else { continue }
      var tensors = optimiser.state()
      tensors.removeLast()
      #expect(throws: SafetensorsError.self) { try copy.restore(Safetensors(tensors: tensors)) }
    }
  }
}

import Foundation
import LinearAlgebra
import Networks
import Testing

/// Steps beside those of `Benchmarks/fixtures/make_torch_optimisers.py`.
@Suite struct TorchOptimiserTests {
  struct Fixture: Decodable {
    struct Rule: Decodable {
      let name: String
      let learning_rate: Double
      let weight_decay: Double
      let momentum: Double
      let beta1: Double
      let beta2: Double
      let epsilon: Double
      let weights: [[Double]]

      var rule: OptimiserRule {
        switch name {
        case "adam": .adam(beta1: beta1, beta2: beta2, epsilon: epsilon)
        case "adamw": .adamW(beta1: beta1, beta2: beta2, epsilon: epsilon)
        default: .momentum(momentum)
        }
      }
    }
    struct Student: Decodable {
      struct Record: Decodable {
        let step: Int
        let train_loss: Double
        let test_loss: Double
        let train_within: Double
        let test_within: Double
      }
      let alpha: Double
      let learning_rate: Double
      let weight_decay: Double
      let shapes: [[Int]]
      let weights: [[Double]]
      let x: [Double]
      let y: [Double]
      let test_x: [Double]
      let test_y: [Double]
      let records: [Record]
    }
    let start: [Double]
    let gradients: [[Double]]
    let rules: [Rule]
    let student: Student

    init(from file: URL) throws {
      self = try JSONDecoder().decode(Self.self, from: try Data(contentsOf: file))
    }
  }

  private let fixture: Fixture

  init() throws {
    fixture = try Fixture(
      from: try #require(
        Bundle.module.url(
          forResource: "torch-optimisers", withExtension: "json", subdirectory: "Fixtures")))
  }

  private func matrix<Scalar: BLASScalar>(_ values: [Double], rows: Int = 1) -> Matrix<Scalar> {
    Matrix(rows: rows, columns: values.count / rows, elements: values)
  }

  /// The largest relative difference after any step.
  private func worst<Scalar: BLASScalar>(_ expected: Fixture.Rule, _: Scalar.Type) -> Double {
    var weights: [Matrix<Scalar>] = [matrix(fixture.start)]
    var optimiser = Optimiser(
      expected.rule, learningRate: expected.learning_rate, weightDecay: expected.weight_decay,
      for: weights)
    var worst = 0.0
    for (gradient, after) in zip(fixture.gradients, expected.weights) {
      var gradients: [Matrix<Scalar>] = [matrix(gradient)]
      optimiser.step(&weights, &gradients)
      for (found, weight) in zip(weights[0].elements, after) {
        worst = max(worst, (Double(found) - weight).magnitude / max(weight.magnitude, 0.01))
      }
    }
    #expect(optimiser.steps == fixture.gradients.count)
    return worst
  }

  @Test func `every rule takes PyTorch's steps, in single precision to a millionth`() {
    #expect(fixture.rules.count == 6)
    #expect(fixture.gradients.count == 40)
    for rule in fixture.rules {
      #expect(worst(rule, Float.self) < 1e-6, "\(rule.name), decay \(rule.weight_decay)")
      // PyTorch's own rounding is all that is left.
      #expect(worst(rule, Double.self) < 5e-6, "\(rule.name), decay \(rule.weight_decay)")
    }
  }

  @Test func `a student learns as with PyTorch's autograd and AdamW`() throws {
    let student = fixture.student
    let (inputs, outputs) = (student.shapes[0][0], student.shapes[5][1])
    func examples(
      _ x: [Double], _ y: [Double]
    ) -> (inputs: Matrix<Double>, targets: Matrix<Double>) {
      (matrix(x, rows: x.count / inputs), matrix(y, rows: y.count / outputs))
    }
    let draws = TeacherStudentDraws(
      student: PerceptronLayers(
        matrices: zip(student.shapes, student.weights).map { matrix($1, rows: $0[0]) }),
      train: examples(student.x, student.y), test: examples(student.test_x, student.test_y))
    var engine = TeacherStudentEngine<Double>(
      task: TeacherStudentTask(
        alpha: student.alpha, learningRate: student.learning_rate,
        weightDecay: student.weight_decay), draws: draws)
    var step = 0
    for record in student.records {
      while step < record.step {
        _ = engine.evaluate()
        engine.descend()
        step += 1
      }
      let losses = engine.evaluate()
      #expect((losses.train - record.train_loss).magnitude < 1e-8 * record.train_loss)
      #expect((losses.test - record.test_loss).magnitude < 1e-8 * record.test_loss)
      let accuracies = try #require(engine.accuracies)
      #expect((accuracies.train - record.train_within).magnitude < 1e-12)
      #expect((accuracies.test - record.test_within).magnitude < 1e-12)
    }
    #expect(student.records.map(\.step) == [0, 1, 2, 10, 100, 400])
  }
}

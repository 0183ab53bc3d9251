import LinearAlgebra
import Networks
import OrderedCollections
import Testing

/// Tangent kernels of students and image classifiers, against those that slopes make.
@Suite struct PerceptronTangentsTests {
  private let student = TeacherStudentDraws(
    sizes: TeacherStudentDraws.Sizes(
      inputDimension: 3, hiddenUnits: 4, outputDimension: 2, trainExamples: 7, testExamples: 5),
    seed: 1)

  private func rows(_ matrix: Matrix<Double>) -> [[Double]] {
    (0..<matrix.rows).map { row in (0..<matrix.columns).map { matrix[row, $0] } }
  }

  private func slopes(
    _ weights: [Matrix<Double>], _ inputs: Matrix<Double>, alpha: Double
  ) -> SlopeKernel {
    SlopeKernel(weights) { weights in
      rows(PerceptronLayers(matrices: weights).outputs(of: inputs)).map { $0.map { alpha * $0 } }
    }
  }

  @Test func `a student's alignment is that of the kernel that all slopes of all outputs make`()
    throws
  {
    let task = TeacherStudentTask(alpha: 1.5, learningRate: 0.05)
    var engine = TeacherStudentEngine<Double>(task: task, draws: student)
    for _ in 0..<3 {
      let found = engine.costlyObservables()
      let expected = slopes(engine.weights, student.testInputs, alpha: 1.5)
        .alignments(rows(student.testTargets))
      #expect(abs(try #require(found["alignment"]) - expected.plain) < 1e-8)
      #expect(abs(try #require(found["centred_alignment"]) - expected.centred) < 1e-8)
      for _ in 0..<20 {
        _ = engine.evaluate()
        engine.descend()
      }
    }
  }

  @Test func `a student's regression is with the whole kernel that slopes make`() throws {
    var task = TeacherStudentTask(alpha: 1.5)
    task.linearisation = .regression
    let engine = TeacherStudentEngine<Double>(task: task, draws: student)
    let found = try #require(engine.initialObservables()["kernel_regression_loss"])
    let train = slopes(student.student.matrices, student.trainInputs, alpha: 1.5)
    let test = slopes(student.student.matrices, student.testInputs, alpha: 1.5)
    let places = (0..<7).flatMap { example in (0..<2).map { (example: example, output: $0) } }
    let kernel = places.map { left in
      places.map { train.kernel(left.example, left.output, train, $0.example, $0.output) }
    }
    let coefficients = SlopeKernel.solution(
      kernel,
      places.map {
        student.trainTargets[$0.example, $0.output] - train.outputs[$0.example][$0.output]
      })
    var sum = 0.0
    for example in 0..<5 {
      for output in 0..<2 {
        var value = test.outputs[example][output]
        for (place, coefficient) in zip(places, coefficients) {
          value += coefficient * test.kernel(example, output, train, place.example, place.output)
        }
        let error = value - student.testTargets[example, output]
        sum += error * error
      }
    }
    #expect((found / (sum / 10) - 1).magnitude < 1e-5)
    #expect(engine.observables()["linearised_test_loss"] == nil)
    task.linearisation = .none
    let plain = TeacherStudentEngine<Double>(task: task, draws: student)
    #expect(plain.initialObservables().isEmpty)
  }

  private func slopes(
    _ weights: [Matrix<Double>], _ set: LabelledImages, _ task: ImageMLPTask
  ) -> SlopeKernel {
    SlopeKernel(weights) { weights in
      set.labels.indices.map { ImageMLPEngineTests().outputs($0, of: set, weights, task) }
    }
  }

  /// Fewer train images than pixels: rectified units are nearly linear on them, and the kernel has an inverse.
  private static func fewImages(_ parametrisation: ImageMLPTask.Parametrisation) -> ImageMLPDraws {
    let draws = ImageMLPEngineTests.draws(parametrisation)
    let (images, labels) = (draws.train.images, draws.train.labels)
    return ImageMLPDraws(
      weights: draws.weights, classes: 3,
      train: LabelledImages(
        images: Matrix(rows: 5, columns: 6, elements: Array(images.elements.prefix(30))),
        labels: Array(labels.prefix(5))),
      test: draws.test)
  }

  private func oneHot(_ set: LabelledImages) -> [[Double]] {
    set.labels.map { label in (0..<3).map { $0 == label ? 1 : 0 } }
  }

  @Test(arguments: ImageMLPEngineTests.parametrisations)
  func `a classifier's alignment is that of the kernel that all slopes of all outputs make`(
    parametrisation: ImageMLPTask.Parametrisation
  ) throws {
    let task = ImageMLPTask(
      alpha: 1.5, parametrisation: parametrisation, batchSize: 5, learningRate: 0.01)
    let draws = ImageMLPEngineTests.draws(parametrisation)
    var engine = ImageMLPEngine<Double>(task: task, draws: draws)
    for _ in 0..<3 {
      let found = engine.costlyObservables()
      let expected = slopes(engine.weights, draws.test, task).alignments(oneHot(draws.test))
      #expect(abs(try #require(found["alignment"]) - expected.plain) < 1e-7)
      #expect(abs(try #require(found["centred_alignment"]) - expected.centred) < 1e-7)
      for _ in 0..<10 {
        _ = engine.evaluate()
        engine.descend()
      }
    }
  }

  @Test(arguments: ImageMLPEngineTests.parametrisations)
  func `a classifier's regression takes the classes' mean kernel for each of them`(
    parametrisation: ImageMLPTask.Parametrisation
  ) throws {
    var task = ImageMLPTask(alpha: 1.5, parametrisation: parametrisation)
    task.hasKernelRegression = true
    let draws = Self.fewImages(parametrisation)
    let engine = ImageMLPEngine<Double>(task: task, draws: draws)
    let found = try #require(engine.initialObservables()["kernel_regression_loss"])
    let train = slopes(draws.weights, draws.train, task)
    let test = slopes(draws.weights, draws.test, task)
    let kernel = (0..<5).map { row in (0..<5).map { train.trace(row, train, $0) / 3 } }
    var sum = 0.0
    for output in 0..<3 {
      let coefficients = SlopeKernel.solution(
        kernel, (0..<5).map { oneHot(draws.train)[$0][output] - train.outputs[$0][output] })
      for example in 0..<7 {
        var value = test.outputs[example][output]
        for (place, coefficient) in coefficients.enumerated() {
          value += coefficient * test.trace(example, train, place) / 3
        }
        let error = value - oneHot(draws.test)[example][output]
        sum += error * error
      }
    }
    #expect((found / (sum / 21) - 1).magnitude < 1e-5)
    task.hasKernelRegression = false
    #expect(ImageMLPEngine<Double>(task: task, draws: draws).initialObservables().isEmpty)
  }
}

import LinearAlgebra
import Networks
import OrderedCollections
import Testing

@Suite struct EigenvectorLabelsTests {
  private static let sizes = PolynomialRegressionDraws.Sizes(
    inputDimension: 6, hiddenUnits: 4, trainExamples: 9, testExamples: 9)

  private static let task: PolynomialRegressionTask = {
    var task = PolynomialRegressionTask(
      alpha: 1.3, epsilon: 0.25, learningRate: 0.5, testLoss: .sample)
    task.sigma = 1.2
    return task
  }()

  private func draws(_ eigenvector: Int, seed: Int = 1) throws -> PolynomialRegressionDraws {
    try PolynomialRegressionDraws(
      eigenvector: eigenvector, sizes: Self.sizes, task: Self.task, seed: seed)
  }

  /// The labels of all points, train set first.
  private func labels(_ eigenvector: Int, seed: Int = 1) throws -> [Double] {
    let labels = try #require(try draws(eigenvector, seed: seed).givenLabels)
    return labels.train + labels.test
  }

  /// The kernel of all gradients on all points, one element at a time, less the mean of its elements.
  private func kernel(seed: Int) throws -> [[Double]] {
    let twin = PolynomialRegressionTwin(task: Self.task, draws: try draws(1, seed: seed))
    let gradients = (twin.train.inputs + twin.test.inputs).map { twin.gradient(at: $0) }
    let kernel = gradients.map { left in
      gradients.map { PolynomialRegressionTwin.dot(left, $0) }
    }
    let sum = kernel.reduce(0) { $0 + $1.reduce(0, +) }
    return kernel.map { row in row.map { $0 - sum / Double(kernel.count * kernel.count) } }
  }

  @Test(arguments: [1, 2])
  func `the labels are the eigenvectors of the initial kernel, from the greatest eigenvalue down`(
    seed: Int
  ) throws {
    let kernel = try kernel(seed: seed)
    var last = Double.infinity
    for eigenvector in 1...18 {
      let y = try labels(eigenvector, seed: seed)
      #expect((PolynomialRegressionTwin.dot(y, y) - 1).magnitude < 1e-12)
      let product = kernel.map { PolynomialRegressionTwin.dot($0, y) }
      let eigenvalue = PolynomialRegressionTwin.dot(product, y)
      for (found, expected) in zip(product, y) {
        #expect((found - eigenvalue * expected).magnitude < 1e-12)
      }
      #expect(eigenvalue < last + 1e-12)
      last = eigenvalue
      #expect(y.max(by: { $0.magnitude < $1.magnitude }) ?? 0 > 0)
    }
  }

  @Test func `the labels are as long as the label scale`() throws {
    var task = Self.task
    task.labelScale = 3
    let scaled = try PolynomialRegressionDraws(
      eigenvector: 4, sizes: Self.sizes, task: task, seed: 1)
    let expected = try labels(4).map { 3 * $0 }
    #expect(scaled.givenLabels.map { $0.train + $0.test } == expected)
  }

  @Test func `points and weights are those that polynomial regression draws`() throws {
    var plain = PolynomialRegressionDraws(sizes: Self.sizes, seed: 1)
    plain.prepareWeights(for: Self.task, interpolation: 0)
    for eigenvector in [1, 7] {
      let draws = try draws(eigenvector)
      #expect(draws.weights == plain.weights && draws.examples == plain.examples)
      #expect(draws.testExamples == plain.testExamples)
    }
  }

  @Test(arguments: [1, 5, 18])
  func `the direct engine learns the labels that it is handed`(eigenvector: Int) throws {
    let draws = try draws(eigenvector)
    var engine = DirectEngine<Double>(task: Self.task, draws: draws)
    var twin = PolynomialRegressionTwin(task: Self.task, draws: draws)
    let start = engine.evaluate()
    let sum = Double(Self.sizes.trainExamples) * (start.train + start.test)
    #expect((sum - 1).magnitude < 1e-12)
    for _ in 0..<200 {
      let losses = engine.evaluate()
      #expect((losses.train - twin.loss(twin.train)).magnitude < 1e-10)
      #expect((losses.test - twin.loss(twin.test)).magnitude < 1e-10)
      engine.descend()
      twin.descend()
    }
    #expect(engine.evaluate().train < start.train)
    // What the population's loss is made of means nothing here.
    #expect(engine.observables()["variance"] == nil)
  }

  @Test func `a kernel that overflows has no eigenvectors`() {
    var task = Self.task
    task.alpha = 1e200
    #expect(throws: LinearAlgebraError.self) {
      try PolynomialRegressionDraws(eigenvector: 1, sizes: Self.sizes, task: task, seed: 1)
    }
  }
}

public import LinearAlgebra

extension PolynomialRegressionDraws {
  /// Draws 2P points and initial weights, and labels the points with an eigenvector of their initial kernel.
  ///
  /// The kernel is that of the gradients by W, with the mean of all its elements taken off each; half of the points
  /// are the train set and half the test set. The points, weights and streams are those that
  /// `init(sizes:seed:)` draws. Kumar et al. 2024, Fig. 5, and the authors' code.
  ///
  /// - Parameters:
  ///   - eigenvector: k, from 1 for the greatest eigenvalue to 2P for the least.
  ///   - sizes: as many test as train examples.
  ///   - task: α, φ and σ; `labelScale` is the length of the labels of all 2P points.
  ///   - seed: of the generator.
  /// - Throws: `LinearAlgebraError` if the kernel is not finite.
  public init(
    eigenvector: Int, sizes: Sizes, task: PolynomialRegressionTask, seed: Int
  ) throws(LinearAlgebraError) {
    let count = sizes.trainExamples
    precondition(
      sizes.testExamples == count && (1...2 * count).contains(eigenvector),
      "eigenvector \(eigenvector) of \(count) and \(sizes.testExamples) points")
    self.init(sizes: sizes, seed: seed)
    prepareWeights(for: task, interpolation: 0)
    var kernel = initialKernel(task: task)
    let mean = kernel.elements.reduce(0, +) / Double(kernel.rows * kernel.columns)
    for row in 0..<kernel.rows {
      for column in 0..<kernel.columns { kernel[row, column] -= mean }
    }
    let vectors = try SymmetricEigensystem(of: kernel).vectors
    let labels = (0..<2 * count).map { task.labelScale * vectors[eigenvector - 1, $0] }
    givenLabels = (Array(labels.prefix(count)), Array(labels.suffix(count)))
  }
}

import LinearAlgebra
import Networks
import Testing

@Suite struct InitialKernelSpectrumTests {
  /// Eigenvalues of the kernel of a wide network on many examples, divided by their number; the mean over draws.
  private func sampled(
    _ task: PolynomialRegressionTask, dimension: Int, units: Int
  ) throws -> [Double] {
    let (examples, draws) = (400, 8)
    useOneBLASThread()
    var means = [Double](repeating: 0, count: examples)
    for seed in 0..<draws {
      var draw = PolynomialRegressionDraws(
        sizes: PolynomialRegressionDraws.Sizes(
          inputDimension: dimension, hiddenUnits: units, trainExamples: examples), seed: seed)
      draw.prepareWeights(for: task, interpolation: 0)
      let system = try SymmetricEigensystem(of: draw.initialKernel(task: task))
      for (place, value) in system.values.enumerated() {
        means[place] += value / Double(examples * draws)
      }
    }
    return means
  }

  @Test(arguments: [(0.5, 1.0), (0.2, 2.0)])
  func `the eigenvalues are those of a wide network's kernel on many examples`(
    epsilon: Double, sigma: Double
  ) throws {
    let (dimension, units) = (6, 1500)
    var task = PolynomialRegressionTask(alpha: 1.7, epsilon: epsilon)
    task.sigma = sigma
    let values = try sampled(task, dimension: dimension, units: units)
    let spectrum = InitialKernelSpectrum(
      task: task, inputDimension: dimension, hiddenUnits: units)
    // At these ε and D the groups lie apart, in this order.
    var start = 0
    for group in [spectrum.linear, spectrum.radial, spectrum.quadratic] {
      let found = values[start..<start + group.multiplicity]
      let mean = found.reduce(0, +) / Double(group.multiplicity)
      #expect((mean / group.value - 1).magnitude < 0.03, "\(group): \(mean / group.value)")
      start += group.multiplicity
    }
    #expect(start == dimension + dimension * (dimension + 1) / 2)
    #expect(values[start].magnitude < 1e-6 * spectrum.quadratic.value)
  }

  @Test func `the eigenvalues add up to the mean of the kernel's diagonal`() {
    let task = PolynomialRegressionTask(alpha: 0.7, epsilon: 0.3)
    let spectrum = InitialKernelSpectrum(task: task, inputDimension: 9, hiddenUnits: 20)
    let trace = [spectrum.linear, spectrum.radial, spectrum.quadratic].reduce(0.0) {
      $0 + Double($1.multiplicity) * $1.value
    }
    // E|x|² = 1 and E|x|⁴ = 1 + 2/D.
    let expected = 0.7 * 0.7 / 20 * (1 + 0.3 * 0.3 * (1 + 2.0 / 9))
    #expect((trace - expected).magnitude < 1e-12)
  }
}

import Experiments
import OrderedCollections
import Testing
import Training

/// What published figures show, at sizes that take seconds.
///
/// Kumar et al. 2024 (arXiv 2310.06110), Fig. 3a, 5, 7 and 9. D is 40 where the paper has 100; docs/reproductions.md has the figures at the paper's sizes.
@Suite struct KumarFiguresTests {
  typealias Values = OrderedDictionary<String, ParameterValue>

  private func finish(
    _ definition: ExperimentDefinition, _ values: Values, seed: Int, maxSteps: Int,
    criterion: GrokkedRule? = nil
  ) throws -> ([RunRecord], RunSummary) {
    let given = values.merging(["seed": ParameterValue(integerLiteral: seed)]) { $1 }
    var run = try TrainingRun(
      try definition.configuration(given),
      request: Request(
        maxSteps: maxSteps, criterion: criterion, thresholds: definition.thresholds))
    return TrainingRunTests.finish(&run)
  }

  /// Steps from a train loss to a test loss of 0.3, a tenth of what both begin with.
  ///
  /// In the scaling of Fig. 3a; nil if the second is not reached within 10,000 steps.
  private func delay(alpha: ParameterValue, sigma: ParameterValue, seed: Int) throws -> Int? {
    let rule = GrokkedRule(measure: .loss, train: 0.3, test: 0.3)
    let (_, summary) = try finish(
      .polynomialRegression,
      [
        "scaling": "fig3a", "input_dimension": 40, "hidden_units": 100, "train_examples": 180,
        "epsilon": 0.25, "learning_rate": 0.5, "alpha": alpha, "sigma": sigma,
      ], seed: seed, maxSteps: 10_000, criterion: rule)
    let train = try #require(summary.crossings.step(.trainLoss, rule.train))
    return summary.crossings.step(.testLoss, rule.test).map { $0 - train }
  }

  @Test(arguments: 0..<3)
  func `figures 3a and 7: the delay grows with α and with σ, and depends on σ²α alone`(
    seed: Int
  ) throws {
    // α at σ = 1, σ at α = 1, and both at once, of the same σ²α.
    let places: [(alpha: ParameterValue, sigma: ParameterValue, both: Values)] = [
      (0.0625, 0.25, ["alpha": 0.25, "sigma": 0.5]), (0.25, 0.5, ["alpha": 1, "sigma": 0.5]),
      (1, 1, ["alpha": 0.25, "sigma": 2]), (4, 2, ["alpha": 1, "sigma": 2]),
    ]
    var last = 0
    for place in places {
      let ofAlpha = try delay(alpha: place.alpha, sigma: 1, seed: seed) ?? .max
      let ofSigma = try delay(alpha: 1, sigma: place.sigma, seed: seed) ?? .max
      let ofBoth =
        try delay(
          alpha: place.both["alpha"] ?? 1, sigma: place.both["sigma"] ?? 1, seed: seed) ?? .max
      // Each time σ²α is four times as large.
      #expect(ofAlpha > 2 * last && ofSigma > 2 * last, "\(place.alpha): \(ofAlpha), \(ofSigma)")
      for other in [ofSigma, ofBoth] {
        // So few units have moments of their own: equal they are not.
        let ratio = Double(other) / Double(ofAlpha)
        #expect((1 / 1.5...1.5).contains(ratio), "α = \(place.alpha): \(ofAlpha) and \(other)")
      }
      last = min(ofAlpha, .max / 4)
    }
  }

  /// Test losses in units of the initial one: once the train loss has fallen to a tenth, and in the end.
  private func testLosses(trainExamples: ParameterValue, seed: Int) throws -> (
    fitted: Double, end: Double
  ) {
    let (records, summary) = try finish(
      .polynomialRegression,
      [
        "input_dimension": 40, "hidden_units": 100, "epsilon": 0.5, "learning_rate": 0.5,
        "train_examples": trainExamples,
      ], seed: seed, maxSteps: 20_000)
    let initial = summary.initial
    let (train, test) = (try #require(initial.trainLoss), try #require(initial.testLoss))
    let fitted = try #require(
      records.first { record in record.measurement.trainLoss.map { $0 < train / 10 } ?? false })
    return (
      try #require(fitted.measurement.testLoss) / test, try #require(summary.final.testLoss) / test
    )
  }

  @Test(arguments: 0..<3)
  func `figure 9: few examples are memorised, more are generalised late, many at once`(
    seed: Int
  ) throws {
    let few = try testLosses(trainExamples: 50, seed: seed)
    #expect(few.end > 0.7, "P = 50: \(few)")
    let more = try testLosses(trainExamples: 120, seed: seed)
    #expect(more.fitted > 0.5 && more.end < 0.8 * more.fitted, "P = 120: \(more)")
    #expect(more.end < few.end && more.end > 0.2, "P = 120: \(more)")
    let many = try testLosses(trainExamples: 500, seed: seed)
    #expect(many.fitted < 0.5 && many.end < 0.02, "P = 500: \(many)")
  }

  @Test(arguments: 0..<3)
  func `figure 5: an aligned label is learned at once, another late, an orthogonal one never`(
    seed: Int
  ) throws {
    func run(_ eigenvector: ParameterValue) throws -> (train: Int, test: Int?, growth: Double) {
      let (_, summary) = try finish(
        .eigenvectorLabels, ["eigenvector": eigenvector], seed: seed, maxSteps: 3000)
      return (
        try #require(summary.crossings.step(.trainLoss, 0.0005)),
        summary.crossings.step(.testLoss, 0.0025),
        try #require(summary.final.testLoss) / (try #require(summary.initial.testLoss))
      )
    }
    let aligned = try run(1)
    #expect(try #require(aligned.test) <= aligned.train)
    let between = try run(70)
    #expect(try #require(between.test) > 2 * between.train)
    let orthogonal = try run(100)
    #expect(orthogonal.test == nil && orthogonal.growth > 1.5)
  }
}

import PhaseMaps
import Testing

@Suite struct ProportionAndRankTests {
  /// Expected: `scipy.stats.binomtest(k, n).proportion_ci(method="wilson")`, and Wilson's formula.
  @Test(arguments: [
    (4, 5, 0.3755346297625253, 0.9637758913675698),
    (0, 5, 0.0, 0.43448246478317476),
    (5, 5, 0.5655175352168252, 1.0),
    (81, 263, 0.2552885198782742, 0.36620957698280004),
  ])
  func `the interval of a share is Wilson's`(
    successes: Int, count: Int, lower: Double, upper: Double
  ) {
    let interval = Proportion(successes: successes, of: count).interval
    #expect(abs(interval.lowerBound - lower) < 1e-12)
    #expect(abs(interval.upperBound - upper) < 1e-12)
  }

  /// Expected: `scipy.stats.spearmanr(left, right)`.
  @Test func `Spearman's correlation shares the ranks of ties`() throws {
    let tied = try #require(
      RankCorrelation.spearman([1, 2, 2, 3, 5, 5, 5, 8], [3, 1, 4, 4, 9, 7, 7, 8]))
    #expect(abs(tied - 0.8759284757666266) < 1e-12)
    let small = try #require(RankCorrelation.spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]))
    #expect(abs(small - 0.8207826816681233) < 1e-12)
  }

  @Test func `Spearman's correlation of a monotone relation is one, of a constant undefined`() {
    #expect(RankCorrelation.spearman([1, 2, 3], [1, 10, .infinity]) == 1)
    #expect(RankCorrelation.spearman([1, 2, 3], [9, 4, 1]) == -1)
    #expect(RankCorrelation.spearman([1, 2, 3], [4, 4, 4]) == nil)
    #expect(RankCorrelation.spearman([1], [4]) == nil)
  }

  @Test func `the median of an even number of values is the mean of the middle two`() {
    #expect(RankCorrelation.median([4, 1, 3, 2]) == 2.5)
    #expect(RankCorrelation.median([3, 1, 2]) == 2)
    #expect(RankCorrelation.median([]) == nil)
  }
}

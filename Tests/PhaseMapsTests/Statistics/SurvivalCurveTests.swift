import PhaseMaps
import Testing

/// The estimate, its median and its interval against independently computed numbers.
///
/// Expected numbers: `KaplanMeierFitter().fit(times, events)` and `median_survival_times` of its
/// `confidence_interval_`, lifelines 0.30.3 (Python), for the leukaemia data of Freireich et al. 1963.
/// There and here the upper end is open where the curve never gets low enough; where the curve is at 0,
/// which lifelines counts as below every limit, the interval here stays open.
@Suite struct SurvivalCurveTests {
  static func outcomes(events: [Int] = [], censored: [Int] = [], never: Int = 0) -> [RunOutcome] {
    events.map { .grokked(delay: $0) } + censored.map { .censored(at: $0) }
      + Array(repeating: .notReached(.converged), count: never)
  }

  @Test func `the median and interval of the 6-MP arm are the published ones`() throws {
    let curve = SurvivalCurve(
      Self.outcomes(
        events: [6, 6, 6, 7, 10, 13, 16, 22, 23],
        censored: [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]))
    #expect(curve.count == 21)
    #expect(curve.median == MedianDelay(value: 23, lower: 13, upper: nil, bound: nil))
    let expected = [
      0.857143, 0.806723, 0.752941, 0.690196, 0.627451, 0.537815, 0.448179,
    ]
    for (drop, survival) in zip(curve.drops, expected) {
      #expect(abs(drop.survival - survival) < 1e-6)
    }
    let limits = try #require(curve.drops.last?.limits)
    #expect(abs(limits.lower - 0.188052) < 1e-6)
    #expect(abs(limits.upper - 0.680143) < 1e-6)
  }

  @Test func `the median and interval of the placebo arm are the published ones`() {
    let curve = SurvivalCurve(
      Self.outcomes(events: [
        1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23,
      ]))
    #expect(curve.median.value == 8)
    #expect(curve.median.lower == 4)
    #expect(curve.median.upper == 11)
  }

  @Test func `ten seeds without censoring have a closed interval`() {
    let median = SurvivalCurve(Self.outcomes(events: (1...10).map { 100 * $0 })).median
    #expect(median.value == 500)
    #expect(median.lower == 100)
    #expect(median.upper == 800)
  }

  @Test func `five seeds have a median and an interval without an upper end`() {
    let median = SurvivalCurve(Self.outcomes(events: [360, 803, 453, 365, 609])).median
    #expect(median.value == 453)
    #expect(median.lower == 360)
    #expect(median.upper == nil)
  }

  @Test func `one seed has a median and no interval`() {
    #expect(
      SurvivalCurve(Self.outcomes(events: [876])).median
        == MedianDelay(value: 876, lower: nil, upper: nil, bound: nil))
  }

  @Test func `a run censored at the time of an event is still at risk then`() {
    let curve = SurvivalCurve(Self.outcomes(events: [10], censored: [10]))
    #expect(curve.drops.first?.atRisk == 2)
    #expect(curve.median.value == 10)
  }

  @Test func `a run that ended for good above the threshold is at risk at all times`() {
    let never = SurvivalCurve(Self.outcomes(events: [50, 90], never: 3))
    #expect(never.drops.map(\.atRisk) == [5, 4])
    #expect(never.median == MedianDelay(value: nil, lower: 50, upper: nil, bound: nil))
    // Censored early instead, the same runs would let the estimate fall to 0.
    let censored = SurvivalCurve(Self.outcomes(events: [50, 90], censored: [1, 1, 1]))
    #expect(censored.median.value == 50)
  }

  @Test func `an unreached median is bounded by the censored runs`() {
    let curve = SurvivalCurve(
      Self.outcomes(events: [340, 1046], censored: [9000, 9000, 9000]))
    #expect(curve.median == MedianDelay(value: nil, lower: 340, upper: nil, bound: 9000))
  }

  @Test func `runs that never fitted or are missing are not part of the curve`() {
    let curve = SurvivalCurve([.neverFitted(diverged: false), .missing, .grokked(delay: 7)])
    #expect(curve.count == 1)
    #expect(SurvivalCurve([.neverFitted(diverged: false), .missing]).median.value == nil)
    #expect(SurvivalCurve([]).median.bound == nil)
  }
}

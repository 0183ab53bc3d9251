import Foundation

/// The Kaplan-Meier estimate of the share of runs that have not grokked a number of steps after fitting.
///
/// Runs stopped by their step limit are right-censored: at risk up to and including that time. Runs that
/// have ended for good above the threshold are never an event and at risk at all times, so that the
/// curve cannot fall below their share; in a plain product-limit estimate they would count as
/// censored, and the estimate would claim that they will grok. Runs that never fitted their train set
/// and missing ones are not part of the curve. Kaplan and Meier 1958.
public struct SurvivalCurve: Hashable, Sendable {
  /// One time at which runs grokked.
  public struct Drop: Hashable, Sendable {
    /// Steps from fitting the train set to generalising.
    public let time: Int
    public let atRisk: Int
    public let events: Int
    /// The share of runs that have not grokked after this time.
    public let survival: Double
    /// Greenwood's sum Σ d/(n (n − d)); infinite once nobody is left.
    public let greenwood: Double
  }

  public let drops: [Drop]
  /// The runs in the curve: grokked, censored, or ended above the threshold.
  public let count: Int
  /// When the runs that have not grokked were last seen, ascending; infinite ones are only counted.
  private let censoringTimes: [Int]
  private let eventTimes: [Int]

  /// Estimates the curve.
  ///
  /// - Parameter outcomes: of the runs of one cell, in any order.
  public init(_ outcomes: [RunOutcome]) {
    var events: [Int] = []
    var censored: [Int] = []
    var neverCount = 0
    for outcome in outcomes {
      switch outcome {
      case .grokked(let delay): events.append(delay)
      case .censored(let time): censored.append(time)
      case .notReached: neverCount += 1
      case .neverFitted, .missing: break
      }
    }
    events.sort()
    censored.sort()
    count = events.count + censored.count + neverCount
    eventTimes = events
    censoringTimes = censored
    var drops: [Drop] = []
    var survival = 1.0
    var greenwood = 0.0
    var earlier = 0
    while earlier < events.count {
      let time = events[earlier]
      let tied = events[earlier...].prefix { $0 == time }.count
      let lost = censored.prefix { $0 < time }.count
      let atRisk = count - earlier - lost
      survival *= Double(atRisk - tied) / Double(atRisk)
      greenwood +=
        atRisk == tied ? .infinity : Double(tied) / (Double(atRisk) * Double(atRisk - tied))
      drops.append(
        Drop(
          time: time, atRisk: atRisk, events: tied, survival: survival, greenwood: greenwood))
      earlier += tied
    }
    self.drops = drops
  }

  /// The median time to grok with its 95 % interval.
  ///
  /// The median is the first time at which the curve is at 0.5 or below. The interval is that of
  /// Brookmeyer and Crowley 1982 with the log-log transformation: the times at which the pointwise
  /// interval of log(−log S) does not exclude 0.5. Where the curve is at 0 its variance is not
  /// defined, and the bound stays open: so has any five seeds' interval no upper end (even the whole
  /// range of five values covers a median with 93.75 % only).
  public var median: MedianDelay {
    let value = drops.first { Self.isAtMostHalf($0.survival) }?.time
    return MedianDelay(
      value: value,
      lower: drops.first { Self.isAtMostHalf($0.limits?.lower ?? 1) }?.time,
      upper: drops.first { Self.isAtMostHalf($0.limits?.upper ?? 1) }?.time,
      bound: value == nil ? bound : nil)
  }

  /// The least that the median can be if every censored run had grokked right after it was stopped.
  ///
  /// Nil if the median is infinite even then: half of the runs or more have ended for good.
  private var bound: Int? {
    let earliest = (eventTimes + censoringTimes).sorted()
    let middle = (count + 1) / 2
    return middle >= 1 && middle <= earliest.count ? earliest[middle - 1] : nil
  }

  /// Products of fractions such as 3/4 · 2/3 miss 0.5 by a rounding error.
  private static func isAtMostHalf(_ share: Double) -> Bool { share <= 0.5 + 1e-12 }
}

extension SurvivalCurve.Drop {
  /// The pointwise 95 % limits of the curve after this time, or nil where the curve is at 0.
  public var limits: (lower: Double, upper: Double)? {
    guard survival > 0, greenwood.isFinite else { return nil }
    let halfWidth = Proportion.normalQuantile * greenwood.squareRoot() / abs(log(survival))
    return (pow(survival, exp(halfWidth)), pow(survival, exp(-halfWidth)))
  }
}

/// A median time to grok in steps, with its 95 % interval.
public struct MedianDelay: Hashable, Sendable {
  /// Nil if fewer than half of the runs have grokked by the end of the curve.
  public let value: Int?
  /// Nil if the interval is open downwards (a single run, or all runs tied).
  public let lower: Int?
  /// Nil if the interval is open upwards.
  public let upper: Int?
  /// When the median is not reached, it is at least this; nil if it is infinite, or reached.
  public let bound: Int?

  public init(value: Int?, lower: Int?, upper: Int?, bound: Int?) {
    self.value = value
    self.lower = lower
    self.upper = upper
    self.bound = bound
  }
}

/// A share of successes with its 95 % interval after Wilson 1927.
public struct Proportion: Hashable, Sendable {
  /// The 97.5 % quantile of the normal distribution.
  static let normalQuantile = 1.959963984540054

  public let successes: Int
  public let count: Int

  /// Takes a count of trials of at least one.
  public init(successes: Int, of count: Int) {
    precondition(count > 0 && (0...count).contains(successes), "\(successes) of \(count)")
    self.successes = successes
    self.count = count
  }

  public var value: Double { Double(successes) / Double(count) }

  public var interval: ClosedRange<Double> {
    let size = Double(count)
    let quantile = Self.normalQuantile
    let square = quantile * quantile
    let centre = (value + square / (2 * size)) / (1 + square / size)
    let variance = value * (1 - value) / size + square / (4 * size * size)
    let halfWidth = quantile * variance.squareRoot() / (1 + square / size)
    return max(0, centre - halfWidth)...min(1, centre + halfWidth)
  }
}

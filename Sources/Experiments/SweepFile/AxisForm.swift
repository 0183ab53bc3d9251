import Foundation

/// An axis as it was written, its length known before its values are made.
enum AxisForm {
  case list([SweepNode])
  case steps(DecimalGrid)
  case spaced(SpacedValues)

  /// How many values; `Int.max` stands for all beyond.
  var count: Int {
    switch self {
    case .list(let elements): elements.count
    case .steps(let grid): grid.count
    case .spaced(let values): values.count
    }
  }

  /// Where the value at an index was written: its own place in a list, else the axis.
  func cursor(at index: Int, in axis: SweepCursor) -> SweepCursor {
    if case .list(let elements) = self { axis.element(index, elements[index]) } else { axis }
  }

  /// A generated value; nil for a list, and beyond the digits that are kept exactly.
  func number(at index: Int, isWhole: Bool) -> ExactDecimal? {
    switch self {
    case .list: nil
    case .steps(let grid): grid.value(at: index)
    case .spaced(let values): values.value(at: index, isWhole: isWhole)
    }
  }
}

/// The decimals from one to another by a step, without rounding.
struct DecimalGrid {
  /// Start and step as multiples of 10^exponent.
  private let start: Int128
  private let step: Int128
  private let exponent: Int
  /// How many values there are up to the end, which is one of them if `reachesEnd`.
  let count: Int
  let reachesEnd: Bool

  /// Makes the grid, or nil when the three are too far apart for exact arithmetic.
  ///
  /// - Precondition: the step is not 0 and has the sign of `to - from`.
  init?(from: ExactDecimal, to: ExactDecimal, step: ExactDecimal) {
    // Zero has no digits to align.
    let exponent = [from, to, step].filter { $0 != 0 }.map(\.exponent).min() ?? 0
    func scaled(_ value: ExactDecimal) -> Int128? {
      guard value != 0 else { return 0 }
      var digits = Int128(value.coefficient)
      for _ in 0..<(value.exponent - exponent) {
        let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
        // Half the range, so that the difference of two such values cannot overflow.
        guard !overflow, product.magnitude < Int128.max.magnitude / 2 else { return nil }
        digits = product
      }
      return digits
    }
    guard let start = scaled(from), let end = scaled(to), let stride = scaled(step) else {
      return nil
    }
    precondition(stride != 0, "a grid from \(from) to \(to) by 0")
    let (steps, rest) = (end - start).quotientAndRemainder(dividingBy: stride)
    precondition(steps >= 0, "a grid from \(from) to \(to) by \(step)")
    self.start = start
    self.step = stride
    self.exponent = exponent
    reachesEnd = rest == 0
    count = Int(exactly: steps + 1) ?? .max
  }

  func value(at index: Int) -> ExactDecimal? {
    let (offset, overflow) = step.multipliedReportingOverflow(by: Int128(index))
    guard !overflow else { return nil }
    // Trailing zeros are for the exponent: 1e20 by 1e19 has few digits.
    var digits = start + offset
    var power = exponent
    while digits != 0, digits.isMultiple(of: 10) {
      digits /= 10
      power += 1
    }
    return Int64(exactly: digits).flatMap { ExactDecimal(coefficient: $0, exponent: power) }
  }
}

/// Values at equal distances or equal ratios, rounded to six significant digits.
struct SpacedValues {
  let from: ExactDecimal
  let to: ExactDecimal
  /// At least 2.
  let count: Int
  let isLogarithmic: Bool

  /// Enough to tell values apart, few enough to be the same on every machine.
  static let significantDigits = 6

  func value(at index: Int, isWhole: Bool) -> ExactDecimal? {
    // The ends are what was written.
    if index == 0 { return from }
    if index == count - 1 { return to }
    let fraction = Double(index) / Double(count - 1)
    let (first, last) = (from.doubleValue, to.doubleValue)
    let value =
      isLogarithmic
      ? exp(log(first) + (log(last) - log(first)) * fraction) : first + (last - first) * fraction
    return ExactDecimal(isWhole ? value.rounded() : value)?
      .rounded(toSignificantDigits: Self.significantDigits)
  }
}

import Foundation

/// A decimal number without rounding: `coefficient · 10^exponent`.
///
/// Hyper-parameters are written by people, in decimal. Held as binary floating point, 0.4 · 14 would be
/// 5.6000000000000005 and name another run than 5.6; held exactly, 1, 1.0 and 1e0 are one value, in
/// the sweep file, the store, the key and on the picture.
public struct ExactDecimal: Hashable, Sendable {
  /// At most 18 digits, so that every coefficient fits an `Int64`.
  public static let digitsMax = 18
  /// Magnitudes from 1e-100 to below 1e100, which `Double` and Foundation's `Decimal` both hold.
  public static let exponentRange = -100...100

  /// What is kept exactly, in words.
  public static let reach = "of at most \(digitsMax) digits from 1e-100 to below 1e100"

  /// Whether a text is a number that has too many digits, or is too large or too small, to be kept exactly.
  public static func isOutOfReach(_ text: String) -> Bool {
    guard ExactDecimal(text) == nil, let first = text.utf8.first else { return false }
    return Set("+-.0123456789".utf8).contains(first) && Double(text) != nil
      && text.utf8.allSatisfy(Set("+-.0123456789eE".utf8).contains)
  }

  /// The digits with their sign; not divisible by ten unless zero.
  public let coefficient: Int64
  /// The power of ten that scales the coefficient; zero when the coefficient is.
  public let exponent: Int

  /// Makes `coefficient · 10^exponent`, or nil beyond the digits or magnitudes that are kept exactly.
  public init?(coefficient: Int64, exponent: Int) {
    var digits = coefficient
    var power = exponent
    while digits != 0, digits % 10 == 0 {
      digits /= 10
      power += 1
    }
    if digits == 0 { power = 0 }
    guard digits.magnitude < 1_000_000_000_000_000_000, Self.exponentRange.contains(power),
      Self.exponentRange.contains(power + Self.digitCount(digits))
    else { return nil }
    self.coefficient = digits
    self.exponent = power
  }

  public init(_ value: Int) {
    guard let exact = Self(coefficient: Int64(value), exponent: 0) else {
      preconditionFailure("\(value) has more than \(Self.digitsMax) significant digits")
    }
    self = exact
  }

  /// Reads `12`, `-0.5`, `1e-3` or `+2.50`; nil for anything else and beyond the exact range.
  public init?(_ text: some StringProtocol) {
    var digits: Int64 = 0
    var digitCount = 0
    // Zeros that only count once another digit follows them.
    var zeros = 0
    var scale = 0
    var seenDigit = false
    var seenPoint = false
    var isNegative = false
    var bytes = Array(text.utf8)[...]
    if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      bytes = bytes.dropFirst()
    }
    while let byte = bytes.first {
      if byte == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
      } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
        seenDigit = true
        // Zeros are counted, not multiplied in, so that 1e5 written as 100000.000 keeps one digit.
        if seenPoint { scale -= 1 }
        if byte == UInt8(ascii: "0") {
          if digits != 0 { zeros += 1 }
        } else {
          digitCount += zeros + 1
          guard digitCount <= Self.digitsMax else { return nil }
          for _ in 0..<zeros { digits *= 10 }
          zeros = 0
          digits = digits * 10 + Int64(byte - UInt8(ascii: "0"))
        }
      } else {
        break
      }
      bytes = bytes.dropFirst()
    }
    guard seenDigit else { return nil }
    if let mark = bytes.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
      guard let power = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)),
        (-1000...1000).contains(power)
      else { return nil }
      scale += power
    } else if !bytes.isEmpty {
      return nil
    }
    self.init(coefficient: isNegative ? -digits : digits, exponent: scale + zeros)
  }

  /// The shortest decimal that reads back as this `Double`; nil for NaN, infinities and extremes.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    self.init(value.description)
  }

  public static let zero = ExactDecimal(0)

  /// The nearest `Double`.
  public var doubleValue: Double {
    guard let value = Double(description) else {
      preconditionFailure("\(description) is a decimal that Double does not read")
    }
    return value
  }

  /// This value as an `Int`, or nil when it has a fraction or does not fit.
  public var integerValue: Int? {
    guard exponent >= 0 else { return nil }
    var value = Int(coefficient)
    for _ in 0..<exponent {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      value = product
    }
    return value
  }

  /// This value with at most `digits` significant digits, the nearest one.
  public func rounded(toSignificantDigits digits: Int) -> ExactDecimal {
    var kept = coefficient
    var power = exponent
    var dropped: Int64 = 1
    while (kept / dropped).magnitude >= Self.power(of: digits) {
      dropped *= 10
      power += 1
    }
    let half = dropped / 2
    kept = (kept + (kept < 0 ? -half : half)) / dropped
    return Self(coefficient: kept, exponent: power) ?? self
  }

  private static func power(of digits: Int) -> UInt64 {
    (0..<digits).reduce(1) { value, _ in value * 10 }
  }

  private static func digitCount(_ value: Int64) -> Int {
    var count = 0
    var rest = value
    while rest != 0 {
      rest /= 10
      count += 1
    }
    return count
  }

  /// Both coefficients at the smaller of the two exponents; nil when that overflows.
  private static func aligned(
    _ left: ExactDecimal, _ right: ExactDecimal
  ) -> (left: Int64, right: Int64, exponent: Int)? {
    let exponent = min(left.exponent, right.exponent)
    func scaled(_ value: ExactDecimal) -> Int64? {
      var digits = value.coefficient
      guard digits != 0 else { return 0 }
      for _ in 0..<(value.exponent - exponent) {
        let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
        guard !overflow else { return nil }
        digits = product
      }
      return digits
    }
    guard let first = scaled(left), let second = scaled(right) else { return nil }
    return (first, second, exponent)
  }

  /// The exact sum, or nil when it needs more digits than are kept.
  public func adding(_ other: ExactDecimal) -> ExactDecimal? {
    guard let terms = Self.aligned(self, other) else { return nil }
    let (sum, overflow) = terms.left.addingReportingOverflow(terms.right)
    return overflow ? nil : ExactDecimal(coefficient: sum, exponent: terms.exponent)
  }

  /// The exact product with a whole number, or nil when it needs more digits than are kept.
  public func multiplied(by factor: Int) -> ExactDecimal? {
    let (product, overflow) = coefficient.multipliedReportingOverflow(by: Int64(factor))
    return overflow ? nil : ExactDecimal(coefficient: product, exponent: exponent)
  }

  public static prefix func - (value: ExactDecimal) -> ExactDecimal {
    ExactDecimal(coefficient: -value.coefficient, exponent: value.exponent) ?? .zero
  }
}

extension ExactDecimal: Comparable {
  public static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
    if let terms = aligned(left, right) { return terms.left < terms.right }
    // Too far apart to align: their magnitudes differ by more than rounding can blur.
    return left.doubleValue < right.doubleValue
  }
}

extension ExactDecimal: CustomStringConvertible {
  /// The canonical spelling: that of ECMAScript numbers, as RFC 8785 asks of canonical JSON.
  public var description: String {
    guard coefficient != 0 else { return "0" }
    let sign = coefficient < 0 ? "-" : ""
    let digits = String(coefficient.magnitude)
    let point = digits.utf8.count + exponent
    if exponent >= 0, point <= 21 {
      return sign + digits + String(repeating: "0", count: exponent)
    }
    if exponent < 0, point > 0 {
      return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }
    if point <= 0, point > -6 {
      return sign + "0." + String(repeating: "0", count: -point) + digits
    }
    let fraction = digits.dropFirst().isEmpty ? "" : "." + digits.dropFirst()
    return sign + digits.prefix(1) + fraction + "e" + (point > 0 ? "+" : "") + String(point - 1)
  }
}

extension ExactDecimal: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// Takes a literal in the source by its shortest decimal form: `0.1` is one tenth.
  public init(floatLiteral value: Double) {
    guard let exact = ExactDecimal(value) else {
      preconditionFailure("\(value) is not an exact decimal")
    }
    self = exact
  }

  public init(integerLiteral value: Int) {
    self.init(value)
  }
}

extension ExactDecimal: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let decimal = try container.decode(Decimal.self)
    guard let exact = ExactDecimal(decimal.description) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\(decimal) has more digits than are kept exactly")
    }
    self = exact
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    guard let decimal = Decimal(string: description) else {
      preconditionFailure("\(description) is a decimal that Decimal does not read")
    }
    try container.encode(decimal)
  }
}

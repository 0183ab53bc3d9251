/// Standard normal deviates by inversion: the quantile function at a uniform number.
///
/// The quantile is Wichura's algorithm AS 241 (1988, routine PPND16, relative error about 1e-16). It uses
/// the four operations, a square root and a logarithm; IEEE 754 fixes the results of all but the last,
/// and the logarithm is a series here, so the deviates have the same bits on every machine.
public enum NormalDeviates {
  /// One deviate for each output of the generator.
  public static func next(using generator: inout some RandomNumberGenerator) -> Double {
    // The middles of 2^52 equal intervals: neither 0 nor 1, and symmetric about a half.
    quantile(Double((generator.next() >> 12) << 1 | 1) * 0x1p-53)
  }

  /// `count` independent deviates, each multiplied by `scale`.
  public static func array(
    count: Int, scale: Double = 1, using generator: inout some RandomNumberGenerator
  ) -> [Double] {
    (0..<count).map { _ in scale * next(using: &generator) }
  }

  /// The z with Φ(z) = probability.
  ///
  /// - Precondition: the probability lies between 0 and 1, both excluded.
  public static func quantile(_ probability: Double) -> Double {
    precondition(probability > 0 && probability < 1, "no normal quantile at \(probability)")
    let distance = probability - 0.5
    if distance.magnitude <= 0.425 {
      let squared = 0.180625 - distance * distance
      return distance * ratio(squared, centralNumerator, centralDenominator)
    }
    let tail = distance < 0 ? probability : 1 - probability
    let root = (-logarithm(tail)).squareRoot()
    let quantile =
      root <= 5
      ? ratio(root - 1.6, middleNumerator, middleDenominator)
      : ratio(root - 5, farNumerator, farDenominator)
    return distance < 0 ? -quantile : quantile
  }

  private static func ratio(
    _ x: Double, _ numerator: [8 of Double], _ denominator: [8 of Double]
  ) -> Double {
    polynomial(x, numerator) / polynomial(x, denominator)
  }

  private static func polynomial(_ x: Double, _ coefficients: [8 of Double]) -> Double {
    var value = coefficients[7]
    for power in (0..<7).reversed() { value = value * x + coefficients[power] }
    return value
  }

  /// log(m · 2^e) = e log 2 + 2 artanh((m − 1)/(m + 1)), with m between √½ and √2.
  static func logarithm(_ x: Double) -> Double {
    var mantissa = x.significand
    var power = Double(x.exponent)
    if mantissa > 1.4142135623730951 {
      mantissa /= 2
      power += 1
    }
    let ratio = (mantissa - 1) / (mantissa + 1)
    let squared = ratio * ratio
    // The ratio is below 0.172: the twelfth term is below 1e-18 of the first.
    var series = 0.0
    for term in (0..<12).reversed() { series = series * squared + 1 / Double(2 * term + 1) }
    return power * 0.6931471805599453 + 2 * ratio * series
  }

  private static let centralNumerator: [8 of Double] = [
    3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
    1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
    3.3430575583588128105e+4, 2.5090809287301226727e+3,
  ]
  private static let centralDenominator: [8 of Double] = [
    1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
    2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
    5.2264952788528545610e+3,
  ]
  private static let middleNumerator: [8 of Double] = [
    1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
    3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
    2.27238449892691845833e-2, 7.74545014278341407640e-4,
  ]
  private static let middleDenominator: [8 of Double] = [
    1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
    1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
    1.05075007164441684324e-9,
  ]
  private static let farNumerator: [8 of Double] = [
    6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
    2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
    2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ]
  private static let farDenominator: [8 of Double] = [
    1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
    7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
    2.04426310338993978564e-15,
  ]
}

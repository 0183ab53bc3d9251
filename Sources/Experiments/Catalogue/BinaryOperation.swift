import OrderedCollections

/// An operation on two elements, whose table a network learns from a part of its entries.
///
/// Numbers modulo p, or the 120 permutations of five things. Power et al. 2022 (arXiv 2201.02177), appendix A.1.1.
public enum BinaryOperation: String, CaseIterable, Hashable, Sendable {
  case addition
  case subtraction
  case multiplication
  /// a b⁻¹; pairs with b = 0 are no examples.
  case division
  /// a b⁻¹ for odd b, a − b for even b.
  case conditional
  case sumOfSquares = "a2+b2"
  case quadratic = "a2+ab+b2"
  case quadraticAndFirst = "a2+ab+b2+a"
  case cubic = "a3+ab"
  case cubicAndSecond = "a3+ab2+b"
  /// The permutation that does b, then a.
  case composition = "s5"
  /// a b a⁻¹.
  case conjugation = "s5-aba-1"
  /// a b a.
  case sandwich = "s5-aba"

  /// How many permutations of five things there are.
  public static let permutations = 120

  /// Whether the elements are permutations: then there is no modulus.
  public var isOfPermutations: Bool {
    switch self {
    case .composition, .conjugation, .sandwich: true
    default: false
    }
  }

  /// The condition of the modulus.
  static let hasModulus = EffectCondition.unless(
    "operation", is: allCases.filter(\.isOfPermutations).map { .text($0.rawValue) })

  /// Why the operation is not defined modulo p; nil if it is.
  ///
  /// - Parameter modulus: p; of no meaning for permutations.
  /// - Returns: a clause that ends a sentence.
  public func obstacle(modulus: Int) -> String? {
    let step: Int
    switch self {
    case .division: step = 1
    case .conditional: step = 2
    default: return nil
    }
    for divisor in stride(from: 1, to: modulus, by: step)
    where Self.commonDivisor(divisor, modulus) > 1 {
      return "\(rawValue) modulo \(modulus) is not defined, because \(divisor) has no inverse there"
    }
    return nil
  }

  private static func commonDivisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (a, b)
    while b > 0 { (a, b) = (b, a % b) }
    return a
  }
}

extension ParameterDefinition {
  /// The operation whose table is learned.
  ///
  /// - Parameters:
  ///   - source: where the default, addition, comes from.
  ///   - isLeftOut: whether configurations leave it out at its default.
  /// - Returns: the parameter.
  static func operation(source: String, isLeftOut: Bool) -> ParameterDefinition {
    ParameterDefinition(
      name: "operation", kind: .choice(BinaryOperation.allCases.map(\.rawValue)),
      defaultValue: .text(BinaryOperation.addition.rawValue),
      meaning:
        "what is learned of a and b, modulo p: addition, subtraction, multiplication; division (b is "
        + "not 0) for a prime p; conditional (a/b for odd b, a − b for even b) where every odd b has an inverse, for "
        + "a prime p or a power of two; polynomials such as a3+ab2+b, that is a³ + ab² + b; s5, s5-aba-1 and s5-aba "
        + "are a b, a b a⁻¹ and a b a of permutations of five things (b is done before a: (a b)(i) = a(b(i))), without p: "
        + "p is 120 wherever it is named here, and a permutation's number its place, from 0, when all are written as five "
        + "digits and sorted: 0 is 01234, 119 is 43210", unit: nil,
      source: source, isLeftOutAtDefault: isLeftOut)
  }

  /// What is wrong with the operation and the modulus of a run; nil for nothing.
  static func operationConflict(_ configuration: Configuration) -> ParameterError? {
    let values = configuration.completeParameters
    guard case .text(let name)? = values["operation"],
      let operation = BinaryOperation(rawValue: name), let p = values["p"]?.number?.integerValue,
      let obstacle = operation.obstacle(modulus: p)
    else { return nil }
    return ParameterError(name: "operation", problem: obstacle)
  }
}

public import Experiments

extension BinaryOperation {
  /// The operation's table.
  ///
  /// - Parameter modulus: p; 120 for permutations, which are numbered in the order of their words.
  /// - Returns: the result for a and b at the place a p + b, as a number below p; nil where there is none.
  /// - Precondition: the operation is defined modulo p.
  public func table(modulus: Int) -> [Int?] {
    if isOfPermutations {
      precondition(modulus == Self.permutations, "\(modulus) permutations of five things")
      return permutationTable()
    }
    precondition(obstacle(modulus: modulus) == nil, obstacle(modulus: modulus) ?? "")
    let inverses = (0..<modulus).map { b in
      isDivision(by: b) ? (0..<modulus).first { $0 * b % modulus == 1 } : nil
    }
    return (0..<modulus * modulus).map { pair in
      let (a, b) = pair.quotientAndRemainder(dividingBy: modulus)
      if isDivision(by: b) { return inverses[b].map { a * $0 % modulus } }
      return result(a, b, modulus: modulus)
    }
  }

  private func isDivision(by b: Int) -> Bool {
    self == .division || (self == .conditional && !b.isMultiple(of: 2))
  }

  private func result(_ a: Int, _ b: Int, modulus: Int) -> Int? {
    let value: Int
    switch self {
    case .addition: value = a + b
    case .subtraction: value = a + modulus - b
    case .multiplication: value = a * b
    case .conditional: value = a + modulus - b
    case .sumOfSquares: value = a * a + b * b
    case .quadratic: value = a * a + a * b + b * b
    case .quadraticAndFirst: value = a * a + a * b + b * b + a
    case .cubic: value = a * a * a + a * b
    case .cubicAndSecond: value = a * a * a + a * b * b + b
    case .division, .composition, .conjugation, .sandwich: return nil
    }
    return value % modulus
  }

  private func permutationTable() -> [Int?] {
    let all = Self.permutationsOfFive
    var numbers: [[Int]: Int] = [:]
    for (number, permutation) in all.enumerated() { numbers[permutation] = number }
    func product(_ a: [Int], _ b: [Int]) -> [Int] { b.map { a[$0] } }
    func inverse(_ a: [Int]) -> [Int] { a.indices.map { image in a.firstIndex(of: image) ?? 0 } }
    return all.flatMap { a in
      all.map { b in
        switch self {
        case .conjugation: numbers[product(product(a, b), inverse(a))]
        case .sandwich: numbers[product(product(a, b), a)]
        default: numbers[product(a, b)]
        }
      }
    }
  }

  /// The images of 0 to 4, in the order of their words: 01234, 01243 and so on.
  private static let permutationsOfFive: [[Int]] = {
    var words: [[Int]] = [[]]
    for _ in 0..<5 {
      words = words.flatMap { word in
        (0..<5).filter { !word.contains($0) }.map { word + [$0] }
      }
    }
    return words
  }()
}

import Experiments
import LinearAlgebra
import Networks
import Testing

/// The tables of operations, and what of them is learned.
@Suite struct PairSplitTests {
  private func examples(_ pairs: TokenPairs) -> [(a: Int, b: Int, label: Int)] {
    (0..<pairs.count).map { pairs[$0] }
  }

  @Test(arguments: [2, 3, 7, 13])
  func `every operation modulo a prime has the results of its formula`(p: Int) throws {
    for operation in BinaryOperation.allCases where !operation.isOfPermutations {
      #expect(operation.obstacle(modulus: p) == nil)
      let table = operation.table(modulus: p)
      for a in 0..<p {
        for b in 0..<p {
          let result = table[a * p + b]
          switch operation {
          case .addition: #expect(result == (a + b) % p)
          case .subtraction: #expect(result.map { ($0 + b) % p } == a)
          case .multiplication: #expect(result == a * b % p)
          case .division: #expect(b == 0 ? result == nil : result.map { $0 * b % p } == a)
          case .conditional:
            #expect(b % 2 == 1 ? result.map { $0 * b % p } == a : result.map { ($0 + b) % p } == a)
          case .sumOfSquares: #expect(result == (a * a + b * b) % p)
          case .quadratic: #expect(result == (a * a + a * b + b * b) % p)
          case .quadraticAndFirst: #expect(result == (a * a + a * b + b * b + a) % p)
          case .cubic: #expect(result == (a * a * a + a * b) % p)
          case .cubicAndSecond: #expect(result == (a * a * a + a * b * b + b) % p)
          case .composition, .conjugation, .sandwich: Issue.record("\(operation)")
          }
        }
      }
    }
  }

  @Test func `division where a divisor has no inverse is refused with that divisor`() {
    #expect(
      BinaryOperation.division.obstacle(modulus: 15)
        == "division modulo 15 is not defined, because 3 has no inverse there")
    // Odd divisors alone count: they all have inverses modulo a power of two.
    #expect(BinaryOperation.conditional.obstacle(modulus: 8) == nil)
    #expect(BinaryOperation.division.obstacle(modulus: 8) != nil)
    #expect(
      BinaryOperation.conditional.obstacle(modulus: 9)
        == "conditional modulo 9 is not defined, because 3 has no inverse there")
    #expect(BinaryOperation.addition.obstacle(modulus: 15) == nil)
  }

  @Test func `permutations compose as functions do, and conjugate`() throws {
    let table = BinaryOperation.composition.table(modulus: 120)
    func product(_ a: Int, _ b: Int) throws -> Int { try #require(table[a * 120 + b]) }
    var generator = Xoshiro256(seed: 4, stream: 1)
    for _ in 0..<200 {
      let (a, b, c) = (
        Int(generator.next() % 120), Int(generator.next() % 120), Int(generator.next() % 120)
      )
      #expect(try product(product(a, b), c) == product(a, product(b, c)))
      // 0 is the identity: the word 01234.
      #expect(try product(a, 0) == a && product(0, a) == a)
      let inverse = try #require((0..<120).first { table[a * 120 + $0] == 0 })
      #expect(
        try BinaryOperation.conjugation.table(modulus: 120)[a * 120 + b]
          == product(product(a, b), inverse))
      #expect(
        try BinaryOperation.sandwich.table(modulus: 120)[a * 120 + b] == product(product(a, b), a))
    }
    // b is done before a: (1 0 2 3 4) after (0 2 1 3 4) takes 0 to 1, 1 to 2 and 2 to 0: the word 12034.
    #expect(try product(24, 6) == 30)
    #expect(Set(table.compactMap(\.self)).count == 120)
  }

  @Test(arguments: [BinaryOperation.division, .conditional, .multiplication])
  func `a split has every pair with a result once, in the order of a and b`(
    operation: BinaryOperation
  ) {
    let split = PairSplit(operation, modulus: 11, trainExamples: 40, seed: 5)
    let all = examples(split.train) + examples(split.test)
    #expect(split.train.count == 40)
    #expect(all.count == PairSplit.pairs(operation, modulus: 11))
    #expect(all.count == (operation == .division ? 110 : 121))
    #expect(Set(all.map { $0.a * 11 + $0.b }).count == all.count)
    let table = operation.table(modulus: 11)
    #expect(all.allSatisfy { table[$0.a * 11 + $0.b] == $0.label })
    for set in [split.train, split.test] {
      let places = examples(set).map { $0.a * 11 + $0.b }
      #expect(places == places.sorted())
    }
  }

  @Test func `another operation keeps the order in which pairs are taken`() {
    let sum = examples(PairSplit(.addition, modulus: 11, trainExamples: 60, seed: 5).train)
    let ratio = examples(PairSplit(.division, modulus: 11, trainExamples: 54, seed: 5).train)
    let pairs = Set(sum.filter { $0.b != 0 }.map { $0.a * 11 + $0.b })
    let others = Set(ratio.map { $0.a * 11 + $0.b })
    #expect(pairs.isSubset(of: others) || others.isSubset(of: pairs))
    let next = examples(PairSplit(.addition, modulus: 11, trainExamples: 60, seed: 6).train)
    #expect(Set(next.map { $0.a * 11 + $0.b }) != Set(sum.map { $0.a * 11 + $0.b }))
  }

  @Test func `Nanda's share of 113² pairs is 3830, and division has a row less`() {
    #expect(PairSplit.trainExamples(0.3, modulus: 113) == 3830)
    #expect(PairSplit.trainExamples(0.5, of: .division, modulus: 97) == 4656)
  }

  @Test(arguments: [1, 3, 11, 20])
  func `grouped examples are the same ones, few second numbers at a time`(size: Int) {
    let pairs = PairSplit(.cubic, modulus: 11, trainExamples: 70, seed: 2).train
    let grouped = examples(pairs.grouped(by: size))
    func places(_ list: [(a: Int, b: Int, label: Int)]) -> [[Int]] {
      list.map { [$0.a, $0.b, $0.label] }
    }
    #expect(Set(places(grouped)) == Set(places(examples(pairs))))
    #expect(grouped.count == 70)
    let groups = grouped.map { $0.b / size }
    #expect(groups == groups.sorted())
    for (left, right) in zip(grouped, grouped.dropFirst()) where left.b / size == right.b / size {
      #expect((left.a, left.b) < (right.a, right.b))
    }
    if size >= 11 { #expect(places(grouped) == places(examples(pairs))) }
  }

  @Test(arguments: [0, 0.1, 0.5, 1])
  func `label noise replaces its share of the train labels by others`(share: Double) {
    let split = PairSplit(.addition, modulus: 11, trainExamples: 70, seed: 3)
    let noisy = split.withLabelNoise(share, seed: 3)
    #expect(noisy.test == split.test)
    #expect(noisy == split.withLabelNoise(share, seed: 3))
    if share == 0.5 { #expect(noisy != split.withLabelNoise(share, seed: 4)) }
    var wrong: [Int] = []
    for place in 0..<70 {
      let (one, other) = (noisy.train[place], split.train[place])
      #expect(one.a == other.a && one.b == other.b && (0..<11).contains(one.label))
      if one.label != other.label { wrong.append(place) }
    }
    #expect(wrong.count == Int(70 * share + 1e-6))
    // More noise keeps what less has made.
    let more = split.withLabelNoise(min(share + 0.2, 1), seed: 3)
    #expect(wrong.allSatisfy { more.train[$0].label == noisy.train[$0].label })
  }
}

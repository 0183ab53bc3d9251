import LinearAlgebra
import Networks
import Testing

@Suite struct ModularMLPDrawsTests {
  private func draws(
    modulus: Int = 11, units: Int = 20, fraction: Double = 0.5, sigma: Double = 1, seed: Int = 0
  ) -> ModularMLPDraws {
    ModularMLPDraws(
      sizes: ModularMLPDraws.Sizes(
        modulus: modulus, hiddenUnits: units, trainFraction: fraction), sigma: sigma, seed: seed)
  }

  private func pairs(_ pairs: TokenPairs) -> Set<Int> {
    Set((0..<pairs.count).map { pairs[$0].a * pairs.classes + pairs[$0].b })
  }

  @Test func `every pair is in one of the two sets, with its sum as the label`() {
    let draws = draws(fraction: 0.3)
    #expect(draws.train.count == 36 && draws.test.count == 85)
    #expect(pairs(draws.train).union(pairs(draws.test)).count == 121)
    for set in [draws.train, draws.test] {
      for place in 0..<set.count {
        let (a, b, label) = set[place]
        #expect(label == (a + b) % 11)
      }
    }
  }

  @Test func `another train fraction keeps the weights, and a larger one the pairs`() {
    let (few, many) = (draws(fraction: 0.3), draws(fraction: 0.8))
    #expect(few.embedding == many.embedding && few.readout == many.readout)
    #expect(pairs(few.train).isSubset(of: pairs(many.train)))
  }

  @Test func `another width keeps the split and the units that both have`() {
    let (narrow, wide) = (draws(units: 20), draws(units: 33))
    #expect(narrow.train == wide.train)
    for n in 0..<20 {
      #expect((0..<22).allSatisfy { narrow.embedding[$0, n] == wide.embedding[$0, n] })
      #expect((0..<11).allSatisfy { narrow.readout[$0, n] == wide.readout[$0, n] })
    }
  }

  @Test func `two seeds share nothing, and weights have the standard deviation asked for`() {
    let (zero, one) = (draws(modulus: 31, units: 200, sigma: 0.5), draws(seed: 1))
    #expect(draws().embedding != one.embedding && draws().readout != one.readout)
    #expect(pairs(draws().train) != pairs(one.train))
    for matrix in [zero.embedding, zero.readout] {
      let squares = matrix.elements.reduce(0) { $0 + $1 * $1 } / Double(matrix.elements.count)
      #expect((squares * 4 - 1).magnitude < 0.05)
    }
  }

  @Test(arguments: [
    (23, 0.9, 476), (10, 0.29, 29), (2, 0.01, 1), (2, 0.99, 3), (97, 0.49, 4610),
  ])
  func `a train fraction is rounded down to pairs, at least one and not all`(
    modulus: Int, fraction: Double, examples: Int
  ) {
    #expect(
      ModularMLPDraws.Sizes(modulus: modulus, hiddenUnits: 1, trainFraction: fraction)
        .trainExamples == examples)
  }
}

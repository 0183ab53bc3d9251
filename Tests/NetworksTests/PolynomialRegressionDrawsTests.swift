import LinearAlgebra
import Networks
import Testing

@Suite struct PolynomialRegressionDrawsTests {
  private func draws(
    dimension: Int = 12, units: Int = 20, train: Int = 30, test: Int = 0, seed: Int = 0
  ) -> PolynomialRegressionDraws {
    PolynomialRegressionDraws(
      sizes: PolynomialRegressionDraws.Sizes(
        inputDimension: dimension, hiddenUnits: units, trainExamples: train, testExamples: test),
      seed: seed)
  }

  @Test func `another number of examples changes neither target nor weights nor earlier examples`()
  {
    let (few, many) = (draws(train: 30), draws(train: 50, test: 7))
    #expect(few.target == many.target)
    #expect(few.weights == many.weights)
    #expect(few.examples.elements == Array(many.examples.elements.prefix(30 * 12)))
  }

  @Test func `another number of hidden units changes neither target nor examples`() {
    let (narrow, wide) = (draws(units: 20), draws(units: 40))
    #expect(narrow.target == wide.target)
    #expect(narrow.examples == wide.examples)
  }

  @Test func `two seeds share nothing, and the four arrays of a seed neither`() {
    let (zero, one) = (draws(train: 20, test: 20), draws(train: 20, test: 20, seed: 1))
    #expect(zero.target != one.target)
    #expect(zero.examples != one.examples)
    #expect(zero.weights != one.weights)
    let test = zero.testExamples?.elements ?? []
    #expect(!test.isEmpty)
    #expect(zero.examples.elements != test)
    #expect(zero.weights[0, 0] != zero.target[0, 0])
  }

  @Test func `inputs have the variance one over their dimension`() {
    let elements = draws(dimension: 50, train: 2000).examples.elements
    let variance = elements.reduce(0) { $0 + $1 * $1 } / Double(elements.count)
    #expect((variance * 50 - 1).magnitude < 0.02)
  }

  private func file(_ shapes: [(String, [Int])]) -> Safetensors {
    Safetensors(
      tensors: shapes.map { name, shape in
        Tensor(
          name: name, shape: shape,
          elements: .float64([Double](repeating: 1, count: shape.reduce(1, *))))
      })
  }

  @Test(
    arguments: [
      ([("x", [3, 2]), ("w", [4, 2]), ("beta", [2])], nil),
      ([("x", [3, 2]), ("w", [5, 2]), ("beta", [2])], "w is [5 × 2], hidden_units is 4"),
      ([("x", [3, 3]), ("w", [4, 2]), ("beta", [2])], "x is [3 × 3], input_dimension is 2"),
      ([("x", [2, 3]), ("w", [4, 2]), ("beta", [2])], "x is [2 × 3], input_dimension is 2"),
      ([("x", [9, 2]), ("w", [4, 2]), ("beta", [2])], "x is [9 × 2], train_examples is 3"),
      (
        [("x", [3, 2]), ("w", [4, 2]), ("beta", [1, 2])], "beta is [1 × 2], input_dimension is 2"
      ),
      ([("x", [6]), ("w", [4, 2]), ("beta", [2])], "x is [6], a matrix is needed"),
      ([("x", [3, 2]), ("beta", [2])], "there is no tensor \"w\"; the file has x, beta"),
    ] as [([(String, [Int])], String?)])
  func `a file of draws is taken or refused with a sentence`(
    shapes: [(String, [Int])], problem: String?
  ) {
    let sizes = PolynomialRegressionDraws.Sizes(
      inputDimension: 2, hiddenUnits: 4, trainExamples: 3)
    var found: String?
    do {
      _ = try PolynomialRegressionDraws(file: file(shapes), sizes: sizes)
    } catch {
      found = error.problem
    }
    #expect(found == problem)
  }
}

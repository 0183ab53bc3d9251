import Experiments
import Testing

@Suite struct ExactDecimalTests {
  @Test(arguments: [
    ("1", "1"), ("1.0", "1"), ("1e0", "1"), ("+01.50", "1.5"), ("-0", "0"), ("0.020", "0.02"),
    ("5.6000", "5.6"), ("1e-5", "0.00001"), ("1e-9", "1e-9"), ("1.25e-8", "1.25e-8"),
    ("1e5", "100000"), ("1e22", "1e+22"), ("123456789012345678", "123456789012345678"),
    (".5", "0.5"), ("-2.50e3", "-2500"), ("1e19", "10000000000000000000"),
    ("10000000000000000000", "10000000000000000000"),
  ])
  func `one value has one spelling`(text: String, canonical: String) {
    #expect(ExactDecimal(text)?.description == canonical)
  }

  @Test(arguments: [
    "", ".", "e5", "1e", "1x", "0x10", "--1", "1e999", "1234567890123456789", "nan",
  ])
  func `what is not an exact decimal is refused`(text: String) {
    #expect(ExactDecimal(text) == nil)
  }

  @Test func `fourteen steps of 0.4 are 5.6`() throws {
    let step = try #require(ExactDecimal("0.4"))
    #expect(step.multiplied(by: 14) == 5.6)
    #expect(ExactDecimal(0.4 * 14) != 5.6)
  }

  @Test func `decimals are ordered by value`() {
    let sorted: [ExactDecimal] = [-3, -0.5, 0, 1e-9, 0.02, 0.1, 2, 1e22]
    #expect(sorted.shuffled().sorted() == sorted)
  }

  @Test func `rounding keeps the significant digits`() {
    #expect(ExactDecimal("0.0316227766016838")?.rounded(toSignificantDigits: 6) == 0.0316228)
    #expect(ExactDecimal("999999.6")?.rounded(toSignificantDigits: 6) == 1_000_000)
    #expect(ExactDecimal("-1.2345678")?.rounded(toSignificantDigits: 6) == -1.23457)
  }
}

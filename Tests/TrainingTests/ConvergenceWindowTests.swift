import Testing
import Training

/// The rule of `ConvergenceRule.lossesStandStill` on series made by hand.
@Suite struct ConvergenceWindowTests {
  /// The steps at which the rule holds; each series starts at step 0.
  private func steps(train: [Double], test: [Double]) -> [Int] {
    var window = ConvergenceWindow()
    return zip(train, test).enumerated().compactMap { step, losses in
      let holds = window.take(
        trainLoss: losses.0, testLoss: losses.1, initialTestLoss: test[0])
      return holds ? step : nil
    }
  }

  private func constant(_ value: Double, _ count: Int) -> [Double] {
    [Double](repeating: value, count: count)
  }

  @Test func `losses that never move hold from step 4 on, once the test loss has fallen`() {
    #expect(steps(train: constant(1, 8), test: [1] + constant(0.5, 7)) == [5, 6, 7])
    #expect(
      steps(train: constant(1, 8), test: [1] + (1..<8).map { 1 - 1e-7 * Double($0) })
        == [4, 5, 6, 7])
  }

  @Test func `a test loss that is not below its initial value does not hold`() {
    #expect(steps(train: constant(1, 9), test: constant(0.5, 9)) == [])
    #expect(steps(train: constant(1, 9), test: [0.5] + constant(0.6, 8)) == [])
  }

  @Test func `a movement counts for the four steps that look back across it`() {
    // The jump between steps 6 and 7 lies within the window of steps 7, 8, 9 and 10.
    let jump = constant(1, 7) + constant(0.9, 6)
    let still = [2] + constant(1, 12)
    #expect(steps(train: jump, test: still) == [5, 6, 11, 12])
    #expect(steps(train: constant(1, 13), test: [2] + jump.dropFirst()) == [5, 6, 11, 12])
  }

  @Test func `only the two ends of the window are compared`() {
    // A bump of one step is at an end of the window twice: when it comes and four steps later.
    var bump = constant(1, 13)
    bump[7] = 3
    #expect(
      steps(train: bump, test: [2] + constant(1, 12)) == [5, 6, 8, 9, 10, 12])
  }

  @Test func `a movement of a hundred-thousandth in four steps is too much, less is not`() {
    func slope(_ total: Double) -> [Double] { (0..<10).map { 1 - total / 4 * Double($0) } }
    #expect(steps(train: slope(1.1e-5), test: slope(0.9e-5)) == [])
    #expect(steps(train: slope(0.9e-5), test: slope(1.1e-5)) == [])
    #expect(steps(train: slope(0.9e-5), test: slope(0.9e-5)) == [4, 5, 6, 7, 8, 9])
  }
}

import Testing

/// Faults, then calm: what must hold whatever happens.
@Suite struct SimulationTests {
  @Test(arguments: 0..<10)
  func `whatever fails, every run ends accepted once or failed`(part: UInt64) {
    for seed in (part * 50)..<(part * 50 + 50) {
      let violations = Simulation.violations(seed: seed)
      #expect(violations.isEmpty, "seed \(seed)")
    }
  }
}

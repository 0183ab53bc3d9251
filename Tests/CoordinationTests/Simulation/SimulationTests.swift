import Testing

/// Faults, then calm: what must hold whatever happens.
@Suite struct SimulationTests {
  @Test(arguments: 0..<6)
  func `whatever fails, every run ends accepted once or failed`(part: UInt64) {
    for seed in (part * 25)..<(part * 25 + 25) {
      let violations = Simulation.violations(seed: seed)
      #expect(violations.isEmpty, "seed \(seed)")
    }
  }
}

import Foundation
import Testing

/// Faults, then calm: what must hold whatever happens.
///
/// `make simulate SEEDS=N FIRST_SEED=K` tries other seeds than the suite does; docs/simulation.md.
@Suite struct SimulationTests {
  /// The seeds of one argument: few enough that the runner can spread them over the cores.
  private static let seedsPerPart: UInt64 = 50

  private static let parts = Array(
    stride(from: seeds.lowerBound, to: seeds.upperBound, by: Int(seedsPerPart)))

  private static let seeds: Range<UInt64> = {
    let first = number("FIRST_SEED", otherwise: 0)
    return first..<(first + number("SEEDS", otherwise: 2000))
  }()

  private static let isTold = ProcessInfo.processInfo.environment["TRACE"] != nil

  private static func number(_ name: String, otherwise value: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? value
  }

  @Test(arguments: parts)
  func `whatever fails, every run ends accepted once or failed`(firstSeed: UInt64) {
    let end = min(firstSeed + Self.seedsPerPart, Self.seeds.upperBound)
    for seed in firstSeed..<end {
      let violations = Simulation.violations(seed: seed, isTold: Self.isTold)
      #expect(violations.isEmpty, "again with: make simulate SEEDS=1 FIRST_SEED=\(seed)")
    }
  }
}

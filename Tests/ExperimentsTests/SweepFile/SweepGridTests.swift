import Experiments
import Foundation
import OrderedCollections
import Testing

/// What holds for every sweep, and for those that come with GrokSweep.
@Suite struct SweepGridTests {
  /// SplitMix64, so that a seed names the same sweep everywhere.
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      return word ^ (word >> 31)
    }
  }

  /// A random sweep of noop, and the values that its text stands for.
  static func random(
    _ seed: UInt64
  ) throws -> (sweep: Sweep, values: OrderedDictionary<String, [ParameterValue]>) {
    var generator = Generator(state: seed)
    var yaml = "experiment: noop\naxes:\n"
    var values: OrderedDictionary<String, [ParameterValue]> = [:]
    for name in ["x", "y", "seed"].shuffled(using: &generator)
      .prefix(Int.random(in: 2...3, using: &generator))
    {
      let count = Int.random(in: 1...5, using: &generator)
      let from = Int.random(in: 0...9, using: &generator)
      let step = Int.random(in: 1...9, using: &generator)
      // Tenths where the axis takes them, so that a sum in binary would be off.
      let unit = name == "seed" ? "" : "e-1"
      let numbers = (0..<count).map { "\(from + $0 * step)\(unit)" }
      yaml +=
        Bool.random(using: &generator)
        ? "  \(name): [\(numbers.joined(separator: ", "))]\n"
        : "  \(name): {from: \(from)\(unit), to: \(numbers[count - 1]), step: \(step)\(unit)}\n"
      values[name] = try numbers.map { .number(try #require(ExactDecimal($0))) }
    }
    return (try SweepFile.read(yaml: yaml, file: "a.yaml"), values)
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `a grid holds every combination once, the last axis fastest`(seed: UInt64) throws {
    let (sweep, values) = try Self.random(seed)
    #expect(sweep.axes == values)
    var expected: [OrderedDictionary<String, ParameterValue>] = [[:]]
    for (name, axis) in values {
      expected = expected.flatMap { point in
        axis.map { value in point.merging([name: value]) { $1 } }
      }
    }
    #expect((0..<sweep.runCount).map(sweep.point(at:)) == expected)
    let keys = try (0..<sweep.runCount).map { try sweep.configuration(at: $0).key }
    #expect(Set(keys).count == sweep.runCount)
  }

  @Test(arguments: [("quickstart", 147), ("alpha-epsilon", 980)])
  func `the sweeps that come with GrokSweep can be read`(name: String, runs: Int) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let file = root.appending(path: "sweeps/\(name).yaml")
    let sweep = try SweepFile.read(bytes: Array(try Data(contentsOf: file)), file: file.path)
    #expect(sweep.name == name)
    #expect(sweep.runCount == runs)
    #expect(sweep.map == MapDefinition(x: "epsilon", y: "alpha"))
    #expect(try sweep.configuration(at: runs - 1).parameters["alpha"] == 5.6)
  }
}

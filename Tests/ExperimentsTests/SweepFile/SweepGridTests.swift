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

  /// The slow twin of `GridShape`: every combination as a point, in its place, and whether it has a run.
  static func points(
    _ sweep: Sweep
  ) -> [(point: OrderedDictionary<String, ParameterValue>, hasRun: Bool)] {
    var points: [OrderedDictionary<String, ParameterValue>] = [[:]]
    if let count = sweep.together.values.first?.count {
      points = (0..<count).map { index in sweep.together.mapValues { $0[index] } }
    }
    for (name, values) in sweep.axes {
      points = points.flatMap { point in
        values.map { value in point.merging([name: value]) { $1 } }
      }
    }
    return points.map { point in
      (
        point,
        !sweep.except.contains { left in left.allSatisfy { point[$0.key] == $0.value } }
      )
    }
  }

  /// A sweep with linked axes and left-out points.
  static func linked(_ seed: UInt64) throws -> Sweep {
    var generator = Generator(state: seed)
    var sweep = try random(seed).sweep
    let count = Int.random(in: 1...4, using: &generator)
    func values(_ range: ClosedRange<Int>) -> [ParameterValue] {
      Array(range).shuffled(using: &generator).prefix(count)
        .map { .number(ExactDecimal($0)) }
    }
    sweep.together = ["steps": values(1...5), "step_milliseconds": values(0...4)]
    let axes = sweep.together.merging(sweep.axes) { $1 }
    for _ in 0..<Int.random(in: 0...3, using: &generator) {
      var point: OrderedDictionary<String, ParameterValue> = [:]
      for (name, values) in axes.shuffled(using: &generator)
        .prefix(Int.random(in: 1...3, using: &generator))
      {
        point[name] = values.randomElement(using: &generator)
      }
      sweep.except.append(point)
    }
    return sweep
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `linked axes and left-out points are those of a plain list of all combinations`(
    seed: UInt64
  ) throws {
    let sweep = try Self.linked(seed)
    let expected = Self.points(sweep)
    let shape = GridShape(sweep)
    #expect(shape.positionCount == expected.count)
    #expect((0..<shape.positionCount).map(shape.point(at:)) == expected.map(\.point))
    let positions = expected.indices.filter { expected[$0].hasRun }
    #expect(Array(shape.positions()) == positions)
    #expect(sweep.runCount == positions.count)
    for axis in shape.axes {
      #expect(
        expected.indices.map(axis.value(at:)) == expected.map { $0.point[axis.name] })
    }
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `the places of a part in the whole are found as in a plain list`(seed: UInt64) throws {
    let whole = try Self.linked(seed)
    var generator = Generator(state: seed &+ 1000)
    var part = whole
    // Some values in another order, fewer or more points left out, axes in another order.
    for (name, values) in whole.axes {
      part.axes[name] = Array(
        values.shuffled(using: &generator).prefix(Int.random(in: 1...5, using: &generator)))
    }
    part.axes = OrderedDictionary(
      uniqueKeysWithValues: part.axes.shuffled(using: &generator))
    let kept = (0..<(whole.together.values.first?.count ?? 0)).shuffled(using: &generator)
      .prefix(Int.random(in: 1...4, using: &generator))
    part.together = whole.together.mapValues { values in kept.map { values[$0] } }
    if Bool.random(using: &generator) { part.except = Array(whole.except.dropLast()) }
    let all = Self.points(whole)
    var expected: [Int]? = []
    for (point, hasRun) in Self.points(part) where hasRun {
      let place = all.firstIndex {
        $0.hasRun
          && Dictionary(uniqueKeysWithValues: Array($0.point))
            == Dictionary(uniqueKeysWithValues: Array(point))
      }
      if let place { expected?.append(place) } else { expected = nil }
      if expected == nil { break }
    }
    #expect(part.positions(in: whole) == expected)
    var other = whole
    other.together = [:]
    #expect(part.positions(in: other) == nil)
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

import OrderedCollections

/// The axes of a sweep: those that move by themselves, and those that are linked and move as one.
struct SweepAxes: Hashable, Sendable {
  /// In the order of the file.
  var free: OrderedDictionary<String, [ParameterValue]> = [:]
  /// As many values each; none, or at least two parameters.
  var linked: OrderedDictionary<String, [ParameterValue]> = [:]

  /// Every name, the linked ones first.
  var names: [String] { Array(linked.keys) + Array(free.keys) }

  /// The ways to move through the grid, the slowest first: the linked axes as one, then every other.
  var directions: [OrderedDictionary<String, [ParameterValue]>] {
    (linked.isEmpty ? [] : [linked]) + free.map { [$0: $1] }
  }

  /// The values of an axis; those of a linked one may repeat themselves.
  func values(of name: String) -> [ParameterValue]? { free[name] ?? linked[name] }

  /// Whether two names stand for one direction of the grid.
  func areOne(_ first: String, _ second: String) -> Bool {
    first == second || linked[first] != nil && linked[second] != nil
  }
}

extension SweepAxes {
  /// Whether an axis, or one of several linked ones, has words as its values.
  static func hasWords(_ direction: OrderedDictionary<String, [ParameterValue]>) -> Bool {
    direction.values.contains { $0.first?.number == nil }
  }

  /// All points of some directions; one without values where there are none.
  static func combinations(
    of directions: [OrderedDictionary<String, [ParameterValue]>]
  ) -> [OrderedDictionary<String, ParameterValue>] {
    directions.reduce([[:]]) { points, direction in
      points.flatMap { point in
        (0..<direction.values[0].count).map { index in
          point.merging(direction.mapValues { $0[index] }) { $1 }
        }
      }
    }
  }
}

extension Sweep {
  var sweepAxes: SweepAxes { SweepAxes(free: axes, linked: together) }

  /// Whether two axes are linked, and so no two sides of a map.
  public func areLinked(_ first: String, _ second: String) -> Bool {
    first != second && sweepAxes.areOne(first, second)
  }
}

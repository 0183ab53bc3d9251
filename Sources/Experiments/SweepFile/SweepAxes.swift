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

extension Sweep {
  var sweepAxes: SweepAxes { SweepAxes(free: axes, linked: together) }

  /// Whether two axes are linked, and so no two sides of a map.
  public func areLinked(_ first: String, _ second: String) -> Bool {
    first != second && sweepAxes.areOne(first, second)
  }
}

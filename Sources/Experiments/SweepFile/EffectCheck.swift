import OrderedCollections

/// Refuses axes along which nothing changes: they would draw one run several times, as if it were
/// many.
///
/// Such is `engine: [auto, reduced]`, two names of one engine. Linked axes are looked at as the one that they are.
struct EffectCheck {
  let definition: ExperimentDefinition
  let parameters: OrderedDictionary<String, ParameterValue>
  let axes: SweepAxes

  private typealias Point = OrderedDictionary<String, ParameterValue>
  private typealias Direction = OrderedDictionary<String, [ParameterValue]>

  /// Checks every axis.
  ///
  /// - Parameters:
  ///   - cursor: the mapping of axes.
  ///   - together: the mapping of linked axes, if there are some.
  /// - Throws: `SweepFileError` for the first axis with two values that never make a difference.
  func check(_ cursor: SweepCursor, together: SweepCursor?) throws(SweepFileError) {
    let directions = axes.directions
    for (number, direction) in directions.enumerated() {
      var others = directions
      others.remove(at: number)
      guard try !isToldApart(direction, cursor) else { continue }
      let contexts = SweepAxes.combinations(of: others.filter(SweepAxes.hasWords))
      guard let (first, second) = try equals(along: direction, in: contexts, cursor) else {
        continue
      }
      var place = together ?? cursor
      if direction.count == 1,
        let member = cursor.node.members?.first(where: { $0.key == direction.keys[0] })
      {
        place = cursor.member(member)
      }
      throw place.error(
        "expected values that make different runs, found \(Self.text(first)) and "
          + "\(Self.text(second)), which make the same one")
    }
  }

  /// Whether one of several linked numbers is enough to tell all their combinations apart.
  private func isToldApart(
    _ direction: Direction, _ cursor: SweepCursor
  ) throws(SweepFileError) -> Bool {
    guard direction.count > 1, !SweepAxes.hasWords(direction) else { return false }
    for (name, values) in direction
    where values.count > 1 && values.count == Set(values).count {
      if try key([name: values[0]], cursor) != key([name: values[1]], cursor) { return true }
    }
    return false
  }

  /// The first two places along one direction that make the same run in every context.
  private func equals(
    along direction: Direction, in contexts: [Point], _ cursor: SweepCursor
  ) throws(SweepFileError) -> (Point, Point)? {
    let points = (0..<direction.values[0].count).map { index in
      direction.mapValues { $0[index] }
    }
    // Numbers have an effect or have none; a word may be another name of the one before it, and of linked
    // numbers one may have an effect where another has none.
    let isNumber = direction.count == 1 && !SweepAxes.hasWords(direction)
    var known: [RunKey: [Point]] = [:]
    for point in isNumber ? Array(points.prefix(2)) : points {
      let key = try key(contexts[0].merging(point) { $1 }, cursor)
      for earlier in known[key, default: []] {
        var differs = false
        for context in contexts.dropFirst() where !differs {
          let earlierKey = try self.key(context.merging(earlier) { $1 }, cursor)
          differs = try earlierKey != self.key(context.merging(point) { $1 }, cursor)
        }
        if !differs { return (earlier, point) }
      }
      known[key, default: []].append(point)
    }
    return nil
  }

  /// The key of a grid point: the first one, but for some values.
  private func key(_ changes: Point, _ cursor: SweepCursor) throws(SweepFileError) -> RunKey {
    let first = axes.directions.reduce(into: parameters) { point, direction in
      point.merge(direction.compactMapValues(\.first)) { $1 }
    }
    var given = first.merging(changes) { $1 }
    var inputs: OrderedDictionary<String, String> = [:]
    for parameter in definition.parameters where parameter.kind == .file {
      // Whatever the file holds, it is the same for all points.
      if let path = given.removeValue(forKey: parameter.name) {
        inputs[parameter.name] = path.description
      }
    }
    do {
      return try definition.configuration(given, inputs: inputs).key
    } catch {
      throw cursor.error(error.problem)
    }
  }

  /// A value by itself, linked ones with their names.
  private static func text(_ point: Point) -> String {
    point.count == 1
      ? point.values[0].description
      : point.map { "\($0) = \($1)" }.joined(separator: ", ")
  }
}

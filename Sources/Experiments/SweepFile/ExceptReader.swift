import OrderedCollections

/// Reads the points that a sweep leaves out.
struct ExceptReader {
  let definition: ExperimentDefinition
  let axes: SweepAxes
  /// The axes whose values the command line has changed: a point that is not on them any more is left out anyway.
  let changed: Set<String>

  static let example = "{alpha: 5.6, epsilon: 0.28}"

  /// Reads the section `except`.
  ///
  /// - Parameter cursor: the section, if there is one.
  /// - Returns: the points that leave something out.
  /// - Throws: `SweepFileError` for a point that leaves nothing out, and if no run is left.
  func points(
    _ cursor: SweepCursor?
  ) throws(SweepFileError) -> [OrderedDictionary<String, ParameterValue>] {
    guard let cursor else { return [] }
    guard case .list(let elements) = cursor.node.content else {
      throw cursor.error(expected: "a list of points such as [\(Self.example)]")
    }
    let known = Dictionary(
      uniqueKeysWithValues: axes.names.map { ($0, Set(axes.values(of: $0) ?? [])) })
    var firstPlaces: [[String: ParameterValue]: Int] = [:]
    var points: [OrderedDictionary<String, ParameterValue>] = []
    for (index, element) in elements.enumerated() {
      let place = cursor.element(index, element)
      let (point, isOnGrid) = try point(place, known)
      let unordered = Dictionary(uniqueKeysWithValues: Array(point))
      if let first = firstPlaces.updateValue(index, forKey: unordered) {
        throw place.error(
          "expected every point once, found this one again (first at [\(first)])")
      }
      if isOnGrid { points.append(point) }
    }
    guard points.isEmpty || GridShape(axes, except: points).runCount > 0 else {
      throw cursor.error("expected at least one run that is not left out, found none")
    }
    return points
  }

  private func point(
    _ cursor: SweepCursor, _ known: [String: Set<ParameterValue>]
  ) throws(SweepFileError) -> (OrderedDictionary<String, ParameterValue>, isOnGrid: Bool) {
    guard let members = cursor.node.members else {
      throw cursor.error(expected: "a point such as \(Self.example)")
    }
    guard !members.isEmpty else {
      throw cursor.error("expected a point such as \(Self.example), found an empty mapping")
    }
    var point: OrderedDictionary<String, ParameterValue> = [:]
    var isOnGrid = true
    for member in members {
      guard let values = known[member.key], let parameter = definition.parameter(named: member.key)
      else {
        throw cursor.error(
          atKey: member,
          "expected an axis of the sweep, found \"\(member.key.abbreviated)\""
            + Spelling.suggestion(for: member.key, among: axes.names))
      }
      let place = cursor.member(member)
      let value = try place.value(of: parameter)
      point[member.key] = value
      guard !values.contains(value) else { continue }
      guard changed.contains(member.key) else {
        throw place.error(
          "expected a value of the axis \(member.key), found \(value); these are "
            + TextLayout.list(axes.values(of: member.key) ?? []))
      }
      isOnGrid = false
    }
    let linked = point.filter { axes.linked[$0.key] != nil }
    guard isOnGrid, linked.count > 1, !occurs(linked) else { return (point, isOnGrid) }
    guard linked.keys.contains(where: changed.contains) else {
      let found = linked.map { "\($0) = \($1)" }.joined(separator: ", ")
      throw cursor.error(
        "expected values that occur together, but no run has \(found): they are linked")
    }
    return (point, false)
  }

  /// Whether linked axes have these values at one place.
  private func occurs(_ linked: OrderedDictionary<String, ParameterValue>) -> Bool {
    let count = axes.linked.values.first?.count ?? 0
    return (0..<count).contains { index in
      linked.allSatisfy { axes.linked[$0.key]?[index] == $0.value }
    }
  }
}

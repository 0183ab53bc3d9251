import OrderedCollections

/// Reads which map a sweep ends with.
struct MapReader {
  /// At least two that move apart.
  let axes: SweepAxes

  func map(_ cursor: SweepCursor?) throws(SweepFileError) -> MapDefinition {
    var map = standard
    guard let cursor else { return map }
    let members = try cursor.members(
      ["x", "y", "value"], expected: "a mapping such as {x: \(map.x), y: \(map.y)}")
    func axis(_ key: String) throws(SweepFileError) -> String? {
      guard let member = members[key] else { return nil }
      return try cursor.member(member).choice(known, called: "an axis of the sweep")
    }
    let (x, y) = (try axis("x"), try axis("y"))
    if let x, let y, axes.areOne(x, y), let member = members["y"] {
      throw cursor.member(member).error(
        x == y
          ? "expected another axis than x, found \(x) for both"
          : "expected another axis than x, found \(y), which is linked with \(x)")
    }
    // One that is given keeps the other from being the same.
    if let x { map = MapDefinition(x: x, y: axes.areOne(x, map.y) ? map.x : map.y) }
    if let y { map = MapDefinition(x: x ?? (axes.areOne(y, map.x) ? map.y : map.x), y: y) }
    if let value = members["value"] {
      let name = try cursor.member(value).choice(MapDefinition.Value.allCases.map(\.rawValue))
      map.value = MapDefinition.Value(rawValue: name) ?? map.value
    }
    return map
  }

  /// The map of a sweep that names none.
  private var standard: MapDefinition {
    if known.contains("alpha"), known.contains("epsilon"), !axes.areOne("alpha", "epsilon") {
      return MapDefinition(x: "epsilon", y: "alpha")
    }
    // Seeds are what a map is a median over; they are drawn only where nothing else is there.
    let names = axes.directions.map(Self.name)
    let candidates = names.filter { $0 != "seed" } + names.filter { $0 == "seed" }
    return MapDefinition(x: candidates[1], y: candidates[0])
  }

  private var known: [String] { axes.names }

  /// The axis that stands for linked ones: one that tells all its places apart, if there is one.
  private static func name(
    of direction: OrderedDictionary<String, [ParameterValue]>
  ) -> String {
    direction.first { $0.value.count == Set($0.value).count }?.key ?? direction.keys[0]
  }
}

extension SweepCursor {
  /// One of the names that the sweep itself brings.
  fileprivate func choice(
    _ known: [String], called expected: String
  ) throws(SweepFileError) -> String {
    let text = try text(expected: expected)
    guard known.contains(text) else {
      throw error(
        "expected \(expected), found \"\(text.abbreviated)\""
          + Spelling.suggestion(for: text, among: known))
    }
    return text
  }
}

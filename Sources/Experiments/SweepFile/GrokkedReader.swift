/// Reads when a run counts as grokked, and which map the sweep ends with.
struct GrokkedReader {
  let definition: ExperimentDefinition

  func rule(_ cursor: SweepCursor?) throws(SweepFileError) -> GrokkedRule {
    guard let cursor else { return definition.grokked }
    let members = try cursor.members(
      ["measure", "train_below", "test_below", "train_at_least", "test_at_least"],
      expected: "a mapping such as {measure: loss, train_below: 0.1, test_below: 0.1}")
    var rule = definition.grokked
    if let measure = members["measure"] {
      rule = try self.rule(measuredAt: cursor.member(measure))
    }
    let suffix = rule.measure == .loss ? "below" : "at_least"
    let otherSuffix = rule.measure == .loss ? "at_least" : "below"
    for series in ["train", "test"] {
      if let member = members["\(series)_\(otherSuffix)"] {
        throw cursor.error(
          atKey: member,
          "expected \(series)_\(suffix) with measure: \(rule.measure.rawValue), "
            + "found \(series)_\(otherSuffix)")
      }
      guard let member = members["\(series)_\(suffix)"] else { continue }
      let threshold = try threshold(cursor.member(member), of: rule.measure)
      if series == "train" { rule.train = threshold } else { rule.test = threshold }
    }
    return rule
  }

  private func rule(measuredAt cursor: SweepCursor) throws(SweepFileError) -> GrokkedRule {
    let measured = GrokkedRule.Measure.allCases.filter { measure in
      switch measure {
      case .loss: !definition.thresholds.loss.isEmpty
      case .accuracy: !definition.thresholds.accuracy.isEmpty
      }
    }
    let name = try cursor.choice(GrokkedRule.Measure.allCases.map(\.rawValue))
    guard let measure = measured.first(where: { $0.rawValue == name }) else {
      let names = measured.map(\.rawValue).joined(separator: " or ")
      throw cursor.error(
        "expected \(names), which is all that \(definition.name) measures, found \"\(name)\"")
    }
    if measure == definition.grokked.measure { return definition.grokked }
    let threshold: ExactDecimal = measure == .loss ? 0.1 : 0.9
    return GrokkedRule(measure: measure, train: threshold, test: threshold)
  }

  private func threshold(
    _ cursor: SweepCursor, of measure: GrokkedRule.Measure
  ) throws(SweepFileError) -> ExactDecimal {
    let expected = measure == .loss ? "a loss above 0" : "an accuracy above 0 and at most 1"
    let number = try cursor.number(expected: expected)
    guard number > 0, measure == .loss || number <= 1 else {
      throw cursor.error(expected: expected)
    }
    return number
  }
}

/// Reads which map a sweep ends with.
struct MapReader {
  /// The axes in the order of the file, at least two.
  let axes: [String]

  func map(
    _ cursor: SweepCursor?, in document: SweepCursor
  ) throws(SweepFileError) -> MapDefinition {
    // Seeds are what a map is a median over; they are drawn only where nothing else is there.
    let candidates = axes.filter { $0 != "seed" } + axes.filter { $0 == "seed" }
    var map = MapDefinition(x: candidates[1], y: candidates[0])
    if axes.contains("alpha"), axes.contains("epsilon") { (map.x, map.y) = ("epsilon", "alpha") }
    guard let cursor else { return map }
    let members = try cursor.members(
      ["x", "y", "value"], expected: "a mapping such as {x: \(map.x), y: \(map.y)}")
    let x = try members["x"].map { member throws(SweepFileError) in
      try cursor.member(member).choice(axes, called: "an axis of the sweep")
    }
    let y = try members["y"].map { member throws(SweepFileError) in
      try cursor.member(member).choice(axes, called: "an axis of the sweep")
    }
    if let x, x == y, let member = members["y"] {
      throw cursor.member(member).error("expected another axis than x, found \(x) for both")
    }
    // One that is given keeps the other from being the same.
    if let x { map = MapDefinition(x: x, y: x == map.y ? map.x : map.y) }
    if let y { map = MapDefinition(x: x ?? (y == map.x ? map.y : map.x), y: y) }
    if let value = members["value"] {
      let name = try cursor.member(value).choice(MapDefinition.Value.allCases.map(\.rawValue))
      map.value = MapDefinition.Value(rawValue: name) ?? map.value
    }
    return map
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

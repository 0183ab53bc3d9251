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

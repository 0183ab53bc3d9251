extension AxesReader {
  static let spacingKeys = ["from", "to", "step", "count", "scale"]

  /// How an axis is written; its values are made later.
  func form(
    _ axis: SweepCursor, _ parameter: ParameterDefinition
  ) throws(SweepFileError) -> AxisForm {
    switch axis.node.content {
    case .list(let elements):
      guard !elements.isEmpty else {
        throw axis.error("expected at least one value, found an empty list")
      }
      return .list(elements)
    case .mapping: return try spacing(axis, parameter)
    case .scalar:
      throw axis.error(
        expected: parameter.isNumeric
          ? "a list, or a mapping such as {from: 0, to: 4, step: 1}" : "a list")
    }
  }

  private func spacing(
    _ axis: SweepCursor, _ parameter: ParameterDefinition
  ) throws(SweepFileError) -> AxisForm {
    guard parameter.isNumeric else {
      throw axis.error("expected a list, found a mapping, but \(parameter.name) takes words")
    }
    let members = try axis.members(Self.spacingKeys, expected: "a mapping")
    guard let fromMember = members["from"], let toMember = members["to"] else {
      let missing = members["from"] == nil ? "from" : "to"
      throw axis.error("expected from and to, found no \(missing)")
    }
    guard case .number(let from) = try axis.member(fromMember).value(of: parameter),
      case .number(let to) = try axis.member(toMember).value(of: parameter)
    else { throw axis.error(expected: "a list") }
    if let count = members["count"] {
      if let step = members["step"] {
        throw axis.error(atKey: step, "expected step or count, found both")
      }
      return try spaced(axis, from: from, to: to, count: count, scale: members["scale"])
    }
    if let scale = members["scale"] {
      throw axis.error(atKey: scale, "expected scale beside count, found no count")
    }
    return try stepped(axis, from: from, to: to, step: members["step"], parameter)
  }

  private func stepped(
    _ axis: SweepCursor, from: ExactDecimal, to: ExactDecimal, step: SweepNode.Member?,
    _ parameter: ParameterDefinition
  ) throws(SweepFileError) -> AxisForm {
    var size: ExactDecimal = 1
    var place = axis
    if let step {
      place = axis.member(step)
      size = try place.number(expected: "a number")
    } else if !parameter.isWhole {
      throw axis.error("expected step or count beside from and to, found neither")
    } else if to < from {
      throw axis.error("expected to at or above from, found from \(from) to \(to) without a step")
    }
    guard size != 0 else { throw place.error("expected a step other than 0, found 0") }
    guard from == to || (size > 0) == (to > from) else {
      let side = to > from ? "above" : "below"
      throw place.error(
        "expected a step \(side) 0 to go from \(from) to \(to), found \(size)")
    }
    guard let grid = DecimalGrid(from: from, to: to, step: size) else {
      throw axis.error(
        "expected a grid of at most \(ExactDecimal.digitsMax) digits, "
          + "found from \(from) by \(size) to \(to)")
    }
    guard grid.reachesEnd else {
      let last = grid.value(at: grid.count - 1).map(\.description) ?? "far from it"
      throw axis.error(
        "expected a step that reaches to, but from \(from) by \(size) to \(to) never reaches "
          + "\(to): the last value would be \(last)")
    }
    return .steps(grid)
  }

  private func spaced(
    _ axis: SweepCursor, from: ExactDecimal, to: ExactDecimal, count: SweepNode.Member,
    scale: SweepNode.Member?
  ) throws(SweepFileError) -> AxisForm {
    let number = try axis.member(count).integer(
      2...Int.max, expected: "a whole number of at least 2")
    var isLogarithmic = false
    if let scale {
      isLogarithmic = try axis.member(scale).choice(["linear", "log"]) == "log"
    }
    guard from != to else {
      throw axis.error("expected from and to to differ, found \(from) for both")
    }
    guard !isLogarithmic || (from > 0 && to > 0) else {
      throw axis.error(
        "expected from and to above 0 on a log scale, found from \(from) to \(to)")
    }
    return .spaced(SpacedValues(from: from, to: to, count: number, isLogarithmic: isLogarithmic))
  }
}

extension ParameterDefinition {
  var isNumeric: Bool {
    switch kind {
    case .integer, .number: true
    case .choice, .file: false
    }
  }

  var isWhole: Bool {
    if case .integer = kind { true } else { false }
  }
}

import OrderedCollections

/// Reads the axes of a sweep: their forms, their values, and how many runs they span.
struct AxesReader {
  let definition: ExperimentDefinition

  /// An axis before its values are made.
  private struct Written {
    let cursor: SweepCursor
    let parameter: ParameterDefinition
    let form: AxisForm
  }

  /// Reads the sections `axes` and `together`.
  func axes(
    _ cursor: SweepCursor?, together: SweepCursor?, in document: SweepCursor
  ) throws(SweepFileError) -> SweepAxes {
    let least = together == nil ? "two axes" : "one axis beside the linked ones"
    guard let cursor else {
      throw document.error("expected the key axes with at least \(least), found none")
    }
    guard let members = cursor.node.members else {
      throw cursor.error(expected: "a mapping from parameters to their values")
    }
    guard members.count >= (together == nil ? 2 : 1) else {
      throw cursor.error(
        "expected at least \(least), found \(members.isEmpty ? "none" : "one"); "
          + "a list of one value is an axis too, such as seed: [0]")
    }
    let free = try written(members, of: cursor)
    var linked: [Written] = []
    if let together { linked = try self.linked(together, beside: free) }
    // Counted before it is expanded: a grid of a million million points fits no memory.
    try checkRunCount(free + linked.prefix(1), cursor)
    var axes = SweepAxes()
    for axis in free { axes.free[axis.parameter.name] = try values(of: axis) }
    for axis in linked {
      axes.linked[axis.parameter.name] = try values(of: axis, mayRepeat: true)
    }
    if let first = linked.first { try checkCombinations(axes.linked, first) }
    return axes
  }

  private func written(
    _ members: [SweepNode.Member], of cursor: SweepCursor
  ) throws(SweepFileError) -> [Written] {
    var axes: [Written] = []
    for member in members {
      let parameter = try definition.parameter(at: member, of: cursor)
      guard parameter.kind != .file else {
        throw cursor.error(
          atKey: member, "expected a parameter with numbers or words, \(member.key) is a file")
      }
      let axis = cursor.member(member)
      axes.append(Written(cursor: axis, parameter: parameter, form: try form(axis, parameter)))
    }
    return axes
  }

  private func linked(
    _ cursor: SweepCursor, beside free: [Written]
  ) throws(SweepFileError) -> [Written] {
    guard let members = cursor.node.members else {
      throw cursor.error(expected: "a mapping from linked parameters to their values")
    }
    guard members.count >= 2 else {
      throw cursor.error(
        "expected at least two parameters that move as one, found "
          + "\(members.isEmpty ? "none" : "one"); a parameter that moves by itself is one of the axes"
      )
    }
    let linked = try written(members, of: cursor)
    for member in members where free.contains(where: { $0.parameter.name == member.key }) {
      throw cursor.error(
        atKey: member, "expected \(member.key) among the axes or in together, found it in both")
    }
    let (name, count) = (linked[0].parameter.name, linked[0].form.count)
    for axis in linked where axis.form.count != count {
      throw axis.cursor.error(
        "expected \(count.grouped) \(count == 1 ? "value" : "values"), as many as \(name) has, "
          + "found \(axis.form.count.grouped)")
    }
    return linked
  }

  private func checkCombinations(
    _ linked: OrderedDictionary<String, [ParameterValue]>, _ first: Written
  ) throws(SweepFileError) {
    var firstPlaces: [[ParameterValue]: Int] = [:]
    for index in 0..<first.form.count {
      let combination = linked.values.map { $0[index] }
      guard let place = firstPlaces.updateValue(index, forKey: combination) else { continue }
      let found = zip(linked.keys, combination).map { "\($0) = \($1)" }.joined(separator: ", ")
      throw first.form.cursor(at: index, in: first.cursor).error(
        "expected every combination once, found \(found) again (first at [\(place)])")
    }
  }

  private func checkRunCount(
    _ axes: [Written], _ cursor: SweepCursor
  ) throws(SweepFileError) {
    var runs = 1
    var isBeyond = false
    for axis in axes {
      let (product, overflow) = runs.multipliedReportingOverflow(by: axis.form.count)
      isBeyond = isBeyond || overflow || axis.form.count == .max
      runs = isBeyond ? .max : product
    }
    guard runs > SweepFile.runsMax else { return }
    let found = isBeyond ? "more than 9e18" : runs.grouped
    let problem = "expected at most \(SweepFile.runsMax.grouped) runs"
    // What the file says may be few enough, and an override be the one that is too long.
    if let longest = axes.max(by: { $0.form.count < $1.form.count })?.cursor,
      longest.node.place.source != cursor.node.place.source
    {
      throw longest.error("\(problem) on all axes together, found \(found)")
    }
    throw cursor.error("\(problem), found \(found)")
  }

  private func values(
    of written: Written, mayRepeat: Bool = false
  ) throws(SweepFileError) -> [ParameterValue] {
    let (axis, parameter, form) = (written.cursor, written.parameter, written.form)
    var firstPlaces: [ParameterValue: Int] = [:]
    var values: [ParameterValue] = []
    values.reserveCapacity(form.count)
    for index in 0..<form.count {
      let place = form.cursor(at: index, in: axis)
      let value: ParameterValue
      if case .list = form {
        value = try place.value(of: parameter)
      } else {
        guard let number = form.number(at: index, isWhole: parameter.isWhole) else {
          throw axis.error(
            "expected values of at most \(ExactDecimal.digitsMax) digits, "
              + "found one with more at place \(index + 1)")
        }
        value = .number(number)
        if let problem = parameter.problem(with: value) { throw place.error(problem) }
      }
      if !mayRepeat, let first = firstPlaces.updateValue(index, forKey: value) {
        throw place.error("expected every value once, found \(value) again (first at [\(first)])")
      }
      values.append(value)
    }
    return values
  }
}

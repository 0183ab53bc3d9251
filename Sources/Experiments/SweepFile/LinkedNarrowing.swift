import OrderedCollections

/// What `--set` keeps of the linked axes: the combinations in which a parameter has one of some values, or one from a range.
struct LinkedNarrowing: Hashable, Sendable {
  let name: String
  let value: SweepNode

  /// The linked axes with the combinations that all narrowings keep.
  ///
  /// - Parameters:
  ///   - narrowings: at most one a parameter.
  ///   - axes: as the file has them.
  ///   - definition: the experiment.
  /// - Returns: the axes, the combinations in the order of the file.
  /// - Throws: `SweepFileError` for a parameter that is not linked, a value that it does not have, and for
  ///   values that do not occur together.
  static func apply(
    _ narrowings: [LinkedNarrowing], to axes: SweepAxes, of definition: ExperimentDefinition
  ) throws(SweepFileError) -> SweepAxes {
    var kept = Array(axes.linked.values.first?.indices ?? 0..<0)
    for narrowing in narrowings {
      let cursor = SweepCursor(node: narrowing.value.asAxis, path: "together.\(narrowing.name)")
      guard let values = axes.linked[narrowing.name],
        let parameter = definition.parameter(named: narrowing.name)
      else {
        throw cursor.error(
          "expected a linked parameter, found \"\(narrowing.name.abbreviated)\""
            + (axes.linked.isEmpty
              ? "; the sweep links none"
              : Spelling.suggestion(for: narrowing.name, among: Array(axes.linked.keys))))
      }
      let wanted = try Self.values(cursor, among: values, of: parameter)
      kept = kept.filter { wanted.contains(values[$0]) }
      guard !kept.isEmpty else {
        throw cursor.error(
          "expected values that occur together, but no run is left: "
            + axes.linked.keys.joined(separator: " and ") + " are linked")
      }
    }
    var narrowed = axes
    narrowed.linked = axes.linked.mapValues { values in kept.map { values[$0] } }
    return narrowed
  }

  /// The values that are kept: those listed, or those between the ends of a range.
  private static func values(
    _ cursor: SweepCursor, among known: [ParameterValue], of parameter: ParameterDefinition
  ) throws(SweepFileError) -> Set<ParameterValue> {
    let places = Set(known)
    var values: Set<ParameterValue> = []
    if case .list(let elements) = cursor.node.content {
      for (index, element) in elements.enumerated() {
        let place = cursor.element(index, element)
        let value = try place.value(of: parameter)
        guard places.contains(value) else {
          throw place.error(
            "expected a value that \(parameter.name) has in the file, found \(value); these are "
              + TextLayout.list(known))
        }
        values.insert(value)
      }
      return values
    }
    let ends = try cursor.members(AxesReader.spacingKeys, expected: "a list or a range")
    guard let fromMember = ends["from"], let toMember = ends["to"] else {
      throw cursor.error(expected: "a list or a range")
    }
    let from = try cursor.member(fromMember).number(expected: "a number")
    let to = try cursor.member(toMember).number(expected: "a number")
    values = places.filter { value in value.number.map { from <= $0 && $0 <= to } ?? false }
    guard !values.isEmpty else {
      throw cursor.error(
        "expected a value that \(parameter.name) has in the file, found none from \(from) to \(to); "
          + "these are " + TextLayout.list(known))
    }
    return values
  }
}

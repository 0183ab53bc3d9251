import OrderedCollections

/// Refuses parameters that a sweep names and that make no difference in any of its runs.
///
/// Such is `momentum` where every run has Adam. One that makes a difference in some runs only is let pass: the others are
/// the same run at several grid points, computed once.
struct NamedParametersCheck {
  let definition: ExperimentDefinition
  let parameters: OrderedDictionary<String, ParameterValue>
  let axes: SweepAxes

  /// Checks every name.
  ///
  /// - Parameter sections: the mappings whose keys are parameters.
  /// - Throws: `SweepFileError` for the first without effect.
  func check(_ sections: [SweepCursor]) throws(SweepFileError) {
    for section in sections {
      for member in section.node.members ?? [] {
        if let reason = reasonWithoutEffect(of: member.key) {
          throw section.error(atKey: member, reason)
        }
      }
    }
  }

  /// Why a parameter makes no difference at any grid point; nil if it makes one.
  private func reasonWithoutEffect(of name: String) -> String? {
    guard let effect = definition.parameter(named: name)?.effect else { return nil }
    let isFile = { (name: String) in definition.parameter(named: name)?.kind == .file }
    let inputs = Set(parameters.keys.filter(isFile))
    let first = axes.directions.reduce(into: parameters.filter { !isFile($0.key) }) {
      point, direction in point.merge(direction.compactMapValues(\.first)) { $1 }
    }
    // What a choice such as auto stands for depends on other words.
    let decisive = axes.directions.filter { direction in
      SweepAxes.hasWords(direction) || direction.keys.contains(where: effect.names.contains)
    }
    var reason: String?
    for point in SweepAxes.combinations(of: decisive) {
      guard
        let problem = definition.reasonWithoutEffect(
          of: name, in: first.merging(point) { $1 }, inputs: inputs)
      else { return nil }
      reason = reason ?? problem
    }
    return reason
  }
}

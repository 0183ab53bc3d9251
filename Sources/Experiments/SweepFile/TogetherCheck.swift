import OrderedCollections

/// Refuses a sweep with a run whose parameters do not go together, each being right by itself.
struct TogetherCheck {
  let definition: ExperimentDefinition
  let parameters: OrderedDictionary<String, ParameterValue>
  let shape: GridShape

  /// Checks every run, one for all that differ in nothing that matters here.
  ///
  /// - Parameters:
  ///   - sections: the mappings whose keys are parameters.
  ///   - document: the file, for what none of them names.
  /// - Throws: `SweepFileError` where the parameter stands that does not go with another.
  func check(
    _ sections: [SweepCursor], in document: SweepCursor
  ) throws(SweepFileError) {
    // Files have no part in it.
    let fixed = parameters.filter { definition.parameter(named: $0.key)?.kind != .file }
    let varied = shape.axes.filter { definition.interdependent.contains($0.name) }
    var seen: Set<[Int]> = []
    for position in shape.positions() {
      guard seen.insert(varied.map { $0.index(at: position) }).inserted else {
        if varied.isEmpty { return }
        continue
      }
      do throws(ParameterError) {
        let given = fixed.merging(shape.point(at: position)) { $1 }
        try definition.checkTogether(try definition.configuration(given))
      } catch {
        throw located(error, sections, document)
      }
    }
  }

  private func located(
    _ error: ParameterError, _ sections: [SweepCursor], _ document: SweepCursor
  ) -> SweepFileError {
    for section in sections {
      for member in section.node.members ?? [] where member.key == error.name {
        return section.error(atKey: member, error.problem)
      }
    }
    return document.error(error.description)
  }
}

import OrderedCollections

/// Refuses axes along which nothing changes: they would draw one run several times, as if it were
/// many.
///
/// Such are `test_examples` where the test loss needs none, `seed` where a file gives the draws,
/// and `engine: [auto, reduced]`, two names of one engine.
struct EffectCheck {
  let definition: ExperimentDefinition
  let parameters: OrderedDictionary<String, ParameterValue>
  let axes: OrderedDictionary<String, [ParameterValue]>

  /// Checks every axis.
  ///
  /// - Parameter cursor: the mapping of axes.
  /// - Throws: `SweepFileError` for the first axis with two values that never make a difference.
  func check(_ cursor: SweepCursor) throws(SweepFileError) {
    let words = axes.filter { $0.value.first?.number == nil }
    for (name, values) in axes {
      let contexts = Self.combinations(of: words.filter { $0.key != name })
      // Numbers have an effect or have none; a word may be another name of the one before it.
      let pairs = words[name] == nil ? Self.pairs(Array(values.prefix(2))) : Self.pairs(values)
      for (first, second) in pairs {
        var differs = false
        for context in contexts where !differs {
          let firstKey = try key(context.merging([name: first]) { $1 }, cursor)
          differs = try firstKey != key(context.merging([name: second]) { $1 }, cursor)
        }
        guard !differs, let member = cursor.node.members?.first(where: { $0.key == name }) else {
          continue
        }
        throw cursor.member(member).error(
          "expected values that make different runs, found \(first) and \(second), which make the "
            + "same one")
      }
    }
  }

  /// The key of a grid point: the first one, but for some values.
  private func key(
    _ changes: OrderedDictionary<String, ParameterValue>, _ cursor: SweepCursor
  ) throws(SweepFileError) -> RunKey {
    var given = parameters.merging(axes.compactMapValues(\.first)) { $1 }.merging(changes) { $1 }
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

  private static func combinations(
    of axes: OrderedDictionary<String, [ParameterValue]>
  ) -> [OrderedDictionary<String, ParameterValue>] {
    axes.reduce([[:]]) { points, axis in
      points.flatMap { point in axis.value.map { value in point.merging([axis.key: value]) { $1 } }
      }
    }
  }

  private static func pairs(
    _ values: [ParameterValue]
  ) -> [(ParameterValue, ParameterValue)] {
    values.indices.flatMap { second in
      values[..<second].map { first in (first, values[second]) }
    }
  }
}

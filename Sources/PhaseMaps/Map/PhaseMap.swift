public import Experiments
public import OrderedCollections

/// A map over two axes of a sweep: one cell for every pair of values, each with its runs' statistics.
public struct PhaseMap: Sendable {
  public let definition: MapDefinition
  /// Which runs are used: the rest of the sweep is not in the map.
  public let slices: [AxisSlice]
  public let request: Request
  public let rule: GrokkedRule
  /// θ, within which an example counts as right, if it was chosen afterwards.
  public let tolerance: ExactDecimal?
  /// The values across, numbers ascending, others in the order of the sweep.
  public let xValues: [ParameterValue]
  /// The values upwards.
  public let yValues: [ParameterValue]
  /// `[y][x]`, as many rows as y has values.
  public let cells: [[MapCell]]
  /// The values of every other axis that are left after slicing, in the order of the sweep.
  public let otherAxes: OrderedDictionary<String, [ParameterValue]>
  /// What the cells have of those, by name.
  public let spreads: OrderedDictionary<String, OtherAxis>

  /// Makes the map of a sweep's runs.
  ///
  /// - Parameters:
  ///   - runs: all runs of the sweep, finished or not.
  ///   - definition: the two axes and what is drawn.
  ///   - slices: what is kept of any axis; axes that are neither drawn nor sliced are aggregated over.
  ///   - request: what the sweep asks of each run; results that do not cover it are missing.
  ///   - rule: when a run counts as grokked, at any recorded thresholds.
  ///   - tolerance: θ of the crossings that the runs are judged by, for the caption; nil if they are their own.
  /// - Throws: `PhaseMapError` for unknown axes, slices that leave nothing, unrecorded thresholds.
  public init(
    runs: [RunResult], definition: MapDefinition, slices: [AxisSlice] = [], request: Request,
    rule: GrokkedRule, tolerance: ExactDecimal? = nil
  ) throws(PhaseMapError) {
    let kept = try Self.kept(runs, definition, slices)
    func values(of axis: String) -> [ParameterValue] {
      let unique = OrderedSet(kept.compactMap { $0.point[axis] })
      return unique.allSatisfy { $0.number != nil }
        ? unique.sorted { ($0.number ?? .zero) < ($1.number ?? .zero) } : Array(unique)
    }
    let xValues = values(of: definition.x)
    let yValues = values(of: definition.y)
    var members: [Place: [RunResult]] = [:]
    for run in kept {
      guard let x = run.point[definition.x], let y = run.point[definition.y] else { continue }
      members[Place(x: x, y: y), default: []].append(run)
    }
    var cells: [[MapCell]] = []
    for y in yValues {
      var row: [MapCell] = []
      for x in xValues {
        row.append(
          try Self.cell(
            x, y, members[Place(x: x, y: y)] ?? [], request: request, rule: rule))
      }
      cells.append(row)
    }
    var otherAxes: OrderedDictionary<String, [ParameterValue]> = [:]
    var spreads: OrderedDictionary<String, OtherAxis> = [:]
    for axis in kept.first?.point.keys ?? [] where axis != definition.x && axis != definition.y {
      otherAxes[axis] = values(of: axis)
      spreads[axis] = OtherAxis(axis, kept, definition, xValues: xValues, yValues: yValues)
    }
    self.definition = definition
    self.slices = slices
    self.request = request
    self.rule = rule
    self.tolerance = tolerance
    self.xValues = xValues
    self.yValues = yValues
    self.cells = cells
    self.otherAxes = otherAxes
    self.spreads = spreads
  }

  /// The axes whose values share cells: those neither drawn, nor sliced to one value, nor linked with one that is drawn.
  public var aggregatedAxes: [String] {
    spreads.values.filter { $0.spread == .aggregated }.map(\.name)
  }

  /// The aggregated axes that are not the seed: what a user may want to slice, in words.
  public var aggregationNote: String? {
    let axes = aggregatedAxes.filter { $0 != "seed" }
    guard !axes.isEmpty else { return nil }
    let list = axes.map { "\($0) (\(otherAxes[$0]?.count ?? 0) values)" }
    return "every cell mixes runs over " + list.joined(separator: " and ")
      + "; --where \(axes[0])=… chooses"
  }

  public var counts: OutcomeCounts {
    cells.joined().reduce(OutcomeCounts()) { $0 + $1.counts }
  }

  /// One cell.
  struct Place: Hashable {
    let x: ParameterValue
    let y: ParameterValue
  }

  /// The runs that all slices keep.
  private static func kept(
    _ runs: [RunResult], _ definition: MapDefinition, _ slices: [AxisSlice]
  ) throws(PhaseMapError) -> [RunResult] {
    guard let first = runs.first else { throw .noRuns }
    let axes = Array(first.point.keys)
    for (name, role) in [(definition.x, "map x"), (definition.y, "map y")]
    where !axes.contains(name) {
      throw .unknownAxis(name, role: role, known: axes)
    }
    guard definition.x != definition.y else { throw .sameAxisTwice(definition.x) }
    return try filtered(runs, by: slices)
  }

  /// The runs that all slices keep.
  ///
  /// - Parameters:
  ///   - runs: all runs of the sweep.
  ///   - slices: what is kept of any axis.
  /// - Returns: at least one run.
  /// - Throws: `PhaseMapError` for an unknown axis, a value that is not on its axis, or slices that leave
  ///   nothing together.
  public static func filtered(
    _ runs: [RunResult], by slices: [AxisSlice]
  ) throws(PhaseMapError) -> [RunResult] {
    var kept = runs
    for (index, slice) in slices.enumerated() {
      guard !slices[..<index].contains(where: { $0.axis == slice.axis }) else {
        throw .slice(
          slice.description,
          problem: "\(slice.axis) is sliced already; join the values with commas")
      }
      let axes = kept.first.map { Array($0.point.keys) } ?? []
      guard axes.contains(slice.axis) else {
        throw .unknownAxis(slice.axis, role: "slice \"\(slice)\"", known: axes)
      }
      // Of all runs, so that what is refused does not depend on the slices before.
      let values = OrderedSet(runs.compactMap { $0.point[slice.axis] })
      if let part = slice.parts.first(where: { !values.contains(where: $0.contains) }) {
        throw .emptySlice(
          slice.description, part: part.description, available: values.map(\.description))
      }
      kept = kept.filter { $0.point[slice.axis].map(slice.contains) ?? false }
      guard !kept.isEmpty else {
        let others = slices[..<index].map { "\"\($0)\"" }.joined(separator: " and ")
        throw .slice(slice.description, problem: "no run is in it and in slice \(others) alike")
      }
    }
    return kept
  }

  private static func cell(
    _ x: ParameterValue, _ y: ParameterValue, _ runs: [RunResult], request: Request,
    rule: GrokkedRule
  ) throws(PhaseMapError) -> MapCell {
    var outcomes: [RunOutcome] = []
    var losses: [Double] = []
    var phases: [LearningPhase] = []
    for run in runs {
      let outcome = try RunOutcome(
        of: run.summary, crossings: run.crossings, request: request, rule: rule)
      outcomes.append(outcome)
      if outcome != .missing, let final = run.final {
        losses.append(final.testLoss ?? .infinity)
      }
      let phase = try LearningPhase.of(
        run.summary, crossings: run.crossings, request: request, rule: rule)
      if let phase { phases.append(phase) }
    }
    return MapCell(
      x: x, y: y, outcomes: outcomes, finalTestLosses: losses, phases: phases)
  }
}

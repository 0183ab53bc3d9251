import Experiments
import OrderedCollections

extension CurvesFigure {
  /// The runs of one cell, before their curves are read.
  public struct Group: Sendable {
    /// What the key of the figure calls the cell: `α = 2.4, ε = 0.12`.
    public let name: String
    public let runs: [RunResult]
  }

  /// Groups runs that differ in their seed only, in the order of the sweep.
  ///
  /// Refuses too many cells before anybody reads their curves.
  ///
  /// - Parameter runs: of one sweep, already sliced.
  /// - Returns: one group a cell, named by the axes that tell the cells apart.
  /// - Throws: `PhaseMapError` if there are no runs, or more cells than a figure has colours.
  public static func groups(of runs: [RunResult]) throws(PhaseMapError) -> [Group] {
    guard let first = runs.first else { throw .noRuns }
    var cells: OrderedDictionary<OrderedDictionary<String, ParameterValue>, [RunResult]> = [:]
    for run in runs {
      var point = run.point
      point["seed"] = nil
      cells[point, default: []].append(run)
    }
    guard cells.count <= cellsMax else {
      throw .tooManyCurves(cells: cells.count, max: cellsMax)
    }
    let axes = first.point.keys.filter { $0 != "seed" }
    let varying = axes.filter { axis in Set(cells.keys.map { $0[axis] }).count > 1 }
    let named = varying.isEmpty ? axes : varying
    return cells.map { point, runs in
      let name = named.compactMap { axis in
        point[axis].map { "\(ParameterLabel.symbol(axis)) = \($0)" }
      }
      return Group(name: name.joined(separator: ", "), runs: runs)
    }
  }

  /// What all of some runs have in common, for the caption: `α = 2.4`, `seeds 0–4`.
  ///
  /// - Parameter runs: of one sweep, already sliced.
  /// - Returns: the axes that have one value, and the seeds.
  public static func common(to runs: [RunResult]) -> [String] {
    let axes = runs.first.map { Array($0.point.keys) } ?? []
    let values = axes.map { axis in
      (axis: axis, values: OrderedSet(runs.compactMap { $0.point[axis] }))
    }
    let fixed = values.filter { $0.axis != "seed" && $0.values.count == 1 }.map {
      "\(ParameterLabel.symbol($0.axis)) = \($0.values[0])"
    }
    let seeds = values.filter { $0.axis == "seed" }.map {
      ($0.values.count == 1 ? "seed " : "seeds ") + ParameterLabel.summary(of: Array($0.values))
    }
    return (fixed.count < axes.filter { $0 != "seed" }.count ? fixed : []) + seeds
  }
}

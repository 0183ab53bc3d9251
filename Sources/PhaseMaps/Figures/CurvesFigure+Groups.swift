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
}

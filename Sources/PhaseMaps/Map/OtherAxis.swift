public import Experiments
import OrderedCollections

/// An axis of a sweep that is neither across nor up on a map: what its values are in the cells.
public struct OtherAxis: Hashable, Sendable {
  /// How its values are spread over the map.
  public enum Spread: Hashable, Sendable {
    /// One value in the whole map.
    case single(ParameterValue)
    /// Some cell has several: their runs share it.
    case aggregated
    /// One value a cell, which follows from the map's axis of this name: they are linked. In that axis's order.
    case follows(String, values: [ParameterValue])
    /// One value a cell, which follows from both axes of the map.
    case followsBoth
  }

  public let name: String
  /// How many values a cell with runs has: the fewest and the most.
  public let valuesPerCell: ClosedRange<Int>
  public let spread: Spread

  /// Looks at the values of an axis in every cell.
  ///
  /// - Parameters:
  ///   - name: the axis.
  ///   - runs: those in the map, at least one.
  ///   - definition: the map's axes.
  ///   - xValues: the values across, in their order.
  ///   - yValues: the values upwards.
  init(
    _ name: String, _ runs: [RunResult], _ definition: MapDefinition, xValues: [ParameterValue],
    yValues: [ParameterValue]
  ) {
    self.name = name
    var cells: [PhaseMap.Place: Set<ParameterValue>] = [:]
    var columns: [ParameterValue: Set<ParameterValue>] = [:]
    var rows: [ParameterValue: Set<ParameterValue>] = [:]
    var all: Set<ParameterValue> = []
    for run in runs {
      guard let value = run.point[name], let x = run.point[definition.x],
        let y = run.point[definition.y]
      else { continue }
      cells[PhaseMap.Place(x: x, y: y), default: []].insert(value)
      columns[x, default: []].insert(value)
      rows[y, default: []].insert(value)
      all.insert(value)
    }
    let counts = cells.values.map(\.count)
    let most = counts.max() ?? 0
    valuesPerCell = (counts.min() ?? 0)...most
    func along(
      _ values: [ParameterValue], _ found: [ParameterValue: Set<ParameterValue>]
    ) -> [ParameterValue]? {
      let single = values.compactMap { value in
        found[value].flatMap { $0.count == 1 ? $0.first : nil }
      }
      return single.count == values.count ? single : nil
    }
    if all.count < 2, let value = all.first {
      spread = .single(value)
    } else if most > 1 {
      spread = .aggregated
    } else if let values = along(xValues, columns) {
      spread = .follows(definition.x, values: values)
    } else if let values = along(yValues, rows) {
      spread = .follows(definition.y, values: values)
    } else {
      spread = .followsBoth
    }
  }
}

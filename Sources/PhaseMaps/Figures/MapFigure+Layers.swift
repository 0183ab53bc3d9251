import Experiments

extension MapFigure {
  /// The plot command: a layer or more for each class of cells, then the border.
  var plot: String {
    var layers: [String] = []
    for cellClass in classes { layers += self.layers(cellClass) }
    if let border, !border.points.isEmpty {
      layers.append("$border using 1:2 with lines lc rgb 'white' lw 4")
      layers.append("$border using 1:2 with lines \(Self.dashes)")
    }
    return "plot \\\n  \(layers.joined(separator: ", \\\n  "))"
  }

  private func layers(_ cellClass: CellClass) -> [String] {
    let name = cellClass.rawValue
    let box = "table using (across('\(name)')):2:(0.5):(0.5)"
    func filled(_ colour: String) -> String {
      "\(box) with boxxyerror fillcolor rgb '\(colour)' fillstyle solid noborder"
    }
    let ink = "lc rgb '\(Self.ink)' lw 1.1"
    if let colour = cellClass.phaseColour {
      return [filled(colour)] + phaseLetters(cellClass)
    }
    switch cellClass {
    case .comprehension, .grokking, .memorisation, .confusion, .unnamed: return []
    case .value:
      // A logarithmic scale has no colour for 0: it gets the lowest.
      let lowest = scale?.range.lowerBound ?? 0
      return [
        "\(box):($6 > \(lowest) ? $6 : \(lowest)) with boxxyerror fillstyle solid noborder "
          + "fillcolor palette"
      ]
    case .notReached:
      let lines = layout.hatchLines(columns: map.xValues.count)
      // Lines y = x + k/\(lines) clipped to the cell; they meet those of the neighbouring cells.
      let offset = "k/\(lines).0"
      return [
        filled(Self.paper),
        "for [k=\(1 - lines):\(lines - 1)] table using "
          + "(across('\(name)') - 0.5 + (k < 0 ? -\(offset) : 0))"
          + ":($2 - 0.5 + (k > 0 ? \(offset) : 0)):(1 - abs(\(offset))):(1 - abs(\(offset))) "
          + "with vectors nohead \(ink)",
      ]
    case .neverFitted:
      return [
        filled("#d9d9d9"),
        "table using (across('\(name)') - 0.5):($2 - 0.5):(1):(1) with vectors nohead \(ink)",
        "table using (across('\(name)') - 0.5):($2 + 0.5):(1):(-1) with vectors nohead \(ink)",
      ]
    case .diverged: return [filled("#000000")]
    case .leftOut:
      // A hole in the map.
      return [filled("#ffffff")]
    case .missing:
      return [
        filled("#ffffff"),
        "table using (across('\(name)') - 0.1):2:(0.2):(0) with vectors nohead \(ink)",
      ]
    }
  }
}

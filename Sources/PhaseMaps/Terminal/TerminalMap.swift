import Experiments
import Foundation
import OrderedCollections

/// A phase map in characters, for the end of a run in a terminal: two characters a cell.
public struct TerminalMap: Sendable {
  /// From the smallest value to the largest.
  static let shades = ["1", "2", "3", "4", "5", "6", "7", "8", "9"]

  public let map: PhaseMap

  public init(_ map: PhaseMap) { self.map = map }

  /// Draws the map with its axes and a legend.
  ///
  /// The digits 1 to 9 are nine equal steps of the value, on a log scale for times and losses.
  ///
  /// - Parameter width: characters that a line may have; columns of cells beyond them are left out, and
  ///   a line says so.
  /// - Returns: lines without trailing blanks, each ended by a line end.
  public func text(width: Int = 80) -> String {
    let value = map.definition.value
    let rows = map.cells.map { row in row.map { $0.value(value) } }
    let scale = Scale(rows.joined().compactMap(\.number), isShare: value == .shareGrokked)
    let labelWidth = max(
      map.definition.y.count, map.yValues.map { $0.description.count }.max() ?? 0)
    let columns = min(map.xValues.count, max(1, (width - labelWidth - 2) / 2))
    var lines = [TerminalCurve.padded(map.definition.y, labelWidth)]
    for (row, cells) in rows.enumerated().reversed() {
      let body = cells.prefix(columns).map { " " + scale.character(for: $0) }.joined()
      lines.append(
        TerminalCurve.padded(map.yValues[row].description, labelWidth) + " │" + body)
    }
    let blank = String(repeating: " ", count: labelWidth + 1)
    lines.append(blank + "└" + String(repeating: "──", count: columns))
    let first = map.xValues.first?.description ?? ""
    let last = map.xValues.prefix(columns).last?.description ?? ""
    let axis =
      columns > 1 ? "\(map.definition.x): \(first) to \(last)" : "\(map.definition.x): \(first)"
    lines.append(blank + "  " + axis)
    for axis in map.spreads.values {
      guard case .follows(let drawn, let values) = axis.spread, let first = values.first,
        let last = values.last
      else { continue }
      lines.append("\(blank)  \(axis.name), linked with \(drawn): \(first) to \(last)")
    }
    if columns < map.xValues.count {
      lines.append("(\(map.xValues.count - columns) more columns do not fit \(width) characters)")
    }
    lines += legend(scale, Set(rows.joined().map(CellClass.init)))
    return lines.map { TerminalCurve.withoutTrailingBlanks($0) + "\n" }.joined()
  }

  private func legend(_ scale: Scale, _ classes: Set<CellClass>) -> [String] {
    var lines = [""]
    if classes.contains(.value) {
      let name =
        switch map.definition.value {
        case .timeToGrok: "median time to grok, steps"
        case .shareGrokked: "share of runs that grokked"
        case .finalTestLoss, .phase: "median final test loss"
        }
      lines.append("\(name):  " + scale.summary)
    }
    for phase in CellClass.allCases where classes.contains(phase) {
      if let meaning = phase.phaseMeaning { lines.append("\(phase.phaseLetter) \(meaning)") }
    }
    if classes.contains(.notReached) {
      let limit = GnuplotText.grouped(map.request.maxSteps).replacing("\u{2009}", with: " ")
      lines.append(
        "/ median not reached "
          + (map.request.stopsWhenConverged
            ? "by convergence or within \(limit) steps" : "within \(limit) steps"))
    }
    if classes.contains(.neverFitted) {
      let diverged = map.counts.divergedUnfitted
      lines.append(
        "x never fitted the train set"
          + (diverged == 0 ? "" : "; \(diverged) run\(diverged == 1 ? "" : "s") diverged"))
    }
    if classes.contains(.diverged) { lines.append("! diverged") }
    if classes.contains(.missing) { lines.append("· no finished run") }
    if classes.contains(.leftOut) { lines.append("  (blank) left out of the sweep") }
    return lines
  }

  /// Which digit stands for which values.
  private struct Scale {
    let low: Double
    let high: Double
    let isLogarithmic: Bool

    init(_ values: [Double], isShare: Bool) {
      isLogarithmic = !isShare
      let positive = values.filter { $0 > 0 }
      low = isShare ? 0 : positive.min() ?? 1
      high = isShare ? 1 : positive.max() ?? 1
    }

    func character(for value: MapCell.Value) -> String {
      switch value {
      case .number(let number): TerminalMap.shades[step(of: number)]
      case .phase: CellClass(value).phaseLetter
      case .notReached: "/"
      case .neverFitted: "x"
      case .diverged: "!"
      case .missing: "·"
      case .leftOut: " "
      }
    }

    private func step(of number: Double) -> Int {
      guard high > low, number > low else { return 0 }
      let share =
        isLogarithmic ? log(number / low) / log(high / low) : (number - low) / (high - low)
      return min(TerminalMap.shades.count - 1, Int(share * Double(TerminalMap.shades.count)))
    }

    /// The ends and the middle: `1 = 120, 5 = 2000, 9 = 31000`.
    var summary: String {
      guard high > low else { return "1 = \(Self.plain(low))" }
      func middle(of step: Int) -> Double {
        let share = (Double(step) - 0.5) / Double(TerminalMap.shades.count)
        return isLogarithmic ? low * pow(high / low, share) : low + (high - low) * share
      }
      return "1 from \(Self.plain(low)), 5 about \(Self.plain(middle(of: 5))), "
        + "9 up to \(Self.plain(high))"
    }

    private static func plain(_ value: Double) -> String {
      GnuplotText.scaleLabel(value).replacing("\u{2009}", with: " ")
    }
  }
}

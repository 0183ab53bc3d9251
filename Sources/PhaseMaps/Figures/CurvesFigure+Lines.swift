import Experiments

extension CurvesFigure {
  /// Whether colours tell curves apart: of one cell that has other curves than train and test.
  private var isColouredByCurve: Bool {
    if case .recorded = quantity { cells.count == 1 } else { false }
  }

  /// What the key says.
  private var legend: [String] { isColouredByCurve ? curves.map(\.words) : cells.map(\.name) }

  /// How many names stand side by side; of long ones a second would not fit the page, and gnuplot would leave it out.
  var legendColumns: Int { legend.contains { $0.count > 38 } ? 1 : 2 }

  /// How many lines the key has, one of them empty.
  var legendRows: Int { (legend.count + legendColumns) / legendColumns }

  /// What the figure is of, as its title begins.
  var title: String {
    switch quantity {
    case .loss: return "Train and test loss"
    case .accuracy: return "Train and test accuracy"
    case .recorded:
      let words = curves.map(\.words).joined(separator: ", ")
      let title = words.count > 60 ? kind : words
      return title.prefix(1).uppercased() + title.dropFirst()
    }
  }

  /// What stands beside the vertical axis.
  var axisWords: String {
    switch quantity {
    case .loss: "loss"
    case .accuracy: "accuracy"
    case .recorded: curves.count == 1 ? curves[0].words : kind
    }
  }

  /// What several curves have in common.
  private var kind: String {
    if curves.allSatisfy({ $0.name.hasSuffix("_loss") }) { return "loss" }
    return curves.allSatisfy(\.isShare) ? "share of examples" : "value"
  }

  /// The kinds of both axes.
  var scales: String {
    if isLogarithmic { return "set logscale xy" }
    return "set logscale x" + (curves.allSatisfy(\.isShare) ? "\nset yrange [0:1.02]" : "")
  }

  /// The measure whose thresholds are drawn; nil where curves of it are not alone.
  private var measure: GrokkedRule.Measure? {
    let suffixes: [(String, GrokkedRule.Measure)] = [("_loss", .loss), ("_accuracy", .accuracy)]
    return suffixes.first { suffix, _ in curves.allSatisfy { $0.name.hasSuffix(suffix) } }?.1
  }

  var captionLines: [String] {
    let seeds = cells.map { $0.runs.count }.max() ?? 0
    var parts = context.isEmpty ? ["\(sweep): \(style)"] : ["\(sweep): " + context[0]]
    if !context.isEmpty { parts += context.dropFirst() + (style.isEmpty ? [] : [style]) }
    if seeds > 1 { parts.append("up to \(seeds) runs a cell, a thin line each") }
    if rule.measure == measure {
      parts.append(
        rule.train == rule.test
          ? "grey line: threshold \(rule.train)"
          : "grey lines: thresholds \(rule.train) (train), \(rule.test) (test)")
    }
    parts.append("step 0 at the left edge")
    return GnuplotText.wrapped(parts.joined(separator: "; "), width: MapLayout.textColumns)
  }

  /// Which line is which, where the key does not say it.
  private var style: String {
    switch quantity {
    case .loss: return "train dashed, test solid" + (testLoss.map { " (\($0))" } ?? "")
    case .accuracy: return "train dashed, test solid"
    case .recorded:
      let hasTestLoss = curves.contains { $0.name.hasSuffix("test_loss") }
      let kind = hasTestLoss ? testLoss.map { "test loss: \($0)" } : nil
      guard !isColouredByCurve, curves.count > 1 else { return kind ?? "" }
      let lines = zip(curves, ["solid", "dashed", "dotted"]).map { "\($0.words) \($1)" }
      return lines.joined(separator: ", ") + (kind.map { "; \($0)" } ?? "")
    }
  }

  /// What is drawn, the grey lines of the thresholds first.
  var layers: [String] {
    var layers: [String] = []
    if rule.measure == measure {
      layers += Set([rule.train, rule.test]).sorted().map {
        "\($0) with lines lc rgb '#999999' lw 0.8 notitle"
      }
    }
    var block = 0
    for (cellIndex, cell) in cells.enumerated() {
      let width = "lw \(cell.runs.count > 1 ? "1" : "1.6")"
      for runIndex in cell.runs.filter({ !drawable($0).isEmpty }).indices {
        for (curveIndex, curve) in curves.enumerated() {
          let colour = Self.colours[isColouredByCurve ? curveIndex : cellIndex]
          let isNamed = runIndex == 0 && (isColouredByCurve || curveIndex == namedCurve)
          let name = isColouredByCurve ? curve.words : cell.name
          layers.append(
            "table index \(block) using (step($1)):\(curveIndex + 2) with lines lc rgb '\(colour)' "
              + "\(width) \(curve.dash) "
              + (isNamed ? "title \(GnuplotText.quoted(name))" : "notitle"))
        }
        block += 1
      }
    }
    return layers
  }

  /// The solid curve, whose line stands for the cell in the key.
  private var namedCurve: Int { curves.firstIndex { $0.dash != Self.dashed } ?? 0 }
}

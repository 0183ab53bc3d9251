import Experiments
import OrderedCollections

extension MapFigure {
  /// What the map shows, in a few words.
  var title: String {
    switch map.definition.value {
    case .timeToGrok: "Time to grok: \(experiment)"
    case .shareGrokked: "Share of runs that grokked: \(experiment)"
    case .finalTestLoss: "Final test loss: \(experiment)"
    case .phase: "Phases of learning: \(experiment)"
    }
  }

  /// Long titles are set smaller, so that they end before the page does.
  var titlePoints: Int { max(6, min(12, 12 * 58 / max(1, title.count))) }

  var colourLabel: String {
    switch map.definition.value {
    case .timeToGrok: "median time to grok (steps)"
    case .shareGrokked: "share of runs that grokked"
    case .finalTestLoss: "median final test loss"
    case .phase: "phase of learning"
    }
  }

  /// The lines under the title: grid, seeds, thresholds, step limit, what is aggregated over.
  var captionLines: [String] {
    let sentences =
      [gridSentence, ruleSentence] + otherAxesSentences + zeroSentences + phaseSentences
    return sentences.flatMap { GnuplotText.wrapped($0, width: MapLayout.textColumns) }
  }

  private var gridSentence: String {
    var parts = ["\(sweep): \(map.xValues.count) × \(map.yValues.count) grid"]
    if let seeds = map.otherAxes["seed"] {
      parts.append(
        seeds.count == 1
          ? "seed \(ParameterLabel.summary(of: seeds)) (n = 1)"
          : "seeds \(ParameterLabel.summary(of: seeds)) (n = \(seedCount))")
    }
    let counts = map.counts
    let total = GnuplotText.grouped(counts.total)
    parts.append(
      counts.missing > 0
        ? "\(GnuplotText.grouped(counts.finished)) of \(total) runs finished" : "\(total) runs")
    return parts.joined(separator: ", ")
  }

  /// How many seeds a cell has; some may be left out here and there.
  private var seedCount: String {
    guard let range = map.spreads["seed"]?.valuesPerCell else { return "0" }
    return range.count == 1
      ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
  }

  private var ruleSentence: String {
    let limit = GnuplotText.grouped(map.request.maxSteps)
    var text = "fitted: train \(Self.condition(map.rule.measure, map.rule.train))"
    text += "; grokked: test \(Self.condition(map.rule.measure, map.rule.test))"
    if let tolerance = map.tolerance {
      text += " (examples within θ = \(tolerance), read off the records)"
    }
    if let testLoss = ParameterLabel.testLoss(parameters) { text += " (\(testLoss))" }
    text += "; limit \(limit) steps"
    return text + (map.request.stopsWhenConverged ? " or convergence" : "")
  }

  private static func condition(_ measure: GrokkedRule.Measure, _ threshold: ExactDecimal) -> String
  {
    measure == .loss ? "loss < \(threshold)" : "accuracy ≥ \(threshold)"
  }

  /// A value of 0 has no place on a logarithmic scale.
  private var zeroSentences: [String] {
    let count = map.cells.joined().count { $0.value(map.definition.value) == .number(0) }
    guard count > 0, scale?.isLogarithmic == true else { return [] }
    return ["\(count) cell\(count == 1 ? "" : "s") with value 0, in the lowest colour"]
  }

  /// What a cell with several runs shows.
  private var phaseSentences: [String] {
    let cells = map.cells.joined()
    guard map.definition.value == .phase, cells.contains(where: { $0.counts.finished > 1 }) else {
      return []
    }
    let mixed = cells.count { $0.phases.count > 1 }
    return [
      "a cell has the phase of most of its runs; in \(mixed) of \(cells.count) cells they differ"
    ]
  }

  private var otherAxesSentences: [String] {
    map.spreads.values.filter { $0.name != "seed" }.map { axis in
      let symbol = ParameterLabel.symbol(axis.name)
      switch axis.spread {
      case .single(let value): return "\(symbol) = \(value)"
      case .aggregated:
        let values = map.otherAxes[axis.name] ?? []
        return "aggregated over \(symbol) = \(ParameterLabel.summary(of: values))"
      case .follows(let other, let values):
        return "linked with \(ParameterLabel.symbol(other)): "
          + "\(symbol) = \(ParameterLabel.summary(of: values))"
      case .followsBoth: return "\(symbol) has one value a cell"
      }
    }
  }

  /// One row of the legend: a swatch and its meaning.
  struct LegendRow: Hashable {
    enum Swatch: Hashable {
      case cell(CellClass)
      case border
    }
    let swatch: Swatch
    /// One line or more.
    let lines: [String]
  }

  /// The explanation of every pattern that occurs.
  var legend: [LegendRow] {
    var rows = classes.filter { $0 != .value }.map { cellClass in
      LegendRow(swatch: .cell(cellClass), lines: wrapped(meaning(of: cellClass)))
    }
    if let border, !border.points.isEmpty {
      let text =
        "αε = \(border.product): best separation of the cells whose median is reached from the others "
        + "(\(border.misplaced) on the wrong side)"
      rows.append(LegendRow(swatch: .border, lines: wrapped(text)))
    }
    return rows
  }

  private func wrapped(_ text: String) -> [String] {
    GnuplotText.wrapped(text, width: MapLayout.textColumns)
  }

  private func meaning(of cellClass: CellClass) -> String {
    let cells = map.cells.joined().filter {
      CellClass($0.value(map.definition.value)) == cellClass
    }
    let count = "\(cells.count) cell\(cells.count == 1 ? "" : "s")"
    let counts = cells.reduce(OutcomeCounts()) { $0 + $1.counts }
    switch cellClass {
    case .value: return ""
    case .comprehension, .grokking, .memorisation, .confusion, .unnamed:
      return "\(cellClass.phaseMeaning ?? "") (\(count))"
    case .notReached:
      return "median not reached (\(count)). Of the runs there, "
        + notReachedParts(counts).joined(separator: ", ")
    case .neverFitted:
      return "no run fitted its train set (\(count))"
        + (counts.divergedUnfitted > 0
          ? "; \(GnuplotText.grouped(counts.divergedUnfitted)) of \(GnuplotText.grouped(counts.finished)) runs diverged"
          : "")
    case .diverged: return "median loss not finite: runs diverged (\(count))"
    case .missing: return "no finished run yet (\(count))"
    case .leftOut: return "not computed: left out of the sweep (\(count))"
    }
  }

  private func notReachedParts(_ counts: OutcomeCounts) -> [String] {
    func number(_ value: Int) -> String { GnuplotText.grouped(value) }
    var parts: [String] = []
    if counts.converged > 0 {
      parts.append("\(number(counts.converged)) converged above the test threshold")
    }
    if counts.diverged > 0 { parts.append("\(number(counts.diverged)) diverged") }
    if counts.censored > 0 {
      parts.append(
        "\(number(counts.censored)) were censored at the limit of "
          + "\(number(map.request.maxSteps)) steps")
    }
    if counts.neverFitted > 0 {
      parts.append(
        "\(number(counts.neverFitted)) never fitted"
          + (counts.divergedUnfitted > 0
            ? " (\(number(counts.divergedUnfitted)) diverged)" : ""))
    }
    if counts.grokked > 0 { parts.append("\(number(counts.grokked)) grokked") }
    if counts.missing > 0 { parts.append("\(number(counts.missing)) are not finished") }
    return parts
  }
}

public import Experiments

/// Train and test loss, or accuracy, against steps for a few cells: the field's standard figure of grokking.
///
/// Both axes are logarithmic, that of accuracies linear; step 0 is drawn at the left edge under the label 0. A cell has one colour,
/// its seeds are thin lines of it; train curves are dashed, test curves solid.
public struct CurvesFigure: Sendable {
  /// What is drawn.
  public enum Quantity: String, Hashable, Sendable {
    case loss, accuracy
  }

  /// The records of one run.
  public struct Run: Hashable, Sendable {
    public let points: [TerminalCurve.Point]

    /// Takes the records of a run, in any order.
    public init(_ points: [TerminalCurve.Point]) {
      self.points = points.sorted { $0.step < $1.step }
    }
  }

  /// The runs of one cell under one name.
  public struct Cell: Hashable, Sendable {
    /// What the key calls it: `α = 2.4, ε = 0.12`.
    public let name: String
    public let runs: [Run]

    public init(name: String, runs: [Run]) {
      self.name = name
      self.runs = runs
    }
  }

  /// More colours cannot be told apart.
  public static let cellsMax = 12

  /// Okabe and Ito 2008, then Paul Tol's muted colours: safe for colour blindness, dark on white.
  static let colours = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#882255",
    "#999933", "#332288", "#44aa99", "#aa4499",
  ]

  public let cells: [Cell]
  public let sweep: String
  public let experiment: String
  public let rule: GrokkedRule
  public let quantity: Quantity
  /// What the caption says of all curves beside their style: values, seeds.
  public let context: [String]
  /// What the test loss is taken over; nil if the experiment has one kind.
  public let testLoss: String?
  public let baseName: String

  /// Takes the cells to draw.
  ///
  /// - Throws: `PhaseMapError` if there are more cells than colours, or nothing to draw.
  public init(
    cells: [Cell], sweep: String, experiment: String, rule: GrokkedRule,
    quantity: Quantity = .loss, context: [String] = [], testLoss: String? = nil,
    baseName: String = "curves"
  ) throws(PhaseMapError) {
    guard cells.count <= Self.cellsMax else {
      throw .tooManyCurves(cells: cells.count, max: Self.cellsMax)
    }
    guard cells.contains(where: { $0.runs.contains { !$0.drawable(quantity).isEmpty } }) else {
      throw quantity == .loss ? .noCurves : .noAccuracies
    }
    self.cells = cells
    self.sweep = sweep
    self.experiment = experiment
    self.rule = rule
    self.quantity = quantity
    self.context = context
    self.testLoss = testLoss
    self.baseName = baseName
  }

  private var steps: [Int] {
    cells.flatMap { $0.runs.flatMap { $0.drawable(quantity).map(\.step) } }
  }

  /// Half the first step after 0: where step 0 is drawn.
  private var zeroPlace: Double { Double(steps.filter { $0 > 0 }.min() ?? 1) / 2 }

  /// The last step; the axis would otherwise end at the next power of ten.
  private var lastStep: Int { max(steps.max() ?? 0, 10) }

  /// The table beside the script, tab-separated: one block a run, two blank lines between blocks.
  public var data: String {
    var text = "# step\ttrain_\(quantity)\ttest_\(quantity)\tcell\trun\n"
    for (cellIndex, cell) in cells.enumerated() {
      for (runIndex, run) in cell.runs.enumerated() where !run.drawable(quantity).isEmpty {
        if cellIndex > 0 || runIndex > 0 { text += "\n\n" }
        for point in run.drawable(quantity) {
          let values = point.values(quantity)
          text +=
            "\(point.step)\t\(field(values.train))\t\(field(values.test))"
            + "\t\(GnuplotText.plain(cell.name))\t\(runIndex)\n"
        }
      }
    }
    return text
  }

  private func field(_ value: Double?) -> String {
    value.flatMap { quantity.isDrawable($0) ? $0.description : nil } ?? "NaN"
  }

  /// The gnuplot script; ends with a line end.
  public var script: String {
    let name = GnuplotText.plain(baseName)
    let legendRows = (cells.count + 2) / 2
    let height = 470 + Double(legendRows) * 18
    let top = 1 - (50 + 15 * Double(captionLines.count)) / height
    let bottom = (60 + Double(legendRows) * 18) / height
    let captions = captionLines.enumerated().map { index, line in
      "set label \(index + 2) \(GnuplotText.quoted(line)) at screen 0.0286,"
        + "\(GnuplotText.coordinate(1 - (40 + 15 * Double(index)) / height)) left font ',8.5'"
    }
    return """
      # Draws \(name).svg, .png and .pdf from \(name).tsv:
      #   gnuplot \(name).gp
      # Restyle it here: `family` and `points` set the font, the `lc rgb` of each line its colour, the
      # lines with `set terminal` the sizes. The table has one block a run.
      reset
      family = 'sans-serif'
      points = 10
      table = \(GnuplotText.quoted(baseName + ".tsv"))
      set datafile separator tab
      set encoding utf8
      \(quantity == .loss ? "set logscale xy" : "set logscale x\nset yrange [0:1.02]")
      set format x '%.0f'
      set border 3 linewidth 0.8
      set tics out nomirror scale 0.5 font ',9'
      # Step 0 has no place on a logarithmic axis: it is drawn here.
      zero = \(zeroPlace)
      step(s) = s > 0 ? s : zero
      set xrange [zero:\(lastStep)]
      \(xTicks)
      set ytics format '%g'
      set xlabel 'optimiser steps' font ',10'
      # As `set ylabel` it would stand left of the widest number, wherever that is.
      set label 90 '\(quantity)' at screen 0.022,\(GnuplotText.coordinate((top + bottom) / 2)) center rotate by 90 \
      font ',10'
      set lmargin at screen 0.13
      set rmargin at screen 0.95
      set tmargin at screen \(GnuplotText.coordinate(top))
      set bmargin at screen \(GnuplotText.coordinate(bottom))
      set label 1 \(GnuplotText.quoted("Train and test \(quantity): \(experiment)")) at screen 0.0286,\
      \(GnuplotText.coordinate(1 - 20 / height)) left font family.' Bold,12'
      \(captions.joined(separator: "\n"))
      set key at screen 0.13,\(GnuplotText.coordinate(Double(legendRows) * 18 / height)) \
      left top horizontal maxcols 2 Left reverse font ',8.5' samplen 2.5 spacing 1.1

      \(FigureOutputs.script(baseName: baseName, height: height, plot: plot))

      """
  }

  private var captionLines: [String] {
    let seeds = cells.map { $0.runs.count }.max() ?? 0
    let kind = quantity == .loss ? testLoss : nil
    let style = "train dashed, test solid" + (kind.map { " (\($0))" } ?? "")
    var parts = context.isEmpty ? ["\(sweep): \(style)"] : ["\(sweep): " + context[0]]
    if !context.isEmpty { parts += context.dropFirst() + [style] }
    if seeds > 1 { parts.append("up to \(seeds) runs a cell, a thin line each") }
    if rule.measure.rawValue == quantity.rawValue {
      parts.append(
        rule.train == rule.test
          ? "grey line: threshold \(rule.train)"
          : "grey lines: thresholds \(rule.train) (train), \(rule.test) (test)")
    }
    parts.append("step 0 at the left edge")
    return GnuplotText.wrapped(parts.joined(separator: "; "), width: MapLayout.textColumns)
  }

  private var xTicks: String {
    var ticks = ["'0' \(zeroPlace)"]
    var decade = 1
    while decade <= lastStep {
      if Double(decade) > zeroPlace * 1.5 {
        ticks.append("\(GnuplotText.tickLabel(GnuplotText.scaleLabel(Double(decade)))) \(decade)")
      }
      decade *= 10
    }
    return "set xtics (\(ticks.joined(separator: ", ")))"
  }

  private var plot: String { "plot \\\n  \(layers.joined(separator: ", \\\n  "))" }

  private var layers: [String] {
    var layers: [String] = []
    if rule.measure.rawValue == quantity.rawValue {
      layers += Set([rule.train, rule.test]).sorted().map {
        "\($0) with lines lc rgb '#999999' lw 0.8 notitle"
      }
    }
    var block = 0
    for (index, cell) in cells.enumerated() {
      let style = "lc rgb '\(Self.colours[index])' lw \(cell.runs.count > 1 ? "1" : "1.6")"
      var title = "title \(GnuplotText.quoted(cell.name))"
      for run in cell.runs where !run.drawable(quantity).isEmpty {
        layers.append(
          "table index \(block) using (step($1)):2 with lines \(style) dt (7,5) notitle")
        layers.append("table index \(block) using (step($1)):3 with lines \(style) \(title)")
        title = "notitle"
        block += 1
      }
    }
    return layers
  }
}

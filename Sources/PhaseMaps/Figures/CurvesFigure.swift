public import Experiments

/// Train and test loss, or accuracy, or what else was recorded, against steps for a few cells: the field's standard figure of
/// grokking.
///
/// Both axes are logarithmic, that of accuracies linear; step 0 is drawn at the left edge under the label 0. A cell has one colour,
/// its seeds are thin lines of it; train curves are dashed, test curves solid. Of other quantities each has its kind of line, or,
/// where there is one cell, its colour.
public struct CurvesFigure: Sendable {
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
  let curves: [Curve]
  let isLogarithmic: Bool

  /// Takes the cells to draw.
  ///
  /// - Throws: `PhaseMapError` if there are more cells than colours, or nothing to draw, or a quantity was not recorded.
  public init(
    cells: [Cell], sweep: String, experiment: String, rule: GrokkedRule,
    quantity: Quantity = .loss, context: [String] = [], testLoss: String? = nil,
    baseName: String = "curves"
  ) throws(PhaseMapError) {
    guard cells.count <= Self.cellsMax else {
      throw .tooManyCurves(cells: cells.count, max: Self.cellsMax)
    }
    try Self.check(quantity, cells)
    curves = Self.curves(of: quantity, cells: cells.count)
    isLogarithmic =
      switch quantity {
      case .loss: true
      case .accuracy: false
      case .recorded: Self.isLogarithmic(curves, cells)
      }
    self.cells = cells
    self.sweep = sweep
    self.experiment = experiment
    self.rule = rule
    self.quantity = quantity
    self.context = context
    self.testLoss = testLoss
    self.baseName = baseName
    guard cells.contains(where: { $0.runs.contains { !drawable($0).isEmpty } }) else {
      throw quantity == .accuracy ? .noAccuracies : .noCurves
    }
  }

  /// The value of a curve where it has a place: 0 has none on a logarithmic axis.
  private func value(_ curve: Curve, _ point: TerminalCurve.Point) -> Double? {
    point.value(curve.name).flatMap { $0.isFinite && ($0 > 0 || !isLogarithmic) ? $0 : nil }
  }

  /// The records that have at least one value to draw.
  func drawable(_ run: Run) -> [TerminalCurve.Point] {
    run.points.filter { point in curves.contains { value($0, point) != nil } }
  }

  private var steps: [Int] {
    cells.flatMap { $0.runs.flatMap { drawable($0).map(\.step) } }
  }

  /// Half the first step after 0: where step 0 is drawn.
  private var zeroPlace: Double { Double(steps.filter { $0 > 0 }.min() ?? 1) / 2 }

  /// The last step; the axis would otherwise end at the next power of ten.
  private var lastStep: Int { max(steps.max() ?? 0, 10) }

  /// The table beside the script, tab-separated: one block a run, two blank lines between blocks.
  public var data: String {
    let names = curves.map { GnuplotText.plain($0.name) }.joined(separator: "\t")
    var text = "# step\t\(names)\tcell\trun\n"
    for (cellIndex, cell) in cells.enumerated() {
      for (runIndex, run) in cell.runs.enumerated() where !drawable(run).isEmpty {
        if cellIndex > 0 || runIndex > 0 { text += "\n\n" }
        for point in drawable(run) {
          // A line goes on across what was not measured, and is broken where a value has no place.
          let values = curves.map { curve in
            value(curve, point)?.description ?? (point.value(curve.name) == nil ? "?" : "NaN")
          }
          text += "\(point.step)\t\(values.joined(separator: "\t"))"
          text += "\t\(GnuplotText.plain(cell.name))\t\(runIndex)\n"
        }
      }
    }
    return text
  }

  /// The gnuplot script; ends with a line end.
  public var script: String {
    let name = GnuplotText.plain(baseName)
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
      set datafile missing '?'
      set encoding utf8
      \(scales)
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
      set label 90 \(GnuplotText.quoted(axisWords)) at screen 0.022,\(GnuplotText.coordinate((top + bottom) / 2)) center rotate by 90 \
      font ',10'
      set lmargin at screen 0.13
      set rmargin at screen 0.95
      set tmargin at screen \(GnuplotText.coordinate(top))
      set bmargin at screen \(GnuplotText.coordinate(bottom))
      set label 1 \(GnuplotText.quoted("\(title): \(experiment)")) at screen 0.0286,\
      \(GnuplotText.coordinate(1 - 20 / height)) left font family.' Bold,12'
      \(captions.joined(separator: "\n"))
      set key at screen 0.13,\(GnuplotText.coordinate(Double(legendRows) * 18 / height)) \
      left top horizontal maxcols \(legendColumns) Left reverse font ',8.5' samplen 2.5 spacing 1.1

      \(FigureOutputs.script(baseName: baseName, height: height, plot: plot))

      """
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
}

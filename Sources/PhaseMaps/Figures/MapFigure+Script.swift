import Experiments

extension MapFigure {
  private static let titleTop = 24.0
  private static let captionPitch = 15.0
  private static let legendPitch = 16.0

  private var panelTop: Double {
    Self.titleTop + Double(captionLines.count) * Self.captionPitch + 34
  }
  private var panelBottom: Double { panelTop + layout.panelHeight }
  private var legendTop: Double { panelBottom + 74 }

  var pageHeight: Double {
    legendTop + legend.reduce(0) { $0 + Double($1.lines.count) * Self.legendPitch + 6 } + 4
  }

  /// The gnuplot script; ends with a line end.
  public var script: String {
    let sections = [
      header, frame, ticks, colours, captions, legendScript, borderScript, outputs,
    ]
    return sections.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  private var header: String {
    """
    # Draws \(GnuplotText.plain(baseName)).svg, .png and .pdf from \(GnuplotText.plain(baseName)).tsv:
    #   gnuplot \(GnuplotText.plain(baseName)).gp
    # Restyle it here: `family` and `points` set the font, `set palette` the colours, the labels hold
    # the texts, the lines with `set terminal` the sizes. Positions are fractions of the page.
    # Columns of the table: its first line names them; cells lie at their index on each axis.
    reset
    family = 'sans-serif'
    points = 10
    table = \(GnuplotText.quoted(baseName + ".tsv"))
    set datafile separator tab
    set encoding utf8
    """
  }

  private var frame: String {
    func horizontal(_ value: Double) -> String {
      GnuplotText.coordinate(value / MapLayout.pageWidth)
    }
    return """
      set lmargin at screen \(horizontal(layout.left))
      set rmargin at screen \(horizontal(layout.left + layout.panelWidth))
      set tmargin at screen \(vertical(panelTop))
      set bmargin at screen \(vertical(panelBottom))
      set xrange [-0.5:\(map.xValues.count - 1).5]
      set yrange [-0.5:\(map.yValues.count - 1).5]
      set border 15 linewidth 0.8
      unset key
      """
  }

  /// A fraction of the page's height, from below, for a position in hundredths of an inch from above.
  private func vertical(_ fromTop: Double) -> String {
    GnuplotText.coordinate(1 - fromTop / pageHeight)
  }

  private var ticks: String {
    func list(_ values: [ParameterValue], every stride: Int) -> String {
      values.enumerated().filter { $0.offset % stride == 0 }
        .map { "\(GnuplotText.tickLabel($0.element.description)) \($0.offset)" }
        .joined(separator: ", ")
    }
    let x = ParameterLabel.axis(map.definition.x, experiment: experiment)
    let y = ParameterLabel.axis(map.definition.y, experiment: experiment)
    return """
      set tics out nomirror scale 0.5 font ',9'
      set xtics (\(list(map.xValues, every: layout.xStride)))
      set ytics (\(list(map.yValues, every: layout.yStride)))
      set xlabel \(GnuplotText.quoted(x)) font ',10' offset 0,0.2
      set label 100 \(GnuplotText.quoted(y)) at screen \
      \(GnuplotText.coordinate(20 / MapLayout.pageWidth)),\
      \(vertical((panelTop + panelBottom) / 2)) center rotate by 90 font ',10'
      """
  }

  private var colours: String {
    guard let scale else { return "unset colorbox" }
    let stops = ColourScale.palette.enumerated().map { "\($0.offset) '\($0.element)'" }
    let ticks = scale.ticks.map {
      "\(GnuplotText.tickLabel(GnuplotText.scaleLabel($0))) \($0)"
    }
    let left = (layout.left + layout.panelWidth + 24) / MapLayout.pageWidth
    let height = layout.panelHeight / pageHeight
    let labelLeft = (layout.left + layout.panelWidth + 118) / MapLayout.pageWidth
    return """
      set palette defined (\(stops.joined(separator: ", ")))
      \(scale.isLogarithmic ? "set logscale cb" : "unset logscale cb")
      set cbrange [\(scale.range.lowerBound):\(scale.range.upperBound)]
      set cbtics (\(ticks.joined(separator: ", "))) scale 0.5 font ',9'
      set colorbox vertical user origin screen \(GnuplotText.coordinate(left)),\
      \(vertical(panelBottom)) size screen \(GnuplotText.coordinate(17 / MapLayout.pageWidth)),\
      \(GnuplotText.coordinate(height))
      set label 101 \(GnuplotText.quoted(colourLabel)) at screen \
      \(GnuplotText.coordinate(labelLeft)),\
      \(vertical((panelTop + panelBottom) / 2)) center rotate by 90 font ',10'
      """
  }

  private var captions: String {
    let left = GnuplotText.coordinate(20 / MapLayout.pageWidth)
    var lines = [
      "set label 1 \(GnuplotText.quoted(title)) at screen \(left),\(vertical(Self.titleTop)) "
        + "left font family.' Bold,\(titlePoints)'"
    ]
    for (index, line) in captionLines.enumerated() {
      let top = Self.titleTop + 4 + Double(index + 1) * Self.captionPitch
      lines.append(
        "set label \(index + 2) \(GnuplotText.quoted(line)) at screen \(left),\(vertical(top)) "
          + "left font ',8.5'")
    }
    return lines.joined(separator: "\n")
  }

  private var legendScript: String {
    var lines: [String] = []
    var top = legendTop
    var label = 110
    for row in legend {
      lines += swatch(row.swatch, top: top - 6, tag: label)
      for text in row.lines {
        lines.append(
          "set label \(label) \(GnuplotText.quoted(text)) at screen "
            + "\(GnuplotText.coordinate(62 / MapLayout.pageWidth)),\(vertical(top)) left "
            + "font ',8.5'")
        label += 1
        top += Self.legendPitch
      }
      top += 6
    }
    return lines.joined(separator: "\n")
  }

  /// A small cell, or a piece of the dashed curve, in the margin.
  private func swatch(_ swatch: LegendRow.Swatch, top: Double, tag: Int) -> [String] {
    let left = 20.0
    let (width, height) = (32.0, 14.0)
    func point(_ x: Double, _ y: Double) -> String {
      "screen \(GnuplotText.coordinate((left + x) / MapLayout.pageWidth)),screen \(vertical(top + y))"
    }
    func line(_ index: Int, _ from: String, _ to: String, _ style: String) -> String {
      "set arrow \(tag * 10 + index) from \(from) to \(to) nohead front \(style)"
    }
    func box(_ fill: String) -> String {
      "set object \(tag) rectangle from \(point(0, height)) to \(point(width, 0)) "
        + "fillcolor rgb '\(fill)' fillstyle solid border lc rgb '#555555'"
    }
    let ink = "lc rgb '\(Self.ink)' lw 1.1"
    if case .cell(let cellClass) = swatch, let colour = cellClass.phaseColour {
      return [
        box(colour),
        "set label \(tag * 10) '\(cellClass.phaseLetter)' at \(point(width / 2, height / 2)) center "
          + "front font ',7.5' textcolor rgb '\(cellClass.phaseInk)'",
      ]
    }
    switch swatch {
    case .cell(.notReached):
      // Two squares side by side, hatched as the cells are.
      let hatches = stride(from: 4.0, to: width + height - 1, by: 7).enumerated()
      return [box(Self.paper)]
        + hatches.map { index, x in
          let start = x > width ? (width, height - (x - width)) : (x, height)
          let (fromX, fromY) = (max(0, x - height), x < height ? height - x : 0)
          return line(index, point(fromX, height - fromY), point(start.0, height - start.1), ink)
        }
    case .cell(.neverFitted):
      return [
        box("#d9d9d9"), line(0, point(0, height), point(width, 0), ink),
        line(1, point(0, 0), point(width, height), ink),
      ]
    case .cell(.diverged): return [box("#000000")]
    case .cell(.leftOut): return [box("#ffffff")]
    case .cell:
      return [
        box("#ffffff"),
        line(0, point(width / 2 - 3, height / 2), point(width / 2 + 3, height / 2), ink),
      ]
    case .border:
      return [line(0, point(0, height / 2), point(width, height / 2), Self.dashes)]
    }
  }

  static let ink = "#333333"
  static let paper = "#f2f2f2"
  static let dashes = "lc rgb 'black' lw 2 dt (9,5)"

  private var borderScript: String {
    guard let border, !border.points.isEmpty else { return "" }
    let points = border.points.map {
      "\(GnuplotText.coordinate($0.x))\t\(GnuplotText.coordinate($0.y))"
    }
    var text = """
      # The border, at fractional indices.
      $border << END
      \(points.joined(separator: "\n"))
      END
      """
    if let x = border.topCrossing {
      // The curve's name stands where it leaves the map, so that no cell is covered.
      text +=
        "\nset label 102 \(GnuplotText.quoted("αε = \(border.product)")) at first "
        + "\(GnuplotText.coordinate(x)),\(map.yValues.count - 1).5 center offset 0,0.7 font ',9'"
    }
    return text
  }

  private var outputs: String {
    """
    # A cell's column if it is of a class, else nothing.
    across(class) = stringcolumn(5) eq class ? column(1) : NaN
    \(FigureOutputs.script(baseName: baseName, height: pageHeight, plot: plot))
    """
  }
}

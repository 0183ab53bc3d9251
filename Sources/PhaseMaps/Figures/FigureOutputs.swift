/// The three pictures that every figure's script draws, alike at every size.
public enum FigureOutputs {
  /// The endings of the pictures' names.
  public static let pictures = ["svg", "png", "pdf"]

  /// The gnuplot variable that chooses among them; the script draws all when it is not set.
  public static let choice = "pictures"

  /// Draws a plot as SVG, in which text stays text, as PNG, 1600 pixels wide, and as PDF, seven inches
  /// wide.
  ///
  /// - Parameters:
  ///   - baseName: of the files.
  ///   - height: of the page in hundredths of an inch; its width is seven inches.
  ///   - plot: the plot command.
  /// - Returns: lines without a line end.
  static func script(baseName: String, height: Double, plot: String) -> String {
    let page = GnuplotText.coordinate(height / 100)
    let pixels = Int((height / MapLayout.pageWidth * 1600).rounded())
    let indented = plot.split(separator: "\n", omittingEmptySubsequences: false)
      .map { "  " + $0 }.joined(separator: "\n")
    return """
      # One picture alone: gnuplot -e "\(choice)='png'" \(GnuplotText.plain(baseName)).gp
      if (!exists('\(choice)')) \(choice) = '\(pictures.joined(separator: " "))'
      do for [picture in \(choice)] {
        if (picture eq 'svg') {
          set terminal svg size 700,\(Int(height.rounded())) dynamic background rgb 'white' \\
            noenhanced font sprintf('%s,%g', family, points) fontscale 1.35 linewidth 1
        }
        if (picture eq 'png') {
          set terminal pngcairo size 1600,\(pixels) noenhanced \\
            font sprintf('%s,%g', family, points) fontscale 2.35 linewidth 2.3 dashlength 1.5
        }
        if (picture eq 'pdf') {
          set terminal pdfcairo size 7in,\(page)in noenhanced \\
            font sprintf('%s,%g', family, points) fontscale 0.74 linewidth 1.4 dashlength 1.5
        }
        set output \(GnuplotText.quoted(baseName + ".")).picture
      \(indented)
      }
      unset output
      """
  }
}

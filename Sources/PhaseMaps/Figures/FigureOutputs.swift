/// The three pictures that every figure's script draws, alike at every size.
///
/// The first terminal is set before `plot`; the others follow it and draw the same again.
enum FigureOutputs {
  /// SVG, in which text stays text.
  ///
  /// - Parameters:
  ///   - baseName: of the files.
  ///   - height: of the page in hundredths of an inch; its width is seven inches.
  /// - Returns: lines without a line end.
  static func svg(baseName: String, height: Double) -> String {
    """
    set terminal svg size 700,\(Int(height.rounded())) dynamic background rgb 'white' noenhanced \\
      font sprintf('%s,%g', family, points) fontscale 1.35 linewidth 1
    set output \(GnuplotText.quoted(baseName + ".svg"))
    """
  }

  /// PNG, 1600 pixels wide, and PDF, seven inches wide.
  ///
  /// - Parameters:
  ///   - baseName: of the files.
  ///   - height: of the page in hundredths of an inch.
  /// - Returns: lines without a line end.
  static func others(baseName: String, height: Double) -> String {
    let page = GnuplotText.coordinate(height / 100)
    let pixels = Int((height / MapLayout.pageWidth * 1600).rounded())
    return """
      set terminal pngcairo size 1600,\(pixels) noenhanced \\
        font sprintf('%s,%g', family, points) fontscale 2.35 linewidth 2.3 dashlength 1.5
      set output \(GnuplotText.quoted(baseName + ".png"))
      replot
      set terminal pdfcairo size 7in,\(page)in noenhanced \\
        font sprintf('%s,%g', family, points) fontscale 0.74 linewidth 1.4 dashlength 1.5
      set output \(GnuplotText.quoted(baseName + ".pdf"))
      replot
      unset output
      """
  }
}

import Experiments

/// Where the parts of a map figure are, in hundredths of an inch on a page seven inches wide.
struct MapLayout: Hashable, Sendable {
  static let pageWidth = 700.0
  /// A character of a tick label at 9 points.
  static let tickCharacterWidth = 6.8
  /// Characters of caption and legend text at 8.5 points that fit a line.
  static let textColumns = 104

  let left: Double
  let panelWidth: Double
  let panelHeight: Double
  /// Every how many-th value has a tick label.
  let xStride: Int
  let yStride: Int

  /// The widest a cell is: a map of one column is no broad bar.
  private static let cellWidthMax = 160.0

  /// Cells are square where that gives a readable panel.
  init(_ map: PhaseMap) {
    let columns = Double(map.xValues.count)
    let rows = Double(map.yValues.count)
    func longest(_ labels: [String]) -> Double { Double(labels.map(\.count).max() ?? 1) }
    let xLabel = longest(map.xValues.map(\.description))
    let yLabel = longest(map.yValues.map(\.description))
    left = min(180, 48 + yLabel * Self.tickCharacterWidth)
    let widthMax = Self.pageWidth - left - 148
    panelWidth = min(widthMax, max(220, columns * Self.cellWidthMax))
    panelHeight = min(560, max(220, panelWidth * rows / columns))
    xStride = Self.stride(
      cell: panelWidth / columns, label: xLabel * Self.tickCharacterWidth + 5)
    yStride = Self.stride(cell: panelHeight / rows, label: 15)
  }

  /// The hatch lines that cross a cell side: about one every 12 hundredths of an inch.
  func hatchLines(columns: Int) -> Int {
    max(1, Int((panelWidth / Double(columns) / 12).rounded()))
  }

  private static func stride(cell: Double, label: Double) -> Int {
    max(1, Int((label / cell).rounded(.up)))
  }
}

public import Experiments
public import OrderedCollections

/// A phase map as a figure: a gnuplot script and the table that it draws.
///
/// `gnuplot map.gp` in the folder of both files draws map.svg, map.png and map.pdf. Cells are drawn by
/// index, so that axes with values spaced in any way have cells of equal size.
public struct MapFigure: Sendable {
  public let map: PhaseMap
  /// The sweep's name.
  public let sweep: String
  /// The experiment's name in the catalogue.
  public let experiment: String
  /// The parameters that all runs share, defaults included; the caption names the test loss.
  public let parameters: OrderedDictionary<String, ParameterValue>
  /// The files are called `<baseName>.gp`, `.tsv`, `.svg`, `.png`, `.pdf`.
  public let baseName: String

  let border: BorderCurve?
  let scale: ColourScale?
  let layout: MapLayout

  public init(
    map: PhaseMap, sweep: String, experiment: String,
    parameters: OrderedDictionary<String, ParameterValue> = [:], baseName: String = "map"
  ) {
    self.map = map
    self.sweep = sweep
    self.experiment = experiment
    self.parameters = parameters
    self.baseName = baseName
    let isFlagship =
      Set([map.definition.x, map.definition.y]) == ["alpha", "epsilon"]
      && map.definition.value == .timeToGrok
    border = isFlagship ? BorderCurve(of: map) : nil
    let numbers = map.cells.joined().compactMap { cell -> Double? in
      if case .number(let value) = cell.value(map.definition.value) { value } else { nil }
    }
    scale =
      numbers.isEmpty
      ? nil
      : map.definition.value == .shareGrokked ? .share : ColourScale(logarithmicFor: numbers)
    layout = MapLayout(map)
  }

  /// The classes of cells that occur, in the order of the legend.
  var classes: [CellClass] {
    let present = Set(map.cells.joined().map { CellClass($0.value(map.definition.value)) })
    return CellClass.allCases.filter(present.contains)
  }

  /// The table beside the script, tab-separated, one line a cell; its first line names the columns.
  public var data: String {
    var text =
      "# x_index\ty_index\t\(GnuplotText.plain(map.definition.x))"
      + "\t\(GnuplotText.plain(map.definition.y))\tclass\tvalue\tlower\tupper\tbound"
      + "\tgrokked\tcensored\tconverged\tdiverged\tnever_fitted\tmissing\n"
    for (row, cells) in map.cells.enumerated() {
      for (column, cell) in cells.enumerated() {
        let value = cell.value(map.definition.value)
        let counts = cell.counts
        let interval = interval(of: cell)
        let fields = [
          "\(column)", "\(row)", GnuplotText.plain(cell.x.description),
          GnuplotText.plain(cell.y.description), CellClass(value).rawValue,
          Self.field(value.number), Self.field(interval.lower), Self.field(interval.upper),
          Self.field(cell.delay.bound.map(Double.init)),
        ]
        let numbers = [
          counts.grokked, counts.censored, counts.converged, counts.diverged, counts.neverFitted,
          counts.missing,
        ]
        text += (fields + numbers.map(String.init)).joined(separator: "\t") + "\n"
      }
    }
    return text
  }

  private func interval(of cell: MapCell) -> (lower: Double?, upper: Double?) {
    switch map.definition.value {
    case .timeToGrok: (cell.delay.lower.map(Double.init), cell.delay.upper.map(Double.init))
    case .shareGrokked:
      (cell.shareGrokked?.interval.lowerBound, cell.shareGrokked?.interval.upperBound)
    case .finalTestLoss, .phase: (nil, nil)
    }
  }

  private static func field(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "NaN" }
    return ExactDecimal(value)?.description ?? "\(value)"
  }
}

/// How a cell is drawn.
enum CellClass: String, CaseIterable, Hashable, Sendable {
  case value
  case comprehension
  case grokking
  case memorisation
  case confusion
  case unnamed
  case notReached = "not_reached"
  case neverFitted = "never_fitted"
  case diverged
  case missing
  case leftOut = "left_out"

  init(_ value: MapCell.Value) {
    switch value {
    case .number: self = .value
    case .phase(.comprehension): self = .comprehension
    case .phase(.grokking): self = .grokking
    case .phase(.memorisation): self = .memorisation
    case .phase(.confusion): self = .confusion
    case .phase(.unnamed): self = .unnamed
    case .notReached: self = .notReached
    case .neverFitted: self = .neverFitted
    case .diverged: self = .diverged
    case .missing: self = .missing
    case .leftOut: self = .leftOut
    }
  }
}

extension MapCell.Value {
  /// The number, when the cell has one.
  public var number: Double? {
    if case .number(let value) = self { value } else { nil }
  }
}

extension CurvesFigure {
  /// What is drawn.
  public enum Quantity: Hashable, Sendable {
    case loss, accuracy
    /// Recorded quantities by their names in the store, such as `relative_weight_change` or `test_loss`.
    case recorded([String])
  }

  /// One curve of every run.
  struct Curve: Hashable, Sendable {
    /// As in the store: `test_loss`.
    let name: String
    /// What gnuplot is told of its line: `dt (7,5)` for a dashed one.
    let dash: String

    /// The name as people read it.
    var words: String { name.replacing("_", with: " ") }
    /// A share of examples, which lies between 0 and 1.
    var isShare: Bool { name.hasSuffix("_accuracy") || name.contains("_within_") }
  }

  /// More kinds of lines cannot be told apart.
  public static let dashesMax = 3
  static let dashed = "dt (7,5)"
  private static let dashes = ["dt 1", dashed, "dt (2,4)"]

  /// The curves of a quantity, the ones that are drawn first first.
  ///
  /// - Parameters:
  ///   - quantity: what is drawn.
  ///   - cells: how many cells are; one alone has its colours for its curves.
  /// - Returns: as many as are drawn of every run.
  static func curves(of quantity: Quantity, cells: Int) -> [Curve] {
    switch quantity {
    case .loss: [Curve(name: "train_loss", dash: dashed), Curve(name: "test_loss", dash: "dt 1")]
    case .accuracy:
      [Curve(name: "train_accuracy", dash: dashed), Curve(name: "test_accuracy", dash: "dt 1")]
    case .recorded(let names):
      names.enumerated().map { index, name in
        let isOfTrain = name.hasPrefix("train_") || name.contains("_train_")
        return Curve(
          name: name, dash: cells > 1 ? dashes[index % dashes.count] : isOfTrain ? dashed : "dt 1")
      }
    }
  }

  /// Checks that quantities were recorded.
  ///
  /// - Throws: `PhaseMapError` for the first name that no run has, and for more than lines can be told apart.
  static func check(_ quantity: Quantity, _ cells: [Cell]) throws(PhaseMapError) {
    guard case .recorded(let names) = quantity else { return }
    let most = cells.count > 1 ? dashesMax : cellsMax
    guard names.count <= most else { throw .tooManyQuantities(names.count, max: most) }
    var known: Set<String> = []
    for run in cells.flatMap(\.runs) {
      for point in run.points { known.formUnion(point.recordedNames) }
    }
    guard !known.isEmpty else { throw .noCurves }
    for name in names where !known.contains(name) {
      throw .quantityNotRecorded(name, recorded: known.sorted())
    }
  }

  /// Whether values have a logarithmic axis: shares have none, nor what is negative or hardly moves.
  static func isLogarithmic(_ curves: [Curve], _ cells: [Cell]) -> Bool {
    guard !curves.contains(where: \.isShare) else { return false }
    if curves.allSatisfy({ $0.name.hasSuffix("_loss") }) { return true }
    let values = cells.flatMap(\.runs).flatMap(\.points).flatMap { point in
      curves.compactMap { point.value($0.name) }.filter(\.isFinite)
    }
    let positive = values.filter { $0 > 0 }
    guard let low = positive.min(), let high = positive.max(), !values.contains(where: { $0 < 0 })
    else { return false }
    return high > 10 * low
  }
}

extension TerminalCurve.Point {
  /// A recorded value by its name in the store.
  func value(_ name: String) -> Double? {
    switch name {
    case "train_loss": trainLoss
    case "test_loss": testLoss
    case "train_accuracy": trainAccuracy
    case "test_accuracy": testAccuracy
    default: observables[name]
    }
  }

  /// The names of what was recorded.
  var recordedNames: Set<String> {
    let measured = ["train_loss", "test_loss", "train_accuracy", "test_accuracy"]
    return Set(measured.filter { value($0) != nil }).union(observables.keys)
  }
}

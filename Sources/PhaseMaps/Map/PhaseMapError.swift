public import Experiments

/// Why a map, a slice or a figure cannot be made, in one sentence.
public enum PhaseMapError: Error, Hashable, Sendable {
  case thresholdNotRecorded(Series, ExactDecimal, recorded: [ExactDecimal])
  case unknownAxis(String, role: String, known: [String])
  case sameAxisTwice(String)
  case slice(String, problem: String)
  case emptySlice(String, part: String, available: [String])
  case noRuns
  case tooManyCurves(cells: Int, max: Int)
  case noCurves
  case noAccuracies
  case tooManyQuantities(Int, max: Int)
  case quantityNotRecorded(String, recorded: [String])
  case toleranceNotRecorded(ExactDecimal, recorded: [ExactDecimal])
}

extension PhaseMapError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .thresholdNotRecorded(let series, let threshold, let recorded):
      let name = series.rawValue.replacing("_", with: " ")
      let list = recorded.map(\.description).joined(separator: ", ")
      return "the \(name) threshold \(threshold) was not recorded; "
        + (recorded.isEmpty ? "no \(name) threshold was" : "recorded are \(list)")
    case .unknownAxis(let name, let role, let known):
      return "\(role): there is no axis \"\(name)\"" + Spelling.suggestion(for: name, among: known)
    case .sameAxisTwice(let name):
      return "a map needs two different axes, both are \"\(name)\""
    case .slice(let text, let problem): return "slice \"\(text)\": \(problem)"
    case .emptySlice(let text, let part, let available):
      return "slice \"\(text)\": no run has \(part); the values are \(Self.abbreviated(available))"
    case .noRuns: return "the sweep has no runs to draw"
    case .tooManyCurves(let cells, let max):
      return "\(cells) cells are too many to tell apart in one figure; "
        + "choose at most \(max) with --where"
    case .noCurves: return "no run of the chosen cells has a curve yet"
    case .noAccuracies: return "no run of the chosen cells has a curve of accuracies"
    case .tooManyQuantities(let count, let max):
      return "\(count) quantities are too many to tell apart in one figure; choose at most \(max)"
    case .quantityNotRecorded(let name, let recorded):
      return "\"\(name)\" was not recorded of the chosen cells"
        + Spelling.suggestion(for: name, among: recorded)
    case .toleranceNotRecorded(let tolerance, let recorded):
      let list = recorded.map(\.description).joined(separator: ", ")
      return "the share of examples within \(tolerance) was not recorded; "
        + (recorded.isEmpty ? "no such share was" : "recorded are \(list)")
    }
  }

  private static func abbreviated(_ values: [String]) -> String {
    let shown = values.prefix(20).joined(separator: ", ")
    return values.count > 20 ? shown + ", … (\(values.count) values)" : shown
  }
}

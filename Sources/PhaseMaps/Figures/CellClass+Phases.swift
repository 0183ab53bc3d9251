/// How a map shows the phases of learning.
extension CellClass {
  /// The colour of a phase, nil of what is none.
  ///
  /// Those of Liu et al. 2022, Fig. 5, but for the unnamed one. In grey two and two of them are alike, so that cells have a
  /// letter besides.
  var phaseColour: String? {
    switch self {
    case .comprehension: "#a0da39"
    case .grokking: "#fde725"
    case .memorisation: "#46327e"
    case .confusion: "#1e1e1e"
    case .unnamed: "#ffffff"
    case .value, .notReached, .neverFitted, .diverged, .missing, .leftOut: nil
    }
  }

  /// What is read on the phase's colour.
  var phaseInk: String { self == .memorisation || self == .confusion ? "#ffffff" : "#333333" }

  /// One character for a phase, in pictures and terminals; nothing for what is none.
  var phaseLetter: String {
    switch self {
    case .comprehension: "C"
    case .grokking: "G"
    case .memorisation: "M"
    case .confusion: "x"
    case .unnamed: "T"
    case .value, .notReached, .neverFitted, .diverged, .missing, .leftOut: ""
    }
  }

  /// What a phase is, nil for what is none.
  var phaseMeaning: String? {
    let delay = GnuplotText.grouped(LearningPhase.delayMax)
    return switch self {
    case .comprehension: "comprehension: train and test fitted, less than \(delay) steps apart"
    case .grokking: "grokking: test fitted \(delay) steps after train or later"
    case .memorisation: "memorisation: train fitted, test not"
    case .confusion: "confusion: neither fitted"
    case .unnamed: "without a name: test fitted, train not"
    case .value, .notReached, .neverFitted, .diverged, .missing, .leftOut: nil
    }
  }
}

extension MapFigure {
  /// Cells narrower than this, in hundredths of an inch, have no letter.
  private static let letterWidth = 12.0

  /// The layer with the letter of a phase; none where cells are too small for it.
  func phaseLetters(_ cellClass: CellClass) -> [String] {
    let side = min(
      layout.panelWidth / Double(map.xValues.count), layout.panelHeight / Double(map.yValues.count))
    guard side >= Self.letterWidth else { return [] }
    return [
      "table using (across('\(cellClass.rawValue)')):2:('\(cellClass.phaseLetter)') with labels "
        + "font ',7.5' textcolor rgb '\(cellClass.phaseInk)'"
    ]
  }
}

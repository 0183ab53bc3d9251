import Experiments
import Foundation

/// The train and test loss of one run, drawn with characters: log step across, log loss upwards.
///
/// The test curve is solid and the train curve dashed, as in the field's figures; the names stand beside
/// their right ends. Step 0 is drawn at the left edge, where a logarithmic axis has no place for it.
public struct TerminalCurve: Sendable {
  /// One record of a run; a loss that is nil, not finite or not positive leaves a gap.
  public struct Point: Hashable, Sendable {
    public let step: Int
    public let trainLoss: Double?
    public let testLoss: Double?
    /// Not drawn with characters.
    public let trainAccuracy: Double?
    public let testAccuracy: Double?
    /// Further recorded quantities by name; not drawn with characters either.
    public let observables: [String: Double]

    public init(
      step: Int, trainLoss: Double?, testLoss: Double?, trainAccuracy: Double? = nil,
      testAccuracy: Double? = nil, observables: [String: Double] = [:]
    ) {
      self.step = step
      self.trainLoss = trainLoss
      self.testLoss = testLoss
      self.trainAccuracy = trainAccuracy
      self.testAccuracy = testAccuracy
      self.observables = observables
    }
  }

  /// The smallest drawing in which something can be seen.
  public static let smallest = (width: 30, height: 8)
  private static let labelWidth = 8
  private static let nameWidth = 6

  public let points: [Point]

  /// Takes the records of a run, in any order.
  public init(_ points: [Point]) {
    self.points = points.sorted { $0.step < $1.step }
  }

  /// Draws the curves.
  ///
  /// - Parameters:
  ///   - width: characters across, axis labels included; at least 30 are used.
  ///   - height: lines, axis labels included; at least 8 are used.
  /// - Returns: lines without trailing blanks, each ended by a line end.
  public func text(width: Int = 80, height: Int = 20) -> String {
    let losses = points.flatMap { [$0.trainLoss, $0.testLoss] }.compactMap(Self.drawable)
    guard let low = losses.min(), let high = losses.max() else {
      return "no loss to draw yet\n"
    }
    let columns = max(width, Self.smallest.width) - Self.labelWidth - 1 - Self.nameWidth
    let rows = max(height, Self.smallest.height) - 3
    let axes = Axes(
      steps: points.map(\.step), low: low, high: high, width: columns * 2, height: rows * 4)
    var test = BrailleCanvas(columns: columns, rows: rows)
    var train = test
    let testEnd = draw(\.testLoss, axes, isDashed: false, on: &test)
    let trainEnd = draw(\.trainLoss, axes, isDashed: true, on: &train)
    var names: [Int: String] = [:]
    if let testEnd { names[testEnd / 4] = " test" }
    if let trainEnd {
      // Where both curves end in the same line, the name of the lower one moves down.
      let row = trainEnd / 4
      let below = row + 1 < rows ? row + 1 : row - 1
      names[names[row] == nil ? row : below] = " train"
    }
    var lines: [String] = ["    loss"]
    let labels = axes.lossLabels(rows: rows)
    for row in 0..<rows {
      let body = (0..<columns).map { column in
        test.character(column: column, row: row) ?? train.character(column: column, row: row) ?? " "
      }
      let label = labels[row] ?? ""
      lines.append(
        Self.padded(label, Self.labelWidth) + (label.isEmpty ? "│" : "┤") + String(body)
          + (names[row] ?? ""))
    }
    lines += axes.stepLines(columns: columns, indent: Self.labelWidth)
    return lines.map { Self.withoutTrailingBlanks($0) + "\n" }.joined()
  }

  /// Draws one curve and returns the dot row at which it ends.
  private func draw(
    _ loss: KeyPath<Point, Double?>, _ axes: Axes, isDashed: Bool, on canvas: inout BrailleCanvas
  ) -> Int? {
    var previous: (x: Int, y: Int)?
    var length = 0
    for point in points {
      guard let value = Self.drawable(point[keyPath: loss]) else {
        previous = nil
        continue
      }
      let place = (x: axes.x(point.step), y: axes.y(value))
      let start = previous ?? place
      let dots = max(1, abs(place.x - start.x), abs(place.y - start.y))
      for dot in 0...dots {
        // Dashes of four dots with gaps of four.
        if !isDashed || length / 4 % 2 == 0 {
          canvas.set(
            start.x + (place.x - start.x) * dot / dots, start.y + (place.y - start.y) * dot / dots)
        }
        if dot > 0, place != start { length += 1 }
      }
      previous = place
    }
    return previous?.y
  }

  private static func drawable(_ loss: Double?) -> Double? {
    guard let loss, loss.isFinite, loss > 0 else { return nil }
    return loss
  }

  static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  static func withoutTrailingBlanks(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}

/// The logarithmic scales of a terminal curve, in dots.
private struct Axes {
  let stepRange: ClosedRange<Double>
  let lossRange: ClosedRange<Double>
  let width: Int
  let height: Int
  let startsAtZero: Bool

  init(steps: [Int], low: Double, high: Double, width: Int, height: Int) {
    self.width = width
    self.height = height
    let positive = steps.filter { $0 > 0 }.map(Double.init)
    startsAtZero = steps.contains { $0 <= 0 }
    let first = log10(positive.min() ?? 1)
    let last = log10(positive.max() ?? 10)
    // Step 0 is drawn half a decade left of the first other step.
    let left = startsAtZero ? first - 0.5 : first
    stepRange = left...max(last, left + 0.5)
    let bottom = log10(low)
    let top = log10(high)
    lossRange = top - bottom < 0.1 ? (bottom - 0.5)...(top + 0.5) : bottom...top
  }

  func x(_ step: Int) -> Int {
    let value = step > 0 ? log10(Double(step)) : stepRange.lowerBound
    return Self.dot(value, stepRange, width)
  }

  func y(_ loss: Double) -> Int { height - 1 - Self.dot(log10(loss), lossRange, height) }

  private static func dot(_ value: Double, _ range: ClosedRange<Double>, _ count: Int) -> Int {
    let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    return Int((share * Double(count - 1)).rounded())
  }

  /// The powers of ten inside a range of logarithms.
  private static func decades(_ range: ClosedRange<Double>) -> [Int] {
    let first = Int((range.lowerBound - 1e-9).rounded(.up))
    let last = Int((range.upperBound + 1e-9).rounded(.down))
    return first <= last ? Array(first...last) : []
  }

  /// The labels of the loss axis by character row.
  func lossLabels(rows: Int) -> [Int: String] {
    var labels: [Int: String] = [:]
    for decade in Self.decades(lossRange) {
      let row = (height - 1 - Self.dot(Double(decade), lossRange, height)) / 4
      labels[row] = GnuplotText.scaleLabel(pow(10, Double(decade)))
    }
    if labels.count < 2 {
      labels[0] = GnuplotText.scaleLabel(pow(10, lossRange.upperBound))
      labels[rows - 1] = GnuplotText.scaleLabel(pow(10, lossRange.lowerBound))
    }
    return labels
  }

  /// The axis line and its labels.
  func stepLines(columns: Int, indent: Int) -> [String] {
    var axis = Array(repeating: Character("─"), count: columns)
    var labels = Array(repeating: Character(" "), count: columns + 8)
    func mark(_ column: Int, _ label: String) {
      let start = max(0, column - label.count / 2)
      let place = start..<(start + label.count)
      let margin = max(0, place.lowerBound - 1)..<min(labels.count, place.upperBound + 1)
      guard place.upperBound <= labels.count, margin.allSatisfy({ labels[$0] == " " }) else {
        return
      }
      axis[column] = "┬"
      for (offset, character) in label.enumerated() { labels[start + offset] = character }
    }
    if startsAtZero { mark(0, "0") }
    let decades = Self.decades(stepRange).filter {
      !startsAtZero || Double($0) > stepRange.lowerBound + 0.2
    }
    for decade in decades {
      mark(
        Self.dot(Double(decade), stepRange, width) / 2,
        GnuplotText.scaleLabel(pow(10, Double(decade))).replacing("\u{2009}", with: " "))
    }
    let blank = String(repeating: " ", count: indent)
    let name = "step"
    let title = String(repeating: " ", count: max(0, columns - name.count)) + name
    return [
      blank + "└" + String(axis), blank + " " + String(labels), blank + " " + title,
    ]
  }
}

import Experiments
import Foundation

/// The curve x·y = constant that best separates reached from not-reached cells.
struct BorderCurve: Sendable {
  /// As short a number as separates these cells.
  let product: ExactDecimal
  /// Where the curve meets the upper edge of the map, as an index on x; nil if it does not.
  let topCrossing: Double?
  /// Index coordinates of the curve from its upper end to its lower, one cell beyond the map's edges.
  let points: [(x: Double, y: Double)]
  /// Cells on the wrong side.
  let misplaced: Int

  /// Finds the product with the fewest cells on the wrong side of it.
  ///
  /// Between two neighbouring products of cells all constants separate alike; the middle, on a log
  /// scale, of the best gap is taken, of several best gaps the middle one.
  ///
  /// Nil unless both classes occur and a constant does better than calling all cells alike.
  ///
  /// - Parameter map: both its axes must be positive numbers.
  init?(of map: PhaseMap) {
    var sides: [(product: Double, isReached: Bool)] = []
    for cell in map.cells.joined() {
      guard let x = cell.x.number?.doubleValue, let y = cell.y.number?.doubleValue, x > 0, y > 0
      else { return nil }
      switch cell.value(.timeToGrok) {
      case .number: sides.append((x * y, true))
      case .notReached: sides.append((x * y, false))
      case .phase, .neverFitted, .diverged, .missing, .leftOut: break
      }
    }
    let reachedCount = sides.count { $0.isReached }
    guard reachedCount > 0, reachedCount < sides.count else { return nil }
    sides.sort { $0.product < $1.product }
    var misplaced = reachedCount
    var best: [(below: Double, above: Double, misplaced: Int)] = []
    for (index, side) in sides.enumerated().dropLast() {
      misplaced += side.isReached ? -1 : 1
      let next = sides[index + 1].product
      // Equal products lie on the same side of every curve.
      guard next > side.product * (1 + 1e-9) else { continue }
      if misplaced < best.first?.misplaced ?? .max { best = [] }
      if misplaced == best.first?.misplaced ?? misplaced {
        best.append((side.product, next, misplaced))
      }
    }
    guard !best.isEmpty else { return nil }
    let chosen = best[best.count / 2]
    guard chosen.misplaced < min(reachedCount, sides.count - reachedCount),
      let product = Self.roundNumber(between: chosen.below, and: chosen.above)
    else { return nil }
    self.product = product
    self.misplaced = chosen.misplaced
    let x = map.xValues.compactMap { $0.number?.doubleValue }
    let y = map.yValues.compactMap { $0.number?.doubleValue }
    points = Self.points(product.doubleValue, x: x, y: y)
    let top = y.count > 1 ? Self.interpolated(y, at: Double(y.count) - 0.5) : 0
    let crossing = top > 0 && x.count > 1 ? Self.index(of: product.doubleValue / top, in: x) : nil
    topCrossing = crossing.flatMap { $0 >= -0.5 && $0 <= Double(x.count) - 0.5 ? $0 : nil }
  }

  /// The middle of a gap, on a log scale, with two significant digits or as many as it needs to stay inside.
  private static func roundNumber(between low: Double, and high: Double) -> ExactDecimal? {
    let middle = ExactDecimal((low * high).squareRoot())
    let candidates = (2...8).compactMap { middle?.rounded(toSignificantDigits: $0) }
    return candidates.first { low < $0.doubleValue && $0.doubleValue < high }
  }

  /// The part of the curve near the map, in index coordinates; gnuplot clips it.
  private static func points(
    _ product: Double, x: [Double], y: [Double]
  ) -> [(x: Double, y: Double)] {
    guard x.count > 1, y.count > 1 else { return [] }
    let steps = 400
    return (0...steps).compactMap { step in
      let position = -0.5 + Double(step) / Double(steps) * Double(x.count)
      let value = interpolated(x, at: position)
      guard value > 0, let height = index(of: product / value, in: y) else { return nil }
      return height >= -1.5 && height <= Double(y.count) + 0.5 ? (position, height) : nil
    }
  }

  /// The axis value at a fractional index, linear between neighbours and beyond the ends.
  private static func interpolated(_ values: [Double], at position: Double) -> Double {
    let left = min(max(0, Int(floor(position))), values.count - 2)
    return values[left] + (position - Double(left)) * (values[left + 1] - values[left])
  }

  /// The fractional index of an axis value: the inverse of `interpolated`.
  private static func index(of value: Double, in values: [Double]) -> Double? {
    let above = values.firstIndex { $0 >= value } ?? values.count - 1
    let left = min(max(0, above - 1), values.count - 2)
    let gap = values[left + 1] - values[left]
    return gap > 0 ? Double(left) + (value - values[left]) / gap : nil
  }
}

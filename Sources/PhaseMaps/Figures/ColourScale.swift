import Foundation

/// How numbers become colours, and the ticks of the colour bar.
struct ColourScale: Hashable, Sendable {
  let isLogarithmic: Bool
  let range: ClosedRange<Double>
  let ticks: [Double]

  /// Viridis from light to dark: perceptually uniform, safe for colour blindness, monotone in grey.
  ///
  /// Van der Walt and Smith 2015. Dark is slow, so that the slowest cells stand out against the
  /// light, hatched ones beyond the border.
  static let palette = [
    "#fde725", "#aadc32", "#5cc863", "#27ad81", "#21908d", "#2c718e", "#3b518b", "#472c7a",
    "#440154",
  ]

  /// From 0 to 1.
  static let share = ColourScale(
    isLogarithmic: false, range: 0...1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1])

  init(isLogarithmic: Bool, range: ClosedRange<Double>, ticks: [Double]) {
    self.isLogarithmic = isLogarithmic
    self.range = range
    self.ticks = ticks
  }

  /// A logarithmic scale from a round number below the smallest positive value to one above the largest.
  ///
  /// - Parameter values: what is drawn; values that are not positive are drawn in the lowest colour.
  init(logarithmicFor values: [Double]) {
    let positive = values.filter { $0 > 0 && $0.isFinite }
    let low = positive.min() ?? 1
    let high = positive.max() ?? 10
    let lowest = Self.roundNumbers(around: low).last { $0 <= low * (1 + 1e-12) } ?? low
    var highest = Self.roundNumbers(around: high).first { $0 >= high * (1 - 1e-12) } ?? high
    if highest <= lowest { highest = lowest * 10 }
    var ticks: [Double] = []
    var decade = floor(log10(lowest))
    while pow(10, decade) <= highest {
      ticks += Self.roundNumbers(around: pow(10, decade)).filter {
        $0 >= pow(10, decade) * 0.99 && $0 < pow(10, decade + 1) * 0.99
      }
      decade += 1
    }
    ticks = ticks.filter { $0 >= lowest * 0.999 && $0 <= highest * 1.001 }
    if ticks.count > 10 {
      ticks = ticks.filter { abs(log10($0) - log10($0).rounded()) < 1e-9 }
    }
    self.init(isLogarithmic: true, range: lowest...highest, ticks: ticks)
  }

  /// 1, 2 and 5 times powers of ten, from a decade below to a decade above.
  private static func roundNumbers(around value: Double) -> [Double] {
    let decade = Int(floor(log10(value)))
    return ((decade - 1)...(decade + 1)).flatMap { power in
      // Read as decimals, so that 0.02 is the nearest double to 0.02.
      [1, 2, 5].compactMap { Double("\($0)e\(power)") }
    }
  }
}

import Experiments

/// Notes the first step at which each threshold is passed.
struct CrossingWatch: Sendable {
  private(set) var crossings: Crossings
  /// What is not crossed yet, so that a step costs one comparison a threshold.
  private var open: [Watched]

  private typealias Watched = (series: Series, threshold: ExactDecimal, value: Double)

  init(_ crossings: Crossings) {
    self.crossings = crossings
    open = crossings.filter { $0.step == nil }.map {
      ($0.series, $0.threshold, $0.threshold.doubleValue)
    }
  }

  /// Whether there is nothing left to watch for.
  var isEmpty: Bool { open.isEmpty }

  /// Of the thresholds that are watched for, those that a measurement has passed.
  func passed(by measurement: Measurement) -> CrossingWatch {
    var passed = self
    passed.open.removeAll { !Self.hasPassed($0, measurement) }
    return passed
  }

  /// Takes over what a watch for some of the thresholds has found.
  mutating func adopt(_ found: CrossingWatch) {
    open.removeAll { watched in
      guard let step = found.crossings.step(watched.series, watched.threshold) else { return false }
      crossings.record(step, of: watched.series, at: watched.threshold)
      return true
    }
  }

  private static func hasPassed(_ watched: Watched, _ measurement: Measurement) -> Bool {
    guard let value = measurement[watched.series] else { return false }
    return watched.series.fallsToThreshold ? value < watched.value : value >= watched.value
  }

  /// Takes the values at a step; a value that is not measured or not finite crosses nothing.
  mutating func take(_ measurement: Measurement, at step: Int) {
    var place = 0
    while place < open.count {
      let watched = open[place]
      if Self.hasPassed(watched, measurement) {
        crossings.record(step, of: watched.series, at: watched.threshold)
        open.remove(at: place)
      } else {
        place += 1
      }
    }
  }
}

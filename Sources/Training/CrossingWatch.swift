import Experiments
import OrderedCollections

/// Notes the first step at which each threshold is passed.
struct CrossingWatch: Sendable {
  private(set) var crossings: Crossings
  /// What is not crossed yet, so that a step costs one comparison a threshold.
  private var open: [(series: Series, threshold: ExactDecimal, value: Double)]

  init(_ crossings: Crossings) {
    self.crossings = crossings
    open = []
    for (series, steps) in crossings.steps {
      for (threshold, step) in steps where step == nil {
        open.append((series, threshold, threshold.doubleValue))
      }
    }
  }

  /// Takes the values at a step; a value that is not measured or not finite crosses nothing.
  mutating func take(_ measurement: Measurement, at step: Int) {
    var place = 0
    while place < open.count {
      let watched = open[place]
      if let value = measurement[watched.series],
        watched.series.fallsToThreshold ? value < watched.value : value >= watched.value
      {
        crossings.record(step, of: watched.series, at: watched.threshold)
        open.remove(at: place)
      } else {
        place += 1
      }
    }
  }
}

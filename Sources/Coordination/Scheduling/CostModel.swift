import Experiments

/// Expects how long a run takes, from the runs nearest to it in parameter space that have finished.
///
/// Distances are taken between logarithms, because hyper-parameters act by ratios. The four nearest
/// observations are averaged in the logarithm, weighted by the inverse of their distance; before the
/// first observation a run is expected to take as long as its step limit at a usual speed.
struct CostModel: Sendable {
  /// A configuration as the model sees it: its numbers, the seed left out.
  struct Point: Hashable, Sendable {
    var experiment: String
    var coordinates: [Float]
  }

  private struct Observation: Sendable {
    var point: Point
    var logSeconds: Double
  }

  /// More observations cost time at each question and add little between neighbours on a grid.
  private static let observationsMax = 128
  private static let neighbours = 4
  /// What a step takes when nobody knows better.
  private static let secondsPerStep = 2e-4

  private var observations: [Observation] = []
  /// Every how many finished runs one is kept; doubles whenever the memory is full.
  private var stride = 1
  private(set) var observed = 0
  /// Raised when expectations have changed enough to order waiting runs anew.
  private(set) var version = 0

  /// Takes in how long a run took.
  mutating func observe(_ point: Point, seconds: Double) {
    observed += 1
    if observed.nonzeroBitCount == 1 {
      version += 1
    }
    guard observed.isMultiple(of: stride) else { return }
    let logSeconds = max(seconds, 1e-6).logarithm
    observations.append(
      Observation(
        point: point,
        logSeconds: logSeconds))
    guard observations.count > Self.observationsMax else { return }
    observations = observations.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
    stride *= 2
  }

  /// The mean of the kept observations, 0 without any.
  var meanSeconds: Double {
    guard !observations.isEmpty else { return 0 }
    return observations.reduce(0) { $0 + $1.logSeconds.exponential } / Double(observations.count)
  }

  /// The seconds that a run is expected to take.
  func expectedSeconds(_ point: Point, maxSteps: Int) -> Double {
    var nearest: [(distance: Float, logSeconds: Double)] = []
    for observation in observations
    where observation.point.experiment == point.experiment
      && observation.point.coordinates.count == point.coordinates.count
    {
      var distance: Float = 1e-6
      for (left, right) in zip(observation.point.coordinates, point.coordinates) {
        distance += (left - right) * (left - right)
      }
      if nearest.count == Self.neighbours, let last = nearest.last, distance >= last.distance {
        continue
      }
      let place = nearest.firstIndex { distance < $0.distance } ?? nearest.count
      nearest.insert((distance, observation.logSeconds), at: place)
      if nearest.count > Self.neighbours { nearest.removeLast() }
    }
    guard !nearest.isEmpty else { return Double(max(maxSteps, 1)) * Self.secondsPerStep }
    var sum = 0.0
    var weights = 0.0
    for neighbour in nearest {
      let weight = 1 / Double(neighbour.distance)
      sum += weight * neighbour.logSeconds
      weights += weight
    }
    return (sum / weights).exponential
  }

  /// The coordinate of a parameter's value: its logarithm where it has one.
  static func coordinate(of number: Double) -> Float {
    number > 0 ? Float(number.logarithm) : Float(number)
  }
}

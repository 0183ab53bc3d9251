import Experiments

/// Expects how long a run takes, from runs that have finished.
///
/// Everything is done with logarithms, because hyper-parameters act by ratios: a plane through all kept
/// observations says how the time rises along each axis, and the four nearest observations, weighted by
/// the inverse of their squared distance, say how far off the plane is there. The plane is what makes it
/// right early: long runs finish last, and the neighbours that have finished are the short ones. Before
/// the first observation a run is expected to take as long as its step limit at a usual speed.
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

  /// What is known of the runs of one experiment with one number of coordinates.
  private struct Shape: Hashable, Sendable {
    var experiment: String
    var dimensions: Int

    init(_ point: Point) {
      experiment = point.experiment
      dimensions = point.coordinates.count
    }
  }

  /// More observations cost time at each question and add little between neighbours on a grid.
  private static let observationsMax = 128
  private static let neighbours = 4
  /// What a step takes when nobody knows better.
  private static let secondsPerStep = 2e-4
  /// Expectations are made anew after every quarter more of finished runs.
  private static let growth = 1.25

  private var observations: [Observation] = []
  private var planes: [Shape: LogPlane] = [:]
  /// Every how many finished runs one is kept; doubles whenever the memory is full.
  private var stride = 1
  private(set) var observed = 0
  private var nextVersionAt = 1.0
  /// Raised when expectations have changed enough to order waiting runs anew.
  private(set) var version = 0

  /// Takes in how long a run took.
  mutating func observe(_ point: Point, seconds: Double) {
    observed += 1
    if observed.isMultiple(of: stride) {
      observations.append(
        Observation(point: point, logSeconds: max(seconds, 1e-6).logarithm))
      if observations.count > Self.observationsMax {
        observations = observations.enumerated().filter { $0.offset.isMultiple(of: 2) }
          .map(\.element)
        stride *= 2
      }
    }
    if Double(observed) >= nextVersionAt {
      nextVersionAt = max(nextVersionAt + 1, nextVersionAt * Self.growth)
      version += 1
      fit()
    }
  }

  private mutating func fit() {
    let groups = Dictionary(grouping: observations) { Shape($0.point) }
    planes = groups.mapValues { group in
      LogPlane(group.map { ($0.point.coordinates, $0.logSeconds) })
    }
  }

  /// The mean of the kept observations, 0 without any.
  var meanSeconds: Double {
    guard !observations.isEmpty else { return 0 }
    return observations.reduce(0) { $0 + $1.logSeconds.exponential } / Double(observations.count)
  }

  /// The seconds that a run is expected to take.
  func expectedSeconds(_ point: Point, maxSteps: Int) -> Double {
    guard let plane = planes[Shape(point)] else {
      return Double(max(maxSteps, 1)) * Self.secondsPerStep
    }
    var nearest: [(distance: Float, residual: Double)] = []
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
      let residual = observation.logSeconds - plane[observation.point.coordinates]
      nearest.insert((distance, residual), at: place)
      if nearest.count > Self.neighbours { nearest.removeLast() }
    }
    var sum = 0.0
    var weights = 0.0
    for neighbour in nearest {
      let weight = 1 / Double(neighbour.distance)
      sum += weight * neighbour.residual
      weights += weight
    }
    return (plane[point.coordinates] + (weights > 0 ? sum / weights : 0)).exponential
  }

  /// The coordinate of a parameter's value: its logarithm where it has one.
  static func coordinate(of number: Double) -> Float {
    number > 0 ? Float(number.logarithm) : Float(number)
  }
}

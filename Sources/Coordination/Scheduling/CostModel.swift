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
  /// What a step takes when nobody knows better.
  private static let secondsPerStep = 2e-4
  /// Expectations are made anew after every quarter more of finished runs; once there are many, after twice as many: so
  /// few are kept that they change little, and every waiting run of a large sweep is asked about anew.
  private static let growth = 1.25
  private static let many = 1024
  private static let growthOfMany = 2.0
  /// Expectations that have changed by less nowhere, as logarithms, stay what they are: where thousands of runs take equally
  /// long, it would not change their order to ask about each of them anew.
  private static let changeMin = 0.01
  /// How far from all that was observed a waiting run may be on an axis, as a logarithm: a factor of 400.
  private static let distanceMax = 6.0

  /// What all observations of one shape say, as of the last version.
  private struct Fit: Sendable {
    var plane: LogPlane
    /// Axis after axis, so that the distances of all points are made side by side.
    var coordinates: [Float] = []
    /// How far off the plane each is.
    var residuals: [Double] = []

    /// The logarithm of the seconds that a run at a point is expected to take.
    func logSeconds(at point: [Float]) -> Double { plane[point] + residual(at: point) }

    /// How far off the plane a point is expected to be: what its nearest neighbours say.
    private func residual(at point: [Float]) -> Double {
      // Whole vectors, the last of them filled up with what is infinitely far.
      let lanes = SIMD8<Float>.scalarCount
      let capacity = (residuals.count + lanes - 1) / lanes * lanes
      return withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) { distances in
        distances.initialize(repeating: .infinity)
        fill(UnsafeMutableBufferPointer(rebasing: distances[..<residuals.count]), from: point)
        return residual(UnsafeRawBufferPointer(distances))
      }
    }

    /// Squared distances of all observations from a point; never zero.
    private func fill(_ distances: UnsafeMutableBufferPointer<Float>, from point: [Float]) {
      distances.update(repeating: 1e-6)
      coordinates.withUnsafeBufferPointer { coordinates in
        for axis in point.indices {
          let start = axis * distances.count
          for number in distances.indices {
            let difference = coordinates[start + number] - point[axis]
            distances[number] += difference * difference
          }
        }
      }
    }

    private func residual(_ all: UnsafeRawBufferPointer) -> Double {
      // In the order of their distances; the last of equally near ones stays.
      var distances = SIMD4<Float>(repeating: .infinity)
      var nearest = SIMD4<Double>(repeating: 0)
      let size = MemoryLayout<SIMD8<Float>>.size
      // From the end: what has ended last is mostly what is nearest to what comes next.
      for group in (0..<all.count / size).reversed() {
        let several = all.loadUnaligned(fromByteOffset: group * size, as: SIMD8<Float>.self)
        // Soon hardly any is near.
        guard any(several .< distances[3]) else { continue }
        for lane in several.indices.reversed() where several[lane] < distances[3] {
          var place = 3
          while place > 0, several[lane] < distances[place - 1] {
            distances[place] = distances[place - 1]
            nearest[place] = nearest[place - 1]
            place -= 1
          }
          distances[place] = several[lane]
          nearest[place] = residuals[group * several.scalarCount + lane]
        }
      }
      var (sum, weights) = (0.0, 0.0)
      for place in 0..<4 where distances[place] < .infinity {
        let weight = 1 / Double(distances[place])
        sum += weight * nearest[place]
        weights += weight
      }
      return weights > 0 ? sum / weights : 0
    }
  }

  /// How far the runs that have ended reach, by shape.
  private struct Reach: Sendable {
    var least: [Float]
    var most: [Float]
    var maxSteps: Int
  }

  /// How far beyond what was observed a run may lie and still resemble it: a factor of two along each axis.
  private static let likeness: Float = 0.7

  private var observations: [Observation] = []
  private var reaches: [Shape: Reach] = [:]
  private var fits: [Shape: Fit] = [:]
  /// Every how many finished runs one is kept; doubles whenever the memory is full.
  private var stride = 1
  private(set) var observed = 0
  private var nextVersionAt = 1.0
  /// Raised when expectations have changed enough to order waiting runs anew.
  private(set) var version = 0

  /// Takes in how long a run took.
  ///
  /// - Parameters:
  ///   - point: its configuration.
  ///   - maxSteps: how many steps it was allowed.
  ///   - seconds: how long it took.
  mutating func observe(_ point: Point, maxSteps: Int, seconds: Double) {
    observed += 1
    extendReach(to: point, maxSteps)
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
      let growth = observed < Self.many ? Self.growth : Self.growthOfMany
      nextVersionAt = max(nextVersionAt + 1, nextVersionAt * growth)
      let new = newFits()
      guard isChange(to: new) else { return }
      version += 1
      fits = new
    }
  }

  /// Whether other fits expect something else of what was observed, or of what lies far from it: there the slopes of the
  /// plane decide, which observed points do not show, each of them being the nearest to itself.
  private func isChange(to new: [Shape: Fit]) -> Bool {
    new.keys != fits.keys
      || new.contains { shape, new in
        let difference = fits[shape].map { new.plane.largestDifference(ofSlopes: $0.plane) }
        return difference.map { $0 * Self.distanceMax >= Self.changeMin } ?? true
      }
      || observations.contains { observation in
        let shape = Shape(observation.point)
        guard let old = fits[shape], let new = new[shape] else { return true }
        let point = observation.point.coordinates
        return abs(new.logSeconds(at: point) - old.logSeconds(at: point)) >= Self.changeMin
      }
  }

  private mutating func extendReach(to point: Point, _ maxSteps: Int) {
    let start = Reach(least: point.coordinates, most: point.coordinates, maxSteps: maxSteps)
    var reach = reaches[Shape(point), default: start]
    for axis in point.coordinates.indices {
      reach.least[axis] = min(reach.least[axis], point.coordinates[axis])
      reach.most[axis] = max(reach.most[axis], point.coordinates[axis])
    }
    reach.maxSteps = max(reach.maxSteps, maxSteps)
    reaches[Shape(point)] = reach
  }

  /// Whether runs much like this one have been observed, so that what is expected of it can be relied upon.
  ///
  /// One that may go many more steps, or lies far out on some axis, may take a thousand times as long.
  func resemblesObserved(_ point: Point, maxSteps: Int) -> Bool {
    guard let reach = reaches[Shape(point)], maxSteps / 2 <= reach.maxSteps else { return false }
    return point.coordinates.indices.allSatisfy { axis in
      let number = point.coordinates[axis]
      return reach.least[axis] - Self.likeness <= number
        && number <= reach.most[axis] + Self.likeness
    }
  }

  private func newFits() -> [Shape: Fit] {
    let groups = Dictionary(grouping: observations) { Shape($0.point) }
    return groups.mapValues { group in
      let dimensions = group[0].point.coordinates.count
      let plane = LogPlane(group.map { ($0.point.coordinates, $0.logSeconds) })
      return Fit(
        plane: plane,
        coordinates: (0..<dimensions).flatMap { axis in group.map { $0.point.coordinates[axis] } },
        residuals: group.map { $0.logSeconds - plane[$0.point.coordinates] })
    }
  }

  /// The mean of the kept observations, 0 without any.
  var meanSeconds: Double {
    guard !observations.isEmpty else { return 0 }
    return observations.reduce(0) { $0 + $1.logSeconds.exponential } / Double(observations.count)
  }

  /// What a run is expected to take as long as none has been observed.
  static func guess(maxSteps: Int) -> Double { Double(max(maxSteps, 1)) * secondsPerStep }

  /// The seconds that a run is expected to take.
  func expectedSeconds(_ point: Point, maxSteps: Int) -> Double {
    guard let fit = fits[Shape(point)] else { return Self.guess(maxSteps: maxSteps) }
    return fit.logSeconds(at: point.coordinates).exponential
  }

  /// The coordinate of a parameter's value: its logarithm where it has one.
  static func coordinate(of number: Double) -> Float {
    number > 0 ? Float(number.logarithm) : Float(number)
  }
}

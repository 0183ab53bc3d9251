/// A plane through observations: least squares, held back from slopes that little speaks for.
struct LogPlane: Sendable {
  /// As if one more observation, one unit away along every axis, said that there is no slope.
  private static let ridge = 1.0
  private static let observationsMin = 4
  private static let sweepsMax = 50

  private var centre: [Double]
  private var mean: Double
  private var slopes: [Double]

  /// Fits the plane.
  ///
  /// - Parameter observations: at least one; points of equal dimension with their values.
  init(_ observations: [(point: [Float], value: Double)]) {
    let count = Double(observations.count)
    let dimensions = observations[0].point.count
    centre = (0..<dimensions).map { axis in
      observations.reduce(0) { $0 + Double($1.point[axis]) } / count
    }
    mean = observations.reduce(0) { $0 + $1.value } / count
    slopes = Array(repeating: 0, count: dimensions)
    guard observations.count >= Self.observationsMin else { return }
    solve(observations)
  }

  /// Coordinate descent: a few axes, and the ridge keeps it well conditioned.
  private mutating func solve(_ observations: [(point: [Float], value: Double)]) {
    let rows = observations.map { point, _ in
      point.indices.map { Double(point[$0]) - centre[$0] }
    }
    var residuals = observations.map { $0.value - mean }
    let squares = slopes.indices.map { axis in
      rows.reduce(0) { $0 + $1[axis] * $1[axis] }
    }
    for _ in 0..<Self.sweepsMax {
      for axis in slopes.indices where squares[axis] > 0 {
        let old = slopes[axis]
        var product = 0.0
        for (row, residual) in zip(rows, residuals) { product += row[axis] * residual }
        let new = (product + squares[axis] * old) / (squares[axis] + Self.ridge)
        slopes[axis] = new
        for index in rows.indices { residuals[index] -= (new - old) * rows[index][axis] }
      }
    }
  }

  /// How far the slopes of two planes of equal dimension are apart, along the axis where they are farthest.
  func largestDifference(ofSlopes other: LogPlane) -> Double {
    zip(slopes, other.slopes).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  /// The value of the plane at a point.
  subscript(point: [Float]) -> Double {
    var value = mean
    for axis in slopes.indices { value += slopes[axis] * (Double(point[axis]) - centre[axis]) }
    return value
  }
}

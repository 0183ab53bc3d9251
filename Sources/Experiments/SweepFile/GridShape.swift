public import OrderedCollections

/// Which grid point lies at which position, and which positions are left out.
///
/// A position counts all combinations of the axes' values, those that are left out too, the last axis fastest; linked
/// axes are the first. So the point at a position is found by division, and a point that is left out moves no other.
public struct GridShape: Hashable, Sendable {
  /// An axis, or one of the linked ones, which have stride and count in common.
  public struct Axis: Hashable, Sendable {
    public let name: String
    /// How many positions lie between two neighbours along it.
    public let stride: Int
    public let values: [ParameterValue]

    /// Which of its values a grid point has.
    public func index(at position: Int) -> Int { position / stride % values.count }
    public func value(at position: Int) -> ParameterValue { values[index(at: position)] }
  }

  /// In the order of a point's members.
  public let axes: [Axis]
  /// How many positions there are, the left-out ones included.
  public let positionCount: Int
  private var leftOut: PositionSet

  /// Makes the shape of a sweep's grid, which takes as long as there are points left out.
  public init(_ sweep: Sweep) {
    self.init(sweep.sweepAxes, except: sweep.except)
  }

  init(_ axes: SweepAxes, except points: [OrderedDictionary<String, ParameterValue>]) {
    let counts = Set(axes.linked.values.map(\.count))
    precondition(counts.count < 2, "linked axes of \(counts.sorted()) values")
    var directions: [[Axis]] = []
    var stride = 1
    for direction in axes.directions.reversed() {
      directions.append(
        direction.map { Axis(name: $0, stride: stride, values: $1) })
      stride *= direction.values.first?.count ?? 1
    }
    directions.reverse()
    self.axes = Array(directions.joined())
    positionCount = stride
    leftOut = PositionSet()
    guard !points.isEmpty else { return }
    let named = Set(points.flatMap(\.keys))
    var places: [String: [ParameterValue: [Int]]] = [:]
    for axis in self.axes where named.contains(axis.name) {
      places[axis.name] = Dictionary(
        grouping: axis.values.indices, by: { axis.values[$0] })
    }
    for point in points where point.keys.allSatisfy({ places[$0] != nil }) {
      let offsets = directions.map { Self.offsets(along: $0, of: point, places) }
      leaveOut(offsets[...], from: 0)
    }
  }

  /// How far along one direction the matching grid points lie: all of them, if the point names none of its axes.
  private static func offsets(
    along direction: [Axis], of point: OrderedDictionary<String, ParameterValue>,
    _ places: [String: [ParameterValue: [Int]]]
  ) -> [Int] {
    let stride = direction[0].stride
    var matching: [Int]?
    for axis in direction {
      guard let value = point[axis.name] else { continue }
      let found = places[axis.name]?[value] ?? []
      matching = matching.map { $0.filter(Set(found).contains) } ?? found
    }
    return (matching ?? Array(direction[0].values.indices)).map { $0 * stride }
  }

  private mutating func leaveOut(_ offsets: ArraySlice<[Int]>, from start: Int) {
    guard let first = offsets.first else {
      leftOut.insert(start)
      return
    }
    for offset in first { leaveOut(offsets.dropFirst(), from: start + offset) }
  }

  /// How many runs there are.
  public var runCount: Int { positionCount - leftOut.count }

  /// Whether there is a run at a position.
  public func hasRun(at position: Int) -> Bool { !leftOut.contains(position) }

  /// The positions that have a run, in ascending order.
  ///
  /// - Parameter range: where to look; nil for everywhere.
  /// - Returns: positions that are made one by one.
  public func positions(
    in range: Range<Int>? = nil
  ) -> LazyFilterSequence<Range<Int>> {
    let leftOut = leftOut
    return (range ?? 0..<positionCount).lazy.filter { !leftOut.contains($0) }
  }

  /// The values of a grid point by axis, linked axes first, then in the order of the file.
  public func point(at position: Int) -> OrderedDictionary<String, ParameterValue> {
    precondition(
      (0..<positionCount).contains(position), "grid point \(position) of \(positionCount)")
    return OrderedDictionary(uniqueKeysWithValues: axes.map { ($0.name, $0.value(at: position)) })
  }
}

/// A set of positions, a bit each, up to the largest.
private struct PositionSet: Hashable, Sendable {
  private var words: [UInt64] = []
  private(set) var count = 0

  mutating func insert(_ position: Int) {
    guard !contains(position) else { return }
    let word = position >> 6
    if word >= words.count {
      words.append(contentsOf: repeatElement(0, count: word + 1 - words.count))
    }
    words[word] |= 1 << UInt64(position & 63)
    count += 1
  }

  func contains(_ position: Int) -> Bool {
    let word = position >> 6
    return word < words.count && words[word] >> UInt64(position & 63) & 1 == 1
  }
}

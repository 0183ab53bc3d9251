import OrderedCollections

extension Sweep {
  /// Where this sweep's runs lie in another grid of the same axes, linked in the same way.
  ///
  /// - Parameter other: the grid that may hold them all.
  /// - Returns: their positions in the other's shape, in this sweep's order; nil if the axes are others,
  ///   or the other has no such run.
  public func positions(in other: Sweep) -> [Int]? {
    let (mine, theirs) = (sweepAxes, other.sweepAxes)
    guard Set(mine.free.keys) == Set(theirs.free.keys),
      Set(mine.linked.keys) == Set(theirs.linked.keys)
    else { return nil }
    let (shape, otherShape) = (GridShape(self), GridShape(other))
    // For every direction of this grid, how far along the other's its places lie; nil where they do not.
    var directions: [(axis: GridShape.Axis, offsets: [Int?])] = []
    for direction in mine.directions {
      let names = Array(direction.keys)
      guard let axis = shape.axes.first(where: { $0.name == names[0] }),
        let otherAxis = otherShape.axes.first(where: { $0.name == names[0] })
      else { return nil }
      func combination(_ index: Int, _ axes: SweepAxes) -> [ParameterValue] {
        names.compactMap { axes.values(of: $0)?[index] }
      }
      var offsets: [[ParameterValue]: Int] = [:]
      for index in otherAxis.values.indices {
        offsets[combination(index, theirs)] = index * otherAxis.stride
      }
      directions.append((axis, axis.values.indices.map { offsets[combination($0, mine)] }))
    }
    var positions: [Int] = []
    positions.reserveCapacity(shape.runCount)
    for position in shape.positions() {
      var place = 0
      for (axis, offsets) in directions {
        guard let offset = offsets[axis.index(at: position)] else { return nil }
        place += offset
      }
      guard otherShape.hasRun(at: place) else { return nil }
      positions.append(place)
    }
    return positions
  }
}

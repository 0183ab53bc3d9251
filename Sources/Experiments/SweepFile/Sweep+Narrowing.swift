import OrderedCollections

extension Sweep {
  /// Where this sweep's grid points lie in another grid of the same axes.
  ///
  /// - Parameter other: the grid that may hold them all.
  /// - Returns: their positions as `point(at:)` of the other counts them, in this sweep's order; nil if
  ///   the axes are others, or a value is not in the other grid.
  public func positions(in other: Sweep) -> [Int]? {
    guard axes.count == other.axes.count else { return nil }
    var strides: [String: Int] = [:]
    var stride = 1
    for (name, values) in other.axes.reversed() {
      strides[name] = stride
      stride *= values.count
    }
    var positions = [0]
    for (name, values) in axes {
      guard let stride = strides[name], let theirs = other.axes[name] else { return nil }
      let places = Dictionary(zip(theirs, theirs.indices)) { first, _ in first }
      let offsets = values.compactMap { places[$0].map { $0 * stride } }
      guard offsets.count == values.count else { return nil }
      positions = positions.flatMap { start in offsets.map { start + $0 } }
    }
    return positions
  }
}

import Experiments
import OrderedCollections

/// Configurations of very many runs in little memory: those of a grid are made when they are asked for.
struct ConfigurationTable: Sendable {
  /// Where the configuration of one run is found.
  private struct Place: Sendable {
    /// The number of a grid; negative for a configuration by itself.
    var grid: Int32
    /// The position in the grid, or the place among those by themselves.
    var index: Int32
  }

  private var grids: [GridPoints] = []
  private var single: [Configuration] = []
  private var places: [Place] = []

  mutating func reserve(_ count: Int) { places.reserveCapacity(places.count + count) }

  /// Keeps a grid and returns its number.
  mutating func append(_ grid: SweepGrid) -> Int {
    grids.append(GridPoints(grid))
    return grids.count - 1
  }

  /// Keeps the configuration of the next run.
  ///
  /// - Parameters:
  ///   - source: the configuration, or its position.
  ///   - grid: the number of the grid that the position is meant in.
  mutating func append(_ source: RestoredRun.Source, of grid: Int?) {
    switch source {
    case .configuration(let configuration):
      places.append(Place(grid: -1, index: Int32(single.count)))
      single.append(configuration)
    case .gridPoint(let position):
      guard let grid else { preconditionFailure("grid point \(position) came without a grid") }
      places.append(Place(grid: Int32(grid), index: Int32(position)))
    }
  }

  subscript(run: Int) -> Configuration {
    let place = places[run]
    return place.grid < 0
      ? single[Int(place.index)]
      : grids[Int(place.grid)].grid.configuration(at: Int(place.index))
  }

  /// The value of the parameter `seed`; nil for an experiment that has none.
  func seed(of run: Int) -> ParameterValue? {
    let place = places[run]
    return place.grid < 0
      ? single[Int(place.index)].parameters["seed"]
      : grids[Int(place.grid)].seed(at: Int(place.index))
  }

  func inputs(of run: Int) -> OrderedDictionary<String, String> {
    let place = places[run]
    return place.grid < 0
      ? single[Int(place.index)].inputs : grids[Int(place.grid)].grid.inputs
  }

  /// The point in parameter space at which the cost model asks; runs of one shape are comparable.
  func point(of run: Int) -> CostModel.Point {
    let place = places[run]
    return place.grid < 0
      ? CostModel.Point(single[Int(place.index)])
      : grids[Int(place.grid)].point(at: Int(place.index))
  }
}

/// A grid, and what the cost model sees of its runs without making their configurations.
///
/// Never changed, and by reference: it is looked at several times a run, and to copy a grid takes longer than to look.
private final class GridPoints: Sendable {
  /// An axis of numbers, and which coordinate it is.
  private struct Axis: Sendable {
    var place: Int
    var stride: Int
    var coordinates: [Float]
  }

  let grid: SweepGrid
  private let first: CostModel.Point
  private let firstSeed: ParameterValue?
  private let axes: [Axis]

  init(_ grid: SweepGrid) {
    self.grid = grid
    let configuration = grid.configuration(at: 0)
    first = CostModel.Point(configuration)
    firstSeed = configuration.parameters["seed"]
    var places: [String: Int] = [:]
    for (name, value) in configuration.parameters
    where name != "seed" && !CostModel.coordinate(of: value).isNaN {
      places[name] = places.count
    }
    axes = grid.shape.axes.compactMap { axis in
      let coordinates = axis.values.map(CostModel.coordinate)
      guard let place = places[axis.name], !coordinates.contains(where: \.isNaN) else {
        return nil
      }
      return Axis(place: place, stride: axis.stride, coordinates: coordinates)
    }
  }

  func seed(at position: Int) -> ParameterValue? {
    grid.value(of: "seed", at: position) ?? firstSeed
  }

  func point(at position: Int) -> CostModel.Point {
    var point = first
    for axis in axes {
      point.coordinates[axis.place] =
        axis.coordinates[position / axis.stride % axis.coordinates.count]
    }
    return point
  }
}

extension CostModel.Point {
  /// The numbers of a configuration, the seed left out.
  init(_ configuration: Configuration) {
    self.init(experiment: configuration.experiment, coordinates: [])
    for (name, value) in configuration.parameters where name != "seed" {
      let coordinate = CostModel.coordinate(of: value)
      if !coordinate.isNaN { coordinates.append(coordinate) }
    }
  }
}

extension CostModel {
  /// The coordinate of a parameter's value; NaN for what is no number.
  static func coordinate(of value: ParameterValue) -> Float {
    guard let number = value.number?.doubleValue else { return .nan }
    return coordinate(of: number)
  }
}

import Experiments
import OrderedCollections

/// Configurations of very many runs in little memory: every distinct value is kept once.
struct ConfigurationTable: Sendable {
  /// What the runs of a sweep share.
  private struct Shape: Hashable, Sendable {
    var experiment: String
    var version: Int
    var names: [String]
    var inputs: OrderedDictionary<String, String>
  }

  private var shapes: OrderedSet<Shape> = []
  private var values: OrderedSet<ParameterValue> = []
  /// What the cost model sees of each value; NaN for what is no number.
  private var coordinates: [Float] = []
  /// A shape's number and the numbers of its values, run after run.
  private var cells: [UInt32] = []
  private var starts: [Int] = []

  /// Keeps a configuration and returns its number, counted from 0.
  mutating func append(_ configuration: Configuration) -> Int {
    starts.append(cells.count)
    let shape = Shape(
      experiment: configuration.experiment, version: configuration.version,
      names: Array(configuration.parameters.keys), inputs: configuration.inputs)
    cells.append(UInt32(shapes.append(shape).index))
    for value in configuration.parameters.values {
      let (isNew, index) = values.append(value)
      if isNew { coordinates.append(Self.coordinate(of: value)) }
      cells.append(UInt32(index))
    }
    return starts.count - 1
  }

  subscript(index: Int) -> Configuration {
    let start = starts[index]
    let shape = shapes[Int(cells[start])]
    var parameters: OrderedDictionary<String, ParameterValue> = [:]
    for (offset, name) in shape.names.enumerated() {
      parameters[name] = values[Int(cells[start + 1 + offset])]
    }
    return Configuration(
      experiment: shape.experiment, version: shape.version, parameters: parameters,
      inputs: shape.inputs)
  }

  func inputs(of index: Int) -> OrderedDictionary<String, String> {
    shapes[Int(cells[starts[index]])].inputs
  }

  /// The point in parameter space at which the cost model asks; runs of one shape are comparable.
  func point(of index: Int) -> CostModel.Point {
    let start = starts[index]
    let shape = shapes[Int(cells[start])]
    var point = CostModel.Point(experiment: shape.experiment, coordinates: [])
    for (offset, name) in shape.names.enumerated() where name != "seed" {
      let coordinate = coordinates[Int(cells[start + 1 + offset])]
      if !coordinate.isNaN { point.coordinates.append(coordinate) }
    }
    return point
  }

  static func coordinate(of value: ParameterValue) -> Float {
    guard let number = value.number?.doubleValue else { return .nan }
    return CostModel.coordinate(of: number)
  }
}

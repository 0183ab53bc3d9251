public import OrderedCollections

/// A grid of runs of one experiment, and what is asked of each.
public struct Sweep: Hashable, Sendable {
  /// Names the folder of its results; letters, digits, `-`, `_` and `.`.
  public var name: String
  public var experiment: String
  /// The parameters that all runs share, as given; the rest are the experiment's defaults.
  public var parameters: OrderedDictionary<String, ParameterValue>
  /// The values of every axis, in the order of the file.
  public var axes: OrderedDictionary<String, [ParameterValue]>
  public var request: Request
  /// When a run of this sweep counts as grokked.
  public var grokked: GrokkedRule
  public var map: MapDefinition
  /// Sweeps with a higher priority are granted first.
  public var priority: Int

  public init(
    name: String, experiment: String, parameters: OrderedDictionary<String, ParameterValue> = [:],
    axes: OrderedDictionary<String, [ParameterValue]>, request: Request, grokked: GrokkedRule,
    map: MapDefinition, priority: Int = 0
  ) {
    self.name = name
    self.experiment = experiment
    self.parameters = parameters
    self.axes = axes
    self.request = request
    self.grokked = grokked
    self.map = map
    self.priority = priority
  }

  /// The number of grid points.
  public var runCount: Int { axes.values.reduce(1) { $0 * $1.count } }

  /// The axis values of one grid point, in the order of the file, the last axis fastest.
  public func point(at index: Int) -> OrderedDictionary<String, ParameterValue> {
    precondition((0..<runCount).contains(index), "grid point \(index) of \(runCount)")
    var rest = index
    var point: OrderedDictionary<String, ParameterValue> = [:]
    for (name, values) in axes.reversed() {
      point[name] = values[rest % values.count]
      rest /= values.count
    }
    return OrderedDictionary(uniqueKeysWithValues: point.reversed())
  }

  /// The run at one grid point.
  ///
  /// - Parameter index: the grid point, the last axis fastest.
  /// - Returns: the full configuration, defaults filled in.
  /// - Throws: `ParameterError` if a value is out of its range; a sweep read from a file has none.
  public func configuration(at index: Int) throws(ParameterError) -> Configuration {
    guard let definition = Catalogue.experiment(named: experiment) else {
      throw ParameterError(name: "experiment", problem: "unknown experiment \"\(experiment)\"")
    }
    return try definition.configuration(parameters.merging(point(at: index)) { $1 })
  }
}

/// The picture that a sweep ends with.
public struct MapDefinition: Hashable, Sendable, Codable {
  /// What a cell's colour stands for.
  public enum Value: String, Hashable, Sendable, Codable, CaseIterable {
    /// The Kaplan-Meier median of the steps from fitting the train set to generalising.
    case timeToGrok = "time_to_grok"
    /// The share of the seeds that grokked.
    case shareGrokked = "share_grokked"
    /// The median over seeds of the test loss at the end.
    case finalTestLoss = "final_test_loss"
  }

  /// The parameter across.
  public var x: String
  /// The parameter upwards.
  public var y: String
  public var value: Value

  public init(x: String, y: String, value: Value = .timeToGrok) {
    self.x = x
    self.y = y
    self.value = value
  }
}

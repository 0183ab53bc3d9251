public import OrderedCollections

/// A grid of runs of one experiment, and what is asked of each.
public struct Sweep: Hashable, Sendable {
  /// Names the folder of its results; letters, digits, `-`, `_` and `.`.
  public var name: String
  public var experiment: String
  /// The parameters that all runs share, as given; the rest are the experiment's defaults.
  public var parameters: OrderedDictionary<String, ParameterValue>
  /// The values of every axis that moves by itself, in the order of the file.
  public var axes: OrderedDictionary<String, [ParameterValue]>
  /// The values of linked axes, which move as one: as many each, the first with the first.
  public var together: OrderedDictionary<String, [ParameterValue]>
  /// What is left out of the grid: all points that have these values.
  public var except: [OrderedDictionary<String, ParameterValue>]
  public var request: Request
  /// When a run of this sweep counts as grokked.
  public var grokked: GrokkedRule
  public var map: MapDefinition
  /// Sweeps with a higher priority are granted first.
  public var priority: Int

  public init(
    name: String, experiment: String, parameters: OrderedDictionary<String, ParameterValue> = [:],
    axes: OrderedDictionary<String, [ParameterValue]>,
    together: OrderedDictionary<String, [ParameterValue]> = [:],
    except: [OrderedDictionary<String, ParameterValue>] = [], request: Request,
    grokked: GrokkedRule, map: MapDefinition, priority: Int = 0
  ) {
    self.name = name
    self.experiment = experiment
    self.parameters = parameters
    self.axes = axes
    self.together = together
    self.except = except
    self.request = request
    self.grokked = grokked
    self.map = map
    self.priority = priority
  }

  /// The number of runs: grid points that are not left out.
  public var runCount: Int { GridShape(self).runCount }

  /// The axis values of one grid point; `GridShape` says which lies where, and is for those who ask often.
  public func point(at position: Int) -> OrderedDictionary<String, ParameterValue> {
    GridShape(self).point(at: position)
  }

  /// The run at one grid point.
  ///
  /// - Parameter position: the grid point, as `GridShape` counts them.
  /// - Returns: the full configuration, defaults filled in.
  /// - Throws: `ParameterError` if a value is out of its range; a sweep read from a file has none.
  public func configuration(at position: Int) throws(ParameterError) -> Configuration {
    guard let definition = Catalogue.experiment(named: experiment) else {
      throw ParameterError(name: "experiment", problem: "unknown experiment \"\(experiment)\"")
    }
    return try definition.configuration(parameters.merging(point(at: position)) { $1 })
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
    /// The phase of learning that most of the seeds are in.
    case phase
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

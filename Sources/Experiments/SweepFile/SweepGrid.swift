public import OrderedCollections

/// The configurations of a sweep's runs, each made when it is asked for: a million of them would fill the memory.
public struct SweepGrid: Sendable {
  public let sweep: Sweep
  /// The SHA-256 of every input file, in hexadecimal, by the name of its parameter.
  public let inputs: OrderedDictionary<String, String>
  /// Where the runs lie.
  public let shape: GridShape
  private let experiment: ExperimentDefinition
  /// The parameters at the first grid point with all defaults: at others, only what has an axis differs.
  private let first: OrderedDictionary<String, ParameterValue>
  /// The place of each axis among them.
  private let places: [Int]

  /// Makes the grid of a sweep that was read from a file or from a store.
  ///
  /// - Parameters:
  ///   - sweep: the sweep.
  ///   - inputs: the SHA-256 of every input file, by the name of its parameter.
  /// - Throws: `ParameterError` for a value that its parameter may not have.
  public init(
    _ sweep: Sweep, inputs: OrderedDictionary<String, String> = [:]
  ) throws(ParameterError) {
    guard let experiment = Catalogue.experiment(named: sweep.experiment) else {
      throw ParameterError(
        name: "experiment", problem: "unknown experiment \"\(sweep.experiment)\"")
    }
    self.sweep = sweep
    self.inputs = inputs
    self.experiment = experiment
    shape = GridShape(sweep)
    for (name, value) in sweep.parameters { try experiment.check(name, value) }
    for axis in shape.axes {
      for value in axis.values { try experiment.check(axis.name, value) }
    }
    let first = experiment.completed(sweep.parameters.merging(shape.point(at: 0)) { $1 })
    self.first = first
    places = shape.axes.map { axis in
      guard let place = first.index(forKey: axis.name) else {
        preconditionFailure("an axis along \(axis.name), which has no values")
      }
      return place
    }
  }

  /// The number of runs.
  public var count: Int { shape.runCount }

  /// The run at a grid point, defaults filled in.
  public func configuration(at position: Int) -> Configuration {
    precondition(
      (0..<shape.positionCount).contains(position), "grid point \(position) of \(count)")
    var values = first
    for (axis, place) in zip(shape.axes, places) {
      values.values[place] = axis.value(at: position)
    }
    return experiment.configuration(ofComplete: values, inputs: inputs)
  }

  /// What a parameter's axis says at a grid point; nil for a parameter without an axis.
  public func value(of name: String, at position: Int) -> ParameterValue? {
    shape.axes.first { $0.name == name }?.value(at: position)
  }
}

extension SweepGrid: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    left.sweep == right.sweep && left.inputs == right.inputs
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(sweep)
    hasher.combine(inputs)
  }
}

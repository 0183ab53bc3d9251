public import OrderedCollections

/// The configurations of a sweep's runs, each made when it is asked for: a million of them would fill the memory.
public struct SweepGrid: Hashable, Sendable {
  public let sweep: Sweep
  /// The SHA-256 of every input file, in hexadecimal, by the name of its parameter.
  public let inputs: OrderedDictionary<String, String>
  /// Where the runs lie.
  public let shape: GridShape

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
    shape = GridShape(sweep)
    for (name, value) in sweep.parameters { try experiment.check(name, value) }
    for axis in shape.axes {
      for value in axis.values { try experiment.check(axis.name, value) }
    }
  }

  /// The number of runs.
  public var count: Int { shape.runCount }

  /// The run at a grid point, defaults filled in.
  public func configuration(at position: Int) -> Configuration {
    guard let experiment = Catalogue.experiment(named: sweep.experiment) else {
      preconditionFailure("\(sweep.experiment), which was known, is in no catalogue")
    }
    return experiment.configuration(
      ofChecked: sweep.parameters.merging(shape.point(at: position)) { $1 }, inputs: inputs)
  }

  /// What a parameter's axis says at a grid point; nil for a parameter without an axis.
  public func value(of name: String, at position: Int) -> ParameterValue? {
    shape.axes.first { $0.name == name }?.value(at: position)
  }
}

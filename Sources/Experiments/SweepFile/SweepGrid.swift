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
  /// - Throws: `ParameterError` if the sweep's first grid point cannot be configured.
  public init(
    _ sweep: Sweep, inputs: OrderedDictionary<String, String> = [:]
  ) throws(ParameterError) {
    self.sweep = sweep
    self.inputs = inputs
    shape = GridShape(sweep)
    _ = try Self.configuration(at: 0, of: sweep, shape, inputs)
  }

  /// The number of runs.
  public var count: Int { shape.runCount }

  /// The run at a grid point, defaults filled in.
  public func configuration(at position: Int) -> Configuration {
    do throws(ParameterError) {
      return try Self.configuration(at: position, of: sweep, shape, inputs)
    } catch {
      preconditionFailure("grid point \(position) of \(sweep.name), which was checked: \(error)")
    }
  }

  private static func configuration(
    at position: Int, of sweep: Sweep, _ shape: GridShape,
    _ inputs: OrderedDictionary<String, String>
  ) throws(ParameterError) -> Configuration {
    guard let experiment = Catalogue.experiment(named: sweep.experiment) else {
      throw ParameterError(
        name: "experiment", problem: "unknown experiment \"\(sweep.experiment)\"")
    }
    let given = sweep.parameters.merging(shape.point(at: position)) { $1 }
    return try experiment.configuration(given, inputs: inputs)
  }

  /// What a parameter's axis says at a grid point; nil for a parameter without an axis.
  public func value(of name: String, at position: Int) -> ParameterValue? {
    shape.axes.first { $0.name == name }?.value(at: position)
  }
}

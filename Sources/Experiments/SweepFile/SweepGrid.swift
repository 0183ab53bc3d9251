public import OrderedCollections

/// The configurations of a sweep's runs, each made when it is asked for: a million of them would fill the memory.
public struct SweepGrid: Hashable, Sendable {
  /// One axis: how many grid points lie between two neighbours along it, and its values.
  private struct Axis: Hashable, Sendable {
    let name: String
    let stride: Int
    let values: [ParameterValue]
  }

  public let sweep: Sweep
  /// The SHA-256 of every input file, in hexadecimal, by the name of its parameter.
  public let inputs: OrderedDictionary<String, String>
  private let axes: [Axis]

  /// Makes the grid of a sweep that was read from a file or from a store.
  ///
  /// - Parameters:
  ///   - sweep: the sweep.
  ///   - inputs: the SHA-256 of every input file, by the name of its parameter.
  /// - Throws: `ParameterError` if the sweep's first run cannot be configured.
  public init(
    _ sweep: Sweep, inputs: OrderedDictionary<String, String> = [:]
  ) throws(ParameterError) {
    self.sweep = sweep
    self.inputs = inputs
    var axes: [Axis] = []
    var stride = 1
    for (name, values) in sweep.axes.reversed() {
      axes.append(Axis(name: name, stride: stride, values: values))
      stride *= values.count
    }
    self.axes = axes
    _ = try Self.configuration(at: 0, of: sweep, inputs)
  }

  public var count: Int { sweep.runCount }

  /// The run at a grid point, defaults filled in.
  public func configuration(at position: Int) -> Configuration {
    do throws(ParameterError) {
      return try Self.configuration(at: position, of: sweep, inputs)
    } catch {
      preconditionFailure("grid point \(position) of \(sweep.name), which was checked: \(error)")
    }
  }

  private static func configuration(
    at position: Int, of sweep: Sweep, _ inputs: OrderedDictionary<String, String>
  ) throws(ParameterError) -> Configuration {
    guard let experiment = Catalogue.experiment(named: sweep.experiment) else {
      throw ParameterError(
        name: "experiment", problem: "unknown experiment \"\(sweep.experiment)\"")
    }
    let given = sweep.parameters.merging(sweep.point(at: position)) { $1 }
    return try experiment.configuration(given, inputs: inputs)
  }

  /// What a parameter's axis says at a grid point; nil for a parameter without an axis.
  public func value(of name: String, at position: Int) -> ParameterValue? {
    guard let axis = axes.first(where: { $0.name == name }) else { return nil }
    return axis.values[position / axis.stride % axis.values.count]
  }
}

public import OrderedCollections

/// All that determines the trajectory of a run: experiment, version, parameters, input files.
///
/// Made by `ExperimentDefinition.configuration(_:inputs:)`, which fills in the defaults, checks every
/// value and resolves `engine` and `precision`, so that equal trajectories have equal configurations.
public struct Configuration: Hashable, Sendable {
  public let experiment: String
  /// The experiment's version number, raised when a change alters its numbers.
  public let version: Int
  /// Every parameter of the experiment but its files, by name in code-point order.
  public private(set) var parameters: OrderedDictionary<String, ParameterValue>
  /// The SHA-256 of every input file, in hexadecimal, by the name of the parameter that gives its path.
  public private(set) var inputs: OrderedDictionary<String, String>

  /// Takes the values as they are: the catalogue has checked them, or a store has kept them.
  public init(
    experiment: String, version: Int, parameters: OrderedDictionary<String, ParameterValue>,
    inputs: OrderedDictionary<String, String> = [:]
  ) {
    self.experiment = experiment
    self.version = version
    self.parameters = parameters
    self.inputs = inputs
    // Equal configurations compare as equal whatever order their members were written in.
    Self.sort(&self.parameters)
    Self.sort(&self.inputs)
  }

  private static func sort(_ members: inout OrderedDictionary<String, some Any>) {
    // Sorting makes the dictionary anew; mostly it is in order.
    let isSorted = zip(members.keys, members.keys.dropFirst()).allSatisfy(precedes)
    if !isSorted { members.sort { left, right in precedes(left.key, right.key) } }
  }

  /// Code-point order, as the canonical JSON has it.
  private static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }

  /// The parameters with those that are left out because they have their default value.
  public var completeParameters: OrderedDictionary<String, ParameterValue> {
    var complete = parameters
    for parameter in Catalogue.experiment(named: experiment)?.parameters ?? []
    where parameter.isLeftOutAtDefault && complete[parameter.name] == nil {
      complete[parameter.name] = parameter.defaultValue
    }
    return complete
  }

  /// The parameters that differ from another configuration's.
  ///
  /// - Returns: their names and values here; nil if more differs than values.
  public func changes(since other: Configuration) -> [(key: String, value: ParameterValue)]? {
    guard experiment == other.experiment, version == other.version, inputs == other.inputs,
      parameters.keys == other.parameters.keys
    else { return nil }
    return zip(parameters, other.parameters).compactMap { own, their in
      own.value == their.value ? nil : own
    }
  }

  /// Gives a parameter another value.
  ///
  /// - Returns: whether there is a parameter of that name.
  public mutating func change(_ name: String, to value: ParameterValue) -> Bool {
    guard let place = parameters.index(forKey: name) else { return false }
    parameters.values[place] = value
    return true
  }

  /// The text whose SHA-256 is the key.
  public var canonicalJSON: String { String(decoding: canonicalBytes, as: UTF8.self) }

  public var key: RunKey { RunKey(digestOf: canonicalBytes) }

  /// Both at once, for those who need both of very many.
  public var canonicalJSONAndKey: (json: String, key: RunKey) {
    let bytes = canonicalBytes
    return (String(decoding: bytes, as: UTF8.self), RunKey(digestOf: bytes))
  }

  private var canonicalBytes: [UInt8] {
    enum Member { case experiment, inputs, parameters, version }
    let members: [(key: String, value: Member)] = [
      ("experiment", .experiment), ("inputs", .inputs), ("parameters", .parameters),
      ("version", .version),
    ]
    var json = CanonicalJSON()
    json.write(object: members) { json, member in
      switch member {
      case .experiment: json.write(experiment)
      case .inputs: json.write(object: inputs) { $0.write($1) }
      case .parameters: json.write(object: parameters) { $0.write($1) }
      case .version: json.write(version)
      }
    }
    return json.bytes
  }
}

import Experiments
import Foundation
import OrderedCollections

// The grants of a message mostly belong to one sweep: each says in what it differs from the one before.

extension WireCodec {
  static func wire(_ grants: [DeliveredGrant]) -> [Groksweep_Wire_Grant] {
    var before: Grant?
    return grants.map { delivered in
      defer { before = delivered.grant }
      return wire(delivered, after: before)
    }
  }

  static func grants(
    _ wire: [Groksweep_Wire_Grant]
  ) throws(WireError) -> [DeliveredGrant] {
    var grants: [DeliveredGrant] = []
    grants.reserveCapacity(wire.count)
    for grant in wire { grants.append(try Self.grant(grant, after: grants.last?.grant)) }
    return grants
  }

  private static func wire(
    _ delivered: DeliveredGrant, after before: Grant?
  ) -> Groksweep_Wire_Grant {
    let grant = delivered.grant
    var wire = Groksweep_Wire_Grant()
    wire.lease = UInt64(grant.lease.rawValue)
    wire.attempt = UInt32(clamping: grant.attempt)
    wire.run = bytes(grant.run)
    if grant.request != before?.request { wire.request = Self.wire(grant.request) }
    if let before, let changed = grant.configuration.changes(since: before.configuration),
      grant.files == before.files
    {
      wire.changed = changed.map(parameter)
    } else {
      wire.configuration = configuration(of: grant)
    }
    if let continuation = grant.continuation {
      wire.continuation.parent = UInt32(clamping: continuation.parent)
      wire.continuation.step = UInt64(clamping: continuation.step)
      wire.continuation.checkpoint = Data(delivered.checkpoint ?? [])
    }
    return wire
  }

  private static func grant(
    _ wire: Groksweep_Wire_Grant, after before: Grant?
  ) throws(WireError) -> DeliveredGrant {
    var (configuration, files) = try configuration(of: wire, after: before)
    for parameter in wire.changed {
      guard configuration.change(parameter.name, to: try value(parameter)) else {
        throw WireError("a grant that changes \(cut(parameter.name)), which its run has not got")
      }
    }
    let key = try key(wire.run)
    guard key == configuration.key else {
      throw WireError("a grant whose key \(key.abbreviation)… is not its configuration's")
    }
    guard let request = wire.hasRequest ? try request(wire.request) : before?.request else {
      throw WireError("a first grant that asks for nothing")
    }
    var continuation: Continuation?
    if wire.hasContinuation {
      continuation = Continuation(
        parent: try positive(UInt64(wire.continuation.parent), "an attempt"),
        step: try number(wire.continuation.step, "a step"))
    }
    return DeliveredGrant(
      grant: Grant(
        lease: try lease(wire.lease), attempt: try positive(UInt64(wire.attempt), "an attempt"),
        run: key, configuration: configuration, files: files, request: request,
        continuation: continuation),
      checkpoint: continuation == nil ? nil : Array(wire.continuation.checkpoint))
  }

  private static func configuration(of grant: Grant) -> Groksweep_Wire_Configuration {
    let configuration = grant.configuration
    var wire = Groksweep_Wire_Configuration()
    wire.experiment = configuration.experiment
    wire.version = UInt32(clamping: configuration.version)
    wire.parameters = configuration.parameters.map(parameter)
    let names = configuration.inputs.keys.union(grant.files.keys)
    wire.inputs = names.map { name in
      var input = Groksweep_Wire_InputFile()
      input.parameter = name
      input.digest = configuration.inputs[name] ?? ""
      input.path = grant.files[name] ?? ""
      return input
    }
    return wire
  }

  private static func configuration(
    of wire: Groksweep_Wire_Grant, after before: Grant?
  ) throws(WireError) -> (Configuration, files: OrderedDictionary<String, String>) {
    guard wire.hasConfiguration else {
      guard let before else { throw WireError("a first grant without a configuration") }
      return (before.configuration, before.files)
    }
    let wire = wire.configuration
    var parameters: OrderedDictionary<String, ParameterValue> = [:]
    for parameter in wire.parameters {
      parameters[try text(parameter.name)] = try value(parameter)
    }
    var inputs: OrderedDictionary<String, String> = [:]
    var files: OrderedDictionary<String, String> = [:]
    for input in wire.inputs {
      let name = try text(input.parameter)
      if !input.digest.isEmpty { inputs[name] = try text(input.digest) }
      if !input.path.isEmpty { files[name] = try text(input.path) }
    }
    files.sort { $0.key < $1.key }
    let configuration = Configuration(
      experiment: try text(wire.experiment), version: Int(wire.version), parameters: parameters,
      inputs: inputs)
    return (configuration, files)
  }

  private static func parameter(
    _ name: String, _ value: ParameterValue
  ) -> Groksweep_Wire_Parameter {
    var wire = Groksweep_Wire_Parameter()
    wire.name = name
    switch value {
    case .number(let number): wire.number = decimal(number)
    case .text(let text): wire.text = text
    case .flag(let flag): wire.flag = flag
    }
    return wire
  }

  private static func value(
    _ wire: Groksweep_Wire_Parameter
  ) throws(WireError) -> ParameterValue {
    switch wire.value {
    case .number(let number): .number(try decimal(number))
    case .text(let text): .text(try Self.text(text))
    case .flag(let flag): .flag(flag)
    case nil: throw WireError("a parameter without a value")
    }
  }
}

import Experiments
import Foundation
import OrderedCollections

/// A sweep as the JSON that the store keeps: lists of members, because the order of axes matters.
struct SweepDocument: Codable, Equatable {
  struct Parameter: Codable, Hashable {
    var name: String
    var value: ParameterValue
  }
  struct Axis: Codable, Equatable {
    var name: String
    var values: [ParameterValue]
  }

  var name: String
  var experiment: String
  /// The experiment's version, so that the grid is expanded anew once that has risen.
  var version: Int
  var parameters: [Parameter]
  var axes: [Axis]
  /// Nil where no axes are linked, and where no point is left out.
  var together: [Axis]?
  var except: [[Parameter]]?
  var request: Request
  var grokked: GrokkedRule
  var map: MapDefinition
  var priority: Int
  var inputs: [Parameter]

  init(
    _ sweep: Sweep, version: Int, inputs: OrderedDictionary<String, String>
  ) {
    name = sweep.name
    experiment = sweep.experiment
    self.version = version
    parameters = sweep.parameters.map { Parameter(name: $0.key, value: $0.value) }
    axes = sweep.axes.map { Axis(name: $0.key, values: $0.value) }
    if !sweep.together.isEmpty {
      together = sweep.together.map { Axis(name: $0.key, values: $0.value) }
    }
    if !sweep.except.isEmpty {
      except = sweep.except.map { point in
        point.map { Parameter(name: $0.key, value: $0.value) }
      }
    }
    request = sweep.request
    grokked = sweep.grokked
    map = sweep.map
    priority = sweep.priority
    self.inputs = inputs.map { Parameter(name: $0.key, value: .text($0.value)) }
  }

  /// Reads what the store keeps; nil for a form that this version does not write.
  init?(text: String) {
    do {
      self = try StoredJSON.value(SweepDocument.self, of: text)
    } catch {
      return nil
    }
  }

  /// The parts that say which grid points have runs.
  static let gridParts: Set = ["axes", "together", "except"]

  /// The parts of the sweep file whose contents are others here; the priority changes no result.
  func parts(differingFrom other: SweepDocument) -> [String] {
    let equal = [
      ("experiment", experiment == other.experiment),
      ("version of the experiment", version == other.version),
      ("parameters", Set(parameters) == Set(other.parameters)),
      ("contents of the input files", inputs == other.inputs),
      ("axes", axes == other.axes),
      ("together", together == other.together),
      ("except", except == other.except),
      ("until", request == other.request),
      ("grokked", grokked == other.grokked),
      ("map", map == other.map),
    ]
    return equal.filter { !$0.1 }.map(\.0)
  }

  var sweep: Sweep {
    Sweep(
      name: name, experiment: experiment,
      parameters: OrderedDictionary(parameters.map { ($0.name, $0.value) }) { $1 },
      axes: OrderedDictionary(axes.map { ($0.name, $0.values) }) { $1 },
      together: OrderedDictionary((together ?? []).map { ($0.name, $0.values) }) { $1 },
      except: (except ?? []).map { OrderedDictionary($0.map { ($0.name, $0.value) }) { $1 } },
      request: request, grokked: grokked, map: map, priority: priority)
  }

  var inputDigests: OrderedDictionary<String, String> {
    OrderedDictionary(inputs.map { ($0.name, $0.value.description) }) { $1 }
  }
}

/// JSON as the store writes it: the same value is the same text.
enum StoredJSON {
  static func text(of value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func value<Value: Decodable>(_ type: Value.Type, of text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }
}

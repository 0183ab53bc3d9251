public import Experiments
import OrderedCollections

/// A table of an export, written as CSV or JSON.
public struct Table: Hashable, Sendable {
  public enum Field: Hashable, Sendable {
    case text(String)
    case integer(Int)
    case decimal(ExactDecimal)
    case real(Double)
    case flag(Bool)
    /// Unknown, or does not apply: an empty field in CSV, null in JSON.
    case none
  }

  public let columns: [String]
  /// As many fields a row as there are columns.
  public let rows: [[Field]]

  init(columns: [String], rows: [[Field]]) {
    precondition(
      rows.allSatisfy { $0.count == columns.count }, "rows do not have \(columns.count) fields")
    self.columns = columns
    self.rows = rows
  }

  /// Comma-separated after RFC 4180: a header line, CRLF line ends, quotes where they are needed.
  public var csv: String {
    let lines = [columns.map(Self.quoted)] + rows.map { row in row.map(Self.csv) }
    return lines.map { $0.joined(separator: ",") + "\r\n" }.joined()
  }

  /// A JSON array with one object a row, one row a line, members in the order of the columns.
  public var json: String {
    let objects = rows.map { row in
      let members = zip(columns, row).map { "\(Self.string($0)): \(Self.json($1))" }
      return "  {" + members.joined(separator: ", ") + "}"
    }
    return objects.isEmpty ? "[]\n" : "[\n" + objects.joined(separator: ",\n") + "\n]\n"
  }

  private static func csv(_ field: Field) -> String {
    switch field {
    case .text(let text): quoted(text)
    case .none: ""
    case .real(let value) where !value.isFinite: ""
    default: json(field)
    }
  }

  private static func quoted(_ text: String) -> String {
    // A CR and LF pair is one Character, so the scalars are looked at.
    let needsQuotes = text.unicodeScalars.contains {
      $0 == "," || $0 == "\"" || $0 == "\r" || $0 == "\n"
    }
    return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }

  private static func json(_ field: Field) -> String {
    switch field {
    case .text(let text): string(text)
    case .integer(let value): String(value)
    case .decimal(let value): value.description
    case .real(let value): value.isFinite ? value.description : "null"
    case .flag(let flag): flag ? "true" : "false"
    case .none: "null"
    }
  }

  private static func string(_ text: String) -> String {
    var json = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": json += "\\\""
      case "\\": json += "\\\\"
      case "\n": json += "\\n"
      case "\r": json += "\\r"
      case "\t": json += "\\t"
      default:
        if scalar.value < 32 {
          let digits = String(scalar.value, radix: 16)
          json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          json.unicodeScalars.append(scalar)
        }
      }
    }
    return json + "\""
  }
}

extension Table {
  /// Names of columns of parameters that no other column has: `steps` becomes `parameter_steps`.
  static func columns(
    ofParameters names: some Sequence<String>, beside others: [String]
  ) -> [String] {
    let taken = Set(others)
    return names.map { taken.contains($0) ? "parameter_\($0)" : $0 }
  }
}

extension Table.Field {
  init(_ value: Int?) { self = value.map { .integer($0) } ?? .none }
  init(_ value: Double?) { self = value.map { .real($0) } ?? .none }

  init(_ value: ParameterValue?) {
    switch value {
    case .number(let number): self = .decimal(number)
    case .text(let text): self = .text(text)
    case .flag(let flag): self = .flag(flag)
    case nil: self = .none
    }
  }
}

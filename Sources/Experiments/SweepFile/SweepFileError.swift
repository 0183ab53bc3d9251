/// What is wrong with a sweep, and where: in a file or in an override of the command line.
///
/// The description is one sentence that names what was expected:
/// `sweeps/a.yaml:7:11: axes.weight_decay[2]: expected a number, found "high"`.
public struct SweepFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file as the user named it, or the override: `--set alpha=high`.
  public let file: String
  /// Counted from 1; nil when the problem is with the whole file, or in an override.
  public let line: Int?
  /// Counted in Unicode scalars from 1; nil when the line is.
  public let column: Int?
  /// The place in the document, `axes.weight_decay[2]`; empty for the document itself.
  public let path: String
  /// What is wrong, without the place.
  public let problem: String

  public init(
    file: String, line: Int? = nil, column: Int? = nil, path: String = "", problem: String
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.path = path
    self.problem = problem
  }

  init(_ place: SweepPlace, path: String = "", problem: String) {
    self.init(
      file: place.source, line: place.line, column: place.column, path: path, problem: problem)
  }

  public var description: String {
    var place = file
    if let line { place += ":\(line)" }
    if let column { place += ":\(column)" }
    return path.isEmpty ? "\(place): \(problem)" : "\(place): \(path): \(problem)"
  }
}

/// Where a value was written.
struct SweepPlace: Hashable, Sendable {
  /// The file, or the override.
  let source: String
  var line: Int?
  var column: Int?
}

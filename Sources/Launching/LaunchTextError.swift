/// What is wrong with a text that somebody wrote for a launch, without where it lies.
public struct LaunchTextError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, and what was expected: the end of a sentence that begins with the place.
  public let problem: String
  /// The line of the file, from 1, if it has several.
  public let line: Int?
  public var description: String { line.map { "\($0): \(problem)" } ?? problem }

  public init(_ problem: String, line: Int? = nil) {
    self.problem = problem
    self.line = line
  }
}

/// Why a system of equations or an eigenvalue problem has no answer, in one sentence.
public struct LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  public let problem: String
  public var description: String { problem }

  public init(_ problem: String) { self.problem = problem }
}

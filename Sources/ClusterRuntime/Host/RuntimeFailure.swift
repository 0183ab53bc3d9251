/// Why a command cannot go on, as one sentence for the user, with the exit code that scripts see.
public struct RuntimeFailure: Error, Equatable, CustomStringConvertible {
  public enum Kind: Int32, Sendable {
    /// A file, an option or an address is not what it must be.
    case wrongInput = 2
    /// The disk, the network or another process stands in the way; the same command may work later.
    case surroundings = 3
    /// Whoever read the output has gone, as `head` does; 128 and SIGPIPE, and no sentence.
    case closedOutput = 141
  }

  public let kind: Kind
  public let sentence: String
  public var description: String { sentence }

  public init(_ kind: Kind, _ sentence: String) {
    self.kind = kind
    self.sentence = sentence
  }

  /// A system call's failure, with what it was for.
  ///
  /// - Parameters:
  ///   - purpose: what could not be done: `open the folder results`.
  ///   - code: the error number.
  /// - Returns: the failure of the surroundings.
  static func system(_ purpose: String, code: Int32) -> RuntimeFailure {
    RuntimeFailure(.surroundings, "cannot \(purpose): \(SystemError.text(for: code))")
  }
}

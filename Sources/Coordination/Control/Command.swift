public import OrderedCollections

/// What a user asks of a running coordinator; asking twice has no second effect.
public struct Command: Hashable, Sendable {
  /// Chosen by whoever asks; the answer carries it.
  public var id: UInt64
  public var request: Request

  /// The kinds of command.
  public enum Request: Hashable, Sendable {
    /// How far every sweep is.
    case status
    /// Who is connected, and what each computes.
    case workers
    /// Compute a sweep, or what is new in it.
    case submit(SubmittedSweep)
    /// Nobody wants these runs any more.
    case cancel(RunSelection)
    /// Try runs again that were given up; runs that are named singly also if they were cancelled.
    case retry(RunSelection)
    /// A worker, by host or by the first letters of its id, is to finish what it has and to leave.
    case drain(worker: String)
    /// A worker that is drained is to take runs again.
    case readmit(worker: String)
  }

  public init(id: UInt64, _ request: Request) {
    self.id = id
    self.request = request
  }
}

/// A sweep, some runs of any sweep, or all runs.
public enum RunSelection: Hashable, Sendable {
  case everything
  case sweep(String)
  /// By the first digits of their keys, at least four.
  case runs([String])
}

/// A sweep file as the user has it; the coordinator reads it again, because it believes nothing.
public struct SubmittedSweep: Hashable, Sendable {
  /// The bytes of the file.
  public var text: [UInt8]
  /// The file as the user named it, for sentences about it.
  public var file: String
  /// What followed each `--set`.
  public var overrides: [String]
  /// Absolute paths of the input files, by parameter.
  public var files: OrderedDictionary<String, String>
  /// SHA-256 of the input files in hexadecimal, by parameter.
  public var inputs: OrderedDictionary<String, String>

  public init(
    text: [UInt8], file: String, overrides: [String] = [],
    files: OrderedDictionary<String, String> = [:],
    inputs: OrderedDictionary<String, String> = [:]
  ) {
    self.text = text
    self.file = file
    self.overrides = overrides
    self.files = files
    self.inputs = inputs
  }
}

/// What the coordinator answers.
public struct CommandAnswer: Hashable, Sendable {
  public var id: UInt64
  public var content: Content

  /// The kinds of answer.
  public enum Content: Hashable, Sendable {
    /// One sentence; what was asked for is durable. What the sentence counts is there by name, too.
    case done(String, counts: [String: Int] = [:])
    /// One sentence: what was asked for cannot be done, and nothing of it was.
    case refused(String)
    /// One sentence: what was asked for is right, and cannot be done now; nothing of it was.
    case failed(String)
    case status(ClusterStatus)
    case workers([WorkerStatus])
  }

  public init(id: UInt64, _ content: Content) {
    self.id = id
    self.content = content
  }
}

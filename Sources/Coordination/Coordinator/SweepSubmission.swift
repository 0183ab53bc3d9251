public import Experiments
public import OrderedCollections

/// The runs of a sweep with what the store knows of each.
public struct SweepSubmission: Hashable, Sendable {
  public var name: String
  /// Its place in the order in which the sweeps came; nil for one that comes after all that are known.
  public var arrival: Int?
  /// Sweeps with a higher priority are granted first.
  public var priority: Int
  public var request: Request
  /// Paths of the input files, by the name of the parameter they belong to.
  public var files: OrderedDictionary<String, String>
  /// Makes the configurations of the runs that name a position; nil where each brings its own.
  public var grid: SweepGrid?
  /// In the order of the grid.
  public var runs: [RestoredRun]
  /// Whether these are only some runs of the sweep of that name, which wants its others as before.
  public var isPart: Bool
  /// Whether its runs are only known, and not to be computed.
  public var isCancelled: Bool
  /// What whoever submitted it has to know besides; one sentence.
  public var remark: String?

  public init(
    name: String, arrival: Int? = nil, priority: Int = 0, request: Request,
    files: OrderedDictionary<String, String> = [:], grid: SweepGrid? = nil, runs: [RestoredRun],
    isPart: Bool = false, isCancelled: Bool = false
  ) {
    self.name = name
    self.arrival = arrival
    self.priority = priority
    self.request = request
    self.files = files
    self.grid = grid
    self.runs = runs
    self.isPart = isPart
    self.isCancelled = isCancelled
  }
}

/// A run as the store knows it; a new run has no attempts.
public struct RestoredRun: Hashable, Sendable {
  /// What is computed.
  public enum Source: Hashable, Sendable {
    indirect case configuration(Configuration)
    /// The configuration at this position of the submission's grid.
    case gridPoint(Int)
  }

  public let source: Source
  /// The configuration's key, which is kept because it is slow to make.
  public let key: RunKey
  public var status: Status
  /// Every attempt so far, in ascending order of their numbers; none need be known of an answered run.
  public var attempts: [RestoredAttempt]
  /// The latest checkpoint, if the store holds one.
  public var checkpoint: Continuation?
  /// Whether the sweep no longer wants it.
  public var isCancelled: Bool
  /// The last attempt before the run, given up, was opened again; 0 if it never was.
  ///
  /// Failures until then do not count.
  public var retriedAfter = 0

  /// Where the run stands.
  public enum Status: Hashable, Sendable {
    case open
    /// It has a result that answers its sweep; nothing more has to be known of it.
    case answered
    indirect case finished(RunSummary, attempt: Int)
    case failed(reason: String)
  }

  public init(
    configuration: Configuration, key: RunKey? = nil, status: Status = .open,
    attempts: [RestoredAttempt] = [], checkpoint: Continuation? = nil, isCancelled: Bool = false
  ) {
    self.init(
      .configuration(configuration), key: key ?? configuration.key, status: status,
      attempts: attempts, checkpoint: checkpoint, isCancelled: isCancelled)
  }

  public init(
    _ source: Source, key: RunKey, status: Status = .open, attempts: [RestoredAttempt] = [],
    checkpoint: Continuation? = nil, isCancelled: Bool = false
  ) {
    self.source = source
    self.key = key
    self.status = status
    self.attempts = attempts
    self.checkpoint = checkpoint
    self.isCancelled = isCancelled
  }

  /// The failures that count.
  var failures: Int { attempts.count { $0.state == .failed && $0.number > retriedAfter } }

  public var lastAttempt: Int { attempts.last?.number ?? 0 }
}

/// An attempt as the store knows it.
public struct RestoredAttempt: Hashable, Sendable {
  public var number: Int
  public var parent: Int?
  public var startStep: Int
  public var lease: LeaseID
  public var worker: WorkerID
  /// The machine that it was computed on, where that is known.
  public var host: String?
  public var state: State
  /// Whether the run has got a result by another attempt since: what comes of this one is too late.
  public var isSuperseded: Bool

  /// Where the attempt stands.
  public enum State: Hashable, Sendable {
    case open
    case failed
    case lost
    case withdrawn
    /// It gave the run its result.
    case accepted
  }

  public init(
    number: Int, parent: Int? = nil, startStep: Int = 0, lease: LeaseID, worker: WorkerID,
    host: String? = nil, state: State, isSuperseded: Bool = false
  ) {
    self.number = number
    self.parent = parent
    self.startStep = startStep
    self.lease = lease
    self.worker = worker
    self.host = host
    self.state = state
    self.isSuperseded = isSuperseded
  }
}

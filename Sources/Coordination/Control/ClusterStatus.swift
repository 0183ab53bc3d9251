public import Experiments

/// How far every sweep of a coordinator is.
public struct ClusterStatus: Hashable, Sendable, Codable {
  public var sweeps: [SweepStatus]
  public var workers: Int
  /// Trainers of all workers.
  public var slots: Int
  /// Runs that trainers are computing.
  public var running: Int
  /// Results a second since the coordinator started.
  public var rate: Double
  /// Nil while nothing is known.
  public var secondsLeft: Double?
  /// Why results cannot be stored at present; nil when they can.
  public var storeFailure: String?
  /// What was turned away since the coordinator started, counted by kind.
  public var refused: [String: Int]
  /// Sentences on machines that are given no runs, or not all of them.
  public var remarks: [String]

  public init(
    sweeps: [SweepStatus], workers: Int, slots: Int, running: Int, rate: Double,
    secondsLeft: Double?, storeFailure: String?, refused: [String: Int] = [:],
    remarks: [String] = []
  ) {
    self.remarks = remarks
    self.sweeps = sweeps
    self.workers = workers
    self.slots = slots
    self.running = running
    self.rate = rate
    self.secondsLeft = secondsLeft
    self.storeFailure = storeFailure
    self.refused = refused
  }
}

/// How far one sweep is; a run that several sweeps want counts in each.
public struct SweepStatus: Hashable, Sendable, Codable {
  public var name: String
  public var priority: Int
  public var isCancelled: Bool
  /// Whether a coordinator that runs grants its runs; one of an earlier time may only be known.
  public var isWorkedOn: Bool
  public var total: Int
  public var done: Int
  public var running: Int
  public var waiting: Int
  public var failed: Int
  public var cancelled: Int

  public init(
    name: String, priority: Int = 0, isCancelled: Bool = false, isWorkedOn: Bool = true,
    total: Int = 0, done: Int = 0,
    running: Int = 0, waiting: Int = 0, failed: Int = 0, cancelled: Int = 0
  ) {
    self.name = name
    self.priority = priority
    self.isCancelled = isCancelled
    self.isWorkedOn = isWorkedOn
    self.total = total
    self.done = done
    self.running = running
    self.waiting = waiting
    self.failed = failed
    self.cancelled = cancelled
  }
}

/// One connected worker.
public struct WorkerStatus: Hashable, Sendable, Codable {
  public var id: String
  public var host: String
  public var software: String
  public var blasKernels: String
  public var slots: Int
  /// How long ago it was last heard of.
  public var silentSeconds: Double
  /// Whether it takes no more runs and leaves once it has none.
  public var isDraining: Bool
  /// Whether its machine takes no more runs, because too many different ones failed there.
  public var isQuarantined: Bool
  /// Whether its machine is given runs only while there is no other, because several failed there.
  public var isSuspect: Bool
  /// A sentence on each input file that it has not got, whose runs wait for other workers.
  public var lackedInputs: [String]
  /// Why it is given no runs that go on from a checkpoint, if so.
  public var cannotContinue: String?
  /// How long it still takes runs before it saves them and leaves; nil if it knows of no end.
  public var leavesInSeconds: Double?
  public var runs: [Lease]

  /// A run in its hands.
  public struct Lease: Hashable, Sendable, Codable {
    public var run: RunKey
    public var sweep: String
    public var attempt: Int
    /// The last step that its trainer reported.
    public var step: Int

    public init(run: RunKey, sweep: String, attempt: Int, step: Int) {
      self.run = run
      self.sweep = sweep
      self.attempt = attempt
      self.step = step
    }
  }

  public init(
    id: String, host: String, software: String, blasKernels: String, slots: Int,
    silentSeconds: Double, isDraining: Bool, isQuarantined: Bool = false,
    isSuspect: Bool = false, lackedInputs: [String] = [], cannotContinue: String? = nil,
    leavesInSeconds: Double? = nil,
    runs: [Lease]
  ) {
    self.id = id
    self.host = host
    self.software = software
    self.blasKernels = blasKernels
    self.slots = slots
    self.silentSeconds = silentSeconds
    self.isDraining = isDraining
    self.isQuarantined = isQuarantined
    self.isSuspect = isSuspect
    self.lackedInputs = lackedInputs
    self.cannotContinue = cannotContinue
    self.leavesInSeconds = leavesInSeconds
    self.runs = runs
  }
}

/// Why a machine is given no runs, or not all of them, and how that ends.
public enum MachineRemark: Hashable, Sendable {
  case quarantined(host: String)
  case suspect(host: String)
  case lacksInput(host: String, reason: String)
  case cannotContinue(host: String, reason: String)
  case leaving(host: String)

  public var sentence: String {
    switch self {
    case .quarantined(let host):
      "\(host) is quarantined: too many runs failed there that succeeded elsewhere (the coordinator's log and "
        + "groksweep show say which); groksweep readmit \(host) lets it in again"
    case .suspect(let host):
      "\(host) is given runs only while there is no other machine, because several failed there; a result of its "
        + "own, or groksweep readmit \(host), ends that"
    case .lacksInput(let host, let reason):
      "\(host) has not got an input file (\(reason)): its runs wait for a worker that has, or for groksweep readmit "
        + "\(host) once it is there"
    case .cannotContinue(let host, let reason):
      "\(host) cannot take what a run goes on from (\(reason)): it is given other runs, and tried again within "
        + "minutes, or after groksweep readmit \(host)"
    case .leaving(let host):
      "\(host) is idle because it leaves soon (--leave-at, or the end of its job): it is given no run that it is not "
        + "expected to finish, or to save for the first time, before"
    }
  }
}

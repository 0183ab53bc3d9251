public import Experiments

extension Coordinator {
  /// What can happen to a coordinator.
  public enum Event: Hashable, Sendable {
    case sweepSubmitted(SweepSubmission)
    /// Runs with attempts whose results may still come, and that no sweep has brought, or only as answered.
    ///
    /// After every sweep that the coordinator starts with: those know more of a run that is theirs.
    case runsRecalled([RestoredRun])
    case messageArrived(WorkerMessage, from: RoutingID)
    case commandArrived(Command, from: RoutingID)
    /// The sweep that a `register` effect spoke of is in the store.
    case sweepRegistered(SweepSubmission, command: UInt64, from: RoutingID)
    case storeCommitted(BatchID)
    /// The batch is not in the store, and nothing of it is.
    case storeFailed(BatchID, reason: String)
    /// The checkpoint that a grant refers to is not in the store, or cannot be read.
    case checkpointUnavailable(LeaseID)
    /// Somebody lets a machine in again that was quarantined.
    case nodeReadmitted(host: String)
    /// Somebody wants the coordinator to end.
    case interrupted
    case timePassed
  }

  /// What the shell is to do.
  public enum Effect: Hashable, Sendable {
    case send(CoordinatorMessage, to: RoutingID)
    /// Look up the checkpoints that these grants refer to and send them as `grants`.
    case grant([Grant], to: RoutingID)
    /// Make all of this durable, or nothing; at most one batch is under way.
    case commit(BatchID, [StoreChange])
    case answer(CommandAnswer, to: RoutingID)
    /// Read and check a sweep, make it durable, and say `sweepRegistered`, or refuse the command.
    ///
    /// At once, before any other event: what the store knows of its runs must not age.
    case register(SubmittedSweep, command: UInt64, from: RoutingID)
    case tellUser(Notice)
    /// Nothing is left to do; the shell ends unless more sweeps may come.
    case finished(Outcome)
  }

  /// How it ended.
  public enum Outcome: Hashable, Sendable {
    /// Every run of every sweep has ended, this many of them without a result.
    case complete(failedRuns: Int)
    case interrupted
  }

  /// A sentence for the user.
  public enum Notice: Hashable, Sendable {
    case runFailed(RunKey, reason: String)
    case attemptFailed(RunKey, attempt: Int, host: String, reason: String)
    case leaseLost(RunKey, host: String)
    /// A machine has not got an input file; its runs wait for a machine that has.
    case inputLacking(host: String, reason: String)
    /// A worker could not take the checkpoint of a run, and is given no such runs for a while.
    case cannotContinue(host: String, reason: String)
    /// It lost its worker this often, and is tried once more on a machine that does nothing else.
    case runIsolated(RunKey, losses: Int)
    /// So many different runs failed on this machine and succeeded elsewhere: it gets no more.
    case nodeQuarantined(host: String, failures: Int)
    case nodeReadmitted(host: String)
    /// All runs of one seed of a sweep have ended and are durable, while others have not.
    case seedCompleted(sweep: String, seed: ParameterValue)
    /// Nothing is left to do until a sweep is submitted.
    case everythingEnded(failedRuns: Int)
    case workerJoined(WorkerID, host: String, slots: Int)
    case workerLeft(WorkerID, host: String)
    case workerRefused(String)
    /// Granting and acknowledging rest until a commit succeeds.
    case storeFailing(reason: String, since: MonotonicInstant)
    case storeRecovered
  }

  /// Periods and limits.
  public struct Settings: Hashable, Sendable {
    public var heartbeatInterval: Duration = .seconds(5)
    /// A lease that no heartbeat renews is lost after this time.
    public var leaseDuration: Duration = .seconds(30)
    /// A run is failed after one failure more than this.
    public var retries = 3
    /// After this many lost leases a run is tried once more with nothing beside it, then failed.
    public var lostLeasesMax = 10
    /// How long after a failed commit the same batch is tried again.
    public var storeRetryInterval: Duration = .seconds(1)
    /// Whether runs wait for a worker that has their input files; otherwise they fail without them.
    public var waitsForInputs = true
    /// How long a worker that could not take a checkpoint is given no other run that goes on from one.
    public var continuationPause: Duration = .seconds(120)
    /// Whether workers are told to end once every run has ended, or on an interruption.
    public var stopsWorkers = false
    /// Whether workers are told to end once every run has ended, while an interruption leaves them be.
    public var stopsWorkersOnceComplete = false
    /// Whether it goes on once every run has ended, for sweeps that are submitted later.
    public var staysWhenComplete = false
    /// How long workers have to give back what they hold when they are stopped.
    public var stopGrace: Duration = .milliseconds(1500)
    public var softwareVersion = ""
    /// Machines that are in quarantine from the start.
    public var quarantined: [String] = []

    public init() {}
  }
}

/// Names a connection; opaque bytes of the socket library.
public struct RoutingID: Hashable, Sendable {
  public var bytes: [UInt8]
  public init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// Says that an identifier names a batch of store changes; there are no values of it.
public enum BatchSubject {}
public typealias BatchID = Identifier<BatchSubject, Int>

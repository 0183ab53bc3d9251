public import Experiments

extension Worker {
  /// What can happen to a worker.
  public enum Event: Hashable, Sendable {
    /// The shell is ready, with its first socket open.
    case started
    /// The fresh socket that was asked for is open.
    case connected
    case messageArrived(CoordinatorMessage)
    case trainerSaid(slot: Int, TrainerMessage)
    /// A line of standard output or standard error that is no message.
    case trainerLogged(slot: Int, line: String)
    /// A line that looks like a message and is none, or is too long.
    case trainerMisspoke(slot: Int, problem: String)
    /// The trainer's process has ended and its pipes are read to their ends.
    case trainerExited(slot: Int, status: Int?)
    /// The process could not be started at all.
    case trainerDidNotStart(slot: Int, problem: String)
    /// The checkpoint that the slot's run is to continue from could not be written, and the trainer was told nothing.
    case notBegun(slot: Int, problem: String)
    case checkpointRead(slot: Int, step: Int, bytes: [UInt8])
    case checkpointUnreadable(slot: Int, step: Int, problem: String)
    /// The report of this number, and those after it, are not on disk, though they were to be kept there.
    case keepFailed(from: Int)
    /// Somebody wants the worker to end within the grace period.
    case interrupted(grace: Duration)
    case timePassed
  }

  /// What the shell is to do.
  public enum Effect: Hashable, Sendable {
    case send(WorkerMessage)
    /// Close the socket and open another, then say `connected`.
    case openFreshSocket
    case startTrainer(slot: Int)
    /// Write the checkpoint's bytes, if any, to a file of the slot, name it in the order, and tell the
    /// trainer to run it.
    case run(slot: Int, RunOrder, checkpoint: [UInt8]?)
    case tell(slot: Int, TrainerCommand)
    /// End the process and its group at once; its exit is still reported.
    case killTrainer(slot: Int)
    /// Read this file, remove it, and say `checkpointRead` or `checkpointUnreadable`.
    case readCheckpoint(slot: Int, step: Int, file: String)
    /// Keep these on disk, beside what is there: should this process end, the next one delivers them.
    ///
    /// If they cannot be, say `keepFailed`, and keep nothing that comes before that is heard: what is on disk must have no gap.
    case keep([Report])
    /// All that was kept on disk is durable at the coordinator: remove it.
    case forgetKept
    case tellUser(String)
    /// Close trainers and socket, and end the process.
    case finished(Outcome)
  }

  /// Why the worker ends.
  public enum Outcome: Hashable, Sendable {
    /// The coordinator has no more work.
    case done
    case interrupted
    /// Its end time is near; what it computed is saved and handed back.
    case left
    /// The coordinator does not want this worker, for this reason.
    case refused(String)
    /// The coordinator was silent for too long.
    case gaveUp
    /// No trainer could be started, for this reason.
    case noTrainer(String)
  }

  /// Who the worker is, its periods and limits.
  public struct Settings: Hashable, Sendable {
    public var worker: WorkerID
    public var epoch: UInt64
    public var softwareVersion: String
    public var host: String
    public var slots: Int
    public var blasKernels: String
    /// Used until the coordinator says its own.
    public var heartbeatInterval: Duration = .seconds(1)
    /// After this many heartbeat intervals without a word a fresh socket is opened.
    public var silentIntervalsMax = 4
    /// When it has to be gone; nil if it knows of no end.
    public var leavesAt: MonotonicInstant?
    /// How long before that it begins to save and hand back what it computes.
    public var grace: Duration = .seconds(8)
    /// How often its trainers save a run.
    public var checkpointInterval: Duration = .seconds(60)
    /// The worker ends after this much silence; nil: never.
    public var giveUpAfter: Duration?
    /// How long a report may wait for others to be sent with.
    public var reportDelay: Duration = .milliseconds(5)
    /// How often what waits is kept on disk while the coordinator is silent.
    public var keepInterval: Duration = .seconds(5)
    /// A trainer is hung no earlier than this after its last word.
    public var hungAfter: Duration = .seconds(60)
    /// Bytes of unacknowledged reports, about, beyond which trainers are no longer listened to.
    public var keptBytesMax = 256 << 20

    public init(
      worker: WorkerID, epoch: UInt64, softwareVersion: String, host: String, slots: Int,
      blasKernels: String
    ) {
      self.worker = worker
      self.epoch = epoch
      self.softwareVersion = softwareVersion
      self.host = host
      self.slots = slots
      self.blasKernels = blasKernels
    }
  }
}

public import Experiments

/// What a worker tells the coordinator.
public struct WorkerMessage: Hashable, Sendable {
  public var worker: WorkerID
  /// Drawn anew whenever the worker's process starts.
  public var epoch: UInt64
  public var body: Body

  /// The kinds of message.
  public enum Body: Hashable, Sendable {
    /// Sent first on every connection, and again until it is answered.
    case hello(WorkerDescription, Delivery)
    case heartbeat([HeldLease], freeSlots: Int, Delivery)
    /// In the order of their sequence numbers.
    case reports([Report], Delivery)
    /// The worker ends; it holds nothing any more.
    case goodbye
  }

  public init(worker: WorkerID, epoch: UInt64, body: Body) {
    self.worker = worker
    self.epoch = epoch
    self.body = body
  }
}

/// Who a worker is.
public struct WorkerDescription: Hashable, Sendable {
  public var protocolVersion: Int
  public var softwareVersion: String
  /// How many trainers it runs side by side.
  public var slots: Int
  public var provenance: Provenance
  /// How long from now it takes runs before it leaves; nil if it knows of no end.
  public var stays: Duration?
  /// How often its trainers save a run.
  public var checkpointInterval: Duration

  public init(
    protocolVersion: Int = WireCodec.protocolVersion, softwareVersion: String, slots: Int,
    provenance: Provenance, stays: Duration? = nil, checkpointInterval: Duration = .seconds(60)
  ) {
    self.protocolVersion = protocolVersion
    self.softwareVersion = softwareVersion
    self.slots = slots
    self.provenance = provenance
    self.stays = stays
    self.checkpointInterval = checkpointInterval
  }
}

/// Where a worker stands with the delivery of its reports.
public struct Delivery: Hashable, Sendable {
  /// Everything before this sequence number has been acknowledged.
  public var firstKept: Int
  /// The highest sequence number sent so far on this connection, 0 for none.
  public var lastSent: Int

  public init(firstKept: Int, lastSent: Int) {
    self.firstKept = firstKept
    self.lastSent = lastSent
  }
}

/// A lease that a worker holds, until the end of its run is acknowledged.
public struct HeldLease: Hashable, Sendable {
  public var lease: LeaseID
  public var run: RunKey
  public var attempt: Int
  /// The last step that the trainer reported.
  public var step: Int

  public init(lease: LeaseID, run: RunKey, attempt: Int, step: Int) {
    self.lease = lease
    self.run = run
    self.attempt = attempt
    self.step = step
  }
}

/// One thing that happened to a leased run, kept by the worker until it is acknowledged.
public struct Report: Hashable, Sendable {
  /// 1, 2, 3… within the worker's epoch.
  public var sequence: Int
  public var lease: LeaseID
  public var run: RunKey
  public var attempt: Int
  public var content: Content

  /// What happened.
  public enum Content: Hashable, Sendable {
    case records([RunRecord])
    case checkpoint(step: Int, bytes: [UInt8])
    /// The result, and how long the trainer took for it.
    case finished(RunSummary, elapsed: Duration)
    case failed(reason: String, exitStatus: Int?, logTail: String)
    /// The file of this parameter is not on the worker's machine.
    case refused(input: String, reason: String)
    /// The worker cannot take the checkpoint that the run goes on from, and has not begun.
    case notContinued(reason: String)
    /// The worker no longer computes it, through no fault of the run's.
    case givenBack
  }

  public init(sequence: Int, lease: LeaseID, run: RunKey, attempt: Int, content: Content) {
    self.sequence = sequence
    self.lease = lease
    self.run = run
    self.attempt = attempt
    self.content = content
  }
}

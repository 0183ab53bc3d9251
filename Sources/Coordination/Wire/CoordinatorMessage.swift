public import Experiments
public import OrderedCollections

/// What the coordinator tells a worker.
public enum CoordinatorMessage: Hashable, Sendable {
  /// Answers a hello; reports after `received` are to be sent again.
  case welcome(heartbeatInterval: Duration, leaseDuration: Duration, received: Int)
  /// One sentence for the user; the worker ends unless it may try again.
  case refused(String, mayRetry: Bool)
  /// The coordinator does not know this worker (it was restarted): say hello.
  case introduceYourself
  case grants([DeliveredGrant])
  /// Answers a heartbeat.
  case heartbeatAnswer(HeartbeatAnswer)
  /// Every report up to this sequence number is durable.
  case acknowledged(through: Int)
  /// Nobody wants these runs any more.
  case withdraw([LeaseID])
  /// There is no more work: give back what is left within the grace period, and end.
  case stop(grace: Duration)
}

/// What the coordinator knows of a worker, in answer to its heartbeat: the resync.
public struct HeartbeatAnswer: Hashable, Sendable {
  /// Of the leases listed, those that are the worker's.
  public var believed: [LeaseID]
  /// Of the leases listed, those that it must stop: they are not its own and never will be again.
  public var stop: [LeaseID]
  /// Reports up to here have arrived, but need not be durable yet.
  public var received: Int
  public var acknowledged: Int
  /// What the heartbeat said, so that the worker can tell a gap from reports on their way.
  public var lastSent: Int

  public init(
    believed: [LeaseID], stop: [LeaseID], received: Int, acknowledged: Int, lastSent: Int
  ) {
    self.believed = believed
    self.stop = stop
    self.received = received
    self.acknowledged = acknowledged
    self.lastSent = lastSent
  }
}

/// One run handed out under a lease.
public struct Grant: Hashable, Sendable {
  public var lease: LeaseID
  public var attempt: Int
  /// The configuration's key.
  public var run: RunKey
  public var configuration: Configuration
  /// Paths of the input files, by the name of the parameter they belong to.
  public var files: OrderedDictionary<String, String>
  public var request: Request
  public var continuation: Continuation?

  /// Makes a grant; the configuration's key is made only where it is not known.
  public init(
    lease: LeaseID, attempt: Int, run: RunKey? = nil, configuration: Configuration,
    files: OrderedDictionary<String, String>, request: Request, continuation: Continuation? = nil
  ) {
    self.lease = lease
    self.attempt = attempt
    self.run = run ?? configuration.key
    self.configuration = configuration
    self.files = files
    self.request = request
    self.continuation = continuation
  }
}

/// The checkpoint that a run continues from, by reference into the store.
public struct Continuation: Hashable, Sendable {
  /// The attempt that wrote the checkpoint.
  public var parent: Int
  public var step: Int

  public init(parent: Int, step: Int) {
    self.parent = parent
    self.step = step
  }
}

/// A grant with the bytes of the checkpoint that it refers to.
public struct DeliveredGrant: Hashable, Sendable {
  public var grant: Grant
  /// Nil exactly when the grant continues nothing.
  public var checkpoint: [UInt8]?

  public init(grant: Grant, checkpoint: [UInt8]? = nil) {
    self.grant = grant
    self.checkpoint = checkpoint
  }
}

/// One try at computing a run, on one worker, under one lease.
///
/// Curves belong to attempts. An attempt that continues another one names it as its parent, with the
/// step of the checkpoint it starts from; the chain of parents up to an accepted attempt is the curve.
public struct Attempt: Hashable, Sendable {
  public var run: RunKey
  /// 1, 2, 3… within the run.
  public var number: Int
  /// The attempt of the same run that this one continues, if any.
  public var parent: Int?
  /// The step of the checkpoint that it starts from; 0 without a parent.
  public var startStep: Int
  public var lease: LeaseID
  public var worker: WorkerID
  /// Where it was computed and with what: provenance, not identity.
  public var provenance: Provenance

  public init(
    run: RunKey, number: Int, parent: Int? = nil, startStep: Int = 0, lease: LeaseID,
    worker: WorkerID, provenance: Provenance
  ) {
    self.run = run
    self.number = number
    self.parent = parent
    self.startStep = startStep
    self.lease = lease
    self.worker = worker
    self.provenance = provenance
  }
}

/// The machine and the software that computed something.
public struct Provenance: Hashable, Sendable {
  public var host: String
  /// What the trainer calls itself, with its version.
  public var trainer: String
  /// The BLAS kernel set, as the library names it.
  public var blasKernels: String

  public init(host: String, trainer: String, blasKernels: String) {
    self.host = host
    self.trainer = trainer
    self.blasKernels = blasKernels
  }
}

/// How an attempt ended without a result.
public enum AttemptEnd: Hashable, Sendable {
  /// The trainer failed: one sentence, its exit status if it ended, the last lines that it printed.
  case failed(reason: String, exitStatus: Int?, logTail: String)
  /// The lease expired: its worker fell silent, and the run may be why.
  case lost
  /// The worker handed it back, or nobody wanted it any more: nothing speaks against the run.
  case withdrawn
  /// The worker has not got an input file of the run.
  case refused(reason: String)
}

/// One thing that the coordinator asks the store to make durable; all of a batch, or nothing of it.
public enum StoreChange: Hashable, Sendable {
  /// Comes before the grant is sent.
  case openAttempt(Attempt)
  /// Rows that are there already, by (run, attempt, step), stay as they are.
  case addRecords(RunKey, attempt: Int, [RunRecord])
  /// A checkpoint's bytes; older ones of the same run go once it is in.
  case addCheckpoint(RunKey, attempt: Int, step: Int, [UInt8])
  /// The run has its result: keeps the attempt's chain of parents, deletes all other curves.
  case accept(RunKey, attempt: Int, RunSummary)
  case endAttempt(RunKey, attempt: Int, AttemptEnd)
  /// The run is given up; it can be tried again by hand.
  case fail(RunKey, reason: String)
  /// A run that was given up is tried again.
  case reopen(RunKey)
  /// Nobody wants the sweep to be computed; its results stay.
  case cancelSweep(String)
  /// No sweep wants these runs any more; what they have of results stays.
  case cancelRuns([RunKey])
  /// Every sweep that these runs belong to wants them again.
  case reviveRuns([RunKey])
}

import Coordination
import Experiments

/// A store in memory that holds the coordinator to what a store may be asked.
///
/// It is the checker, too: it knows the sweeps, what was stored, and which process computed what.
struct SimulatedStore {
  struct StoredAttempt {
    var attempt: Attempt
    var state = RestoredAttempt.State.open
    var rows: [Int: RunRecord] = [:]
  }

  struct StoredRun {
    let configuration: Configuration
    var wanted: [Request] = []
    var result: (summary: RunSummary, attempt: Int)?
    var failure: String?
    /// The last attempt that there was when the result was accepted.
    var supersededThrough = 0
    var attempts: [Int: StoredAttempt] = [:]
    var checkpoint: (at: Continuation, bytes: [UInt8])?

    func count(_ state: RestoredAttempt.State) -> Int {
      attempts.values.count { $0.state == state }
    }

    var isAnswered: Bool {
      guard let result else { return false }
      return wanted.allSatisfy { $0.isCovered(by: result.summary) }
    }
  }

  /// From what a process went on: the process that computed the checkpoint, and its step.
  struct Origin: Hashable {
    var computation: Int
    var step: Int
  }

  private(set) var runs: [RunKey: StoredRun] = [:]
  /// By process; a process that is not here began at step 0.
  var origins: [Int: Origin] = [:]
  /// The attempts that some worker said have failed, by run.
  var saidFailed: [RunKey: Set<Int>] = [:]
  private var registered: Set<String> = []
  private(set) var highestLease = LeaseID(0)
  private(set) var violations: [String] = []

  /// A sweep is registered before the coordinator hears of it.
  mutating func register(_ sweep: SimulationPlan.PlannedSweep) {
    registered.insert(sweep.name)
    for configuration in sweep.runs {
      runs[configuration.key, default: StoredRun(configuration: configuration)].wanted
        .append(sweep.request)
    }
  }

  func hasRegistered(_ sweep: SimulationPlan.PlannedSweep) -> Bool {
    registered.contains(sweep.name)
  }

  mutating func commit(_ changes: [StoreChange]) {
    for change in changes { apply(change) }
  }

  private mutating func apply(_ change: StoreChange) {
    switch change {
    case .openAttempt(let attempt): open(attempt)
    case .addRecords(let key, let number, let records):
      guard runs[key]?.attempts[number] != nil else {
        return violations.append("records of attempt \(number), which does not exist")
      }
      for record in records where runs[key]?.attempts[number]?.rows[record.step] == nil {
        runs[key]?.attempts[number]?.rows[record.step] = record
      }
    case .addCheckpoint(let key, let number, let step, let bytes):
      guard runs[key]?.attempts[number] != nil else {
        return violations.append("a checkpoint of attempt \(number), which does not exist")
      }
      let place = Continuation(parent: number, step: step)
      if let known = runs[key]?.checkpoint?.at,
        (known.parent, known.step) >= (place.parent, place.step)
      {
        return
      }
      runs[key]?.checkpoint = (place, bytes)
    case .accept(let key, let number, let summary): accept(key, number, summary)
    case .endAttempt(let key, let number, let end):
      guard runs[key]?.attempts[number]?.state == .open else { return }
      switch end {
      case .failed:
        if saidFailed[key]?.contains(number) != true {
          violations.append("attempt \(number) counts as failed, and nobody said so")
        }
        runs[key]?.attempts[number]?.state = .failed
      case .lost: runs[key]?.attempts[number]?.state = .lost
      case .withdrawn: runs[key]?.attempts[number]?.state = .withdrawn
      }
    case .fail(let key, let reason):
      if runs[key]?.isAnswered == true {
        violations.append("run \(key.abbreviation) failed after it had finished")
      }
      runs[key]?.failure = reason
    case .reopen(let key): runs[key]?.failure = nil
    case .cancelSweep, .cancelRuns, .reviveRuns: violations.append("nobody asked for \(change)")
    }
  }

  private mutating func open(_ attempt: Attempt) {
    guard let run = runs[attempt.run] else {
      return violations.append("an attempt at a run that does not exist")
    }
    if attempt.lease <= highestLease { violations.append("lease \(attempt.lease) is not new") }
    highestLease = max(highestLease, attempt.lease)
    if run.attempts[attempt.number] != nil {
      violations.append("attempt \(attempt.number) exists already")
    }
    if run.attempts.values.contains(where: { $0.state == .open }) {
      violations.append("attempt \(attempt.number) while another one is open")
    }
    if run.isAnswered || run.failure != nil {
      violations.append("an attempt at a run that has ended")
    }
    if let parent = attempt.parent,
      run.checkpoint?.at != Continuation(parent: parent, step: attempt.startStep)
    {
      violations.append("attempt \(attempt.number) continues from what is not in the store")
    }
    runs[attempt.run]?.attempts[attempt.number] = StoredAttempt(attempt: attempt)
  }

  private mutating func accept(_ key: RunKey, _ number: Int, _ summary: RunSummary) {
    guard let run = runs[key], run.attempts[number] != nil else {
      return violations.append("the result of attempt \(number), which does not exist")
    }
    if run.isAnswered { violations.append("run \(key.abbreviation) was accepted twice") }
    let request = Request(
      maxSteps: summary.steps, stopsWhenConverged: true, thresholds: Thresholds())
    if summary != SimulatedScience.summary(of: run.configuration, request) {
      violations.append("run \(key.abbreviation) has a result that nobody computed")
    }
    // A result that says no more than the one that is there changes nothing.
    if let result = run.result, result.summary.steps >= summary.steps { return }
    runs[key]?.result = (summary, number)
    runs[key]?.supersededThrough = run.attempts.keys.max() ?? 0
    runs[key]?.attempts[number]?.state = .accepted
    let chain = chain(of: number, in: run)
    let kept = Set(chain.map(\.attempt.number))
    for other in run.attempts.keys where !kept.contains(other) {
      runs[key]?.attempts[other]?.rows = [:]
    }
    if let checkpoint = run.checkpoint, !kept.contains(checkpoint.at.parent) {
      runs[key]?.checkpoint = nil
    }
    violations += curveViolations(of: key)
  }

  // MARK: Restoring

  func restored(_ configuration: Configuration) -> RestoredRun {
    let key = configuration.key
    guard let run = runs[key] else { return RestoredRun(configuration: configuration, key: key) }
    var status = RestoredRun.Status.open
    if let result = run.result { status = .finished(result.summary, attempt: result.attempt) }
    if let failure = run.failure { status = .failed(reason: failure) }
    let attempts = run.attempts.values.sorted { $0.attempt.number < $1.attempt.number }
    return RestoredRun(
      configuration: configuration, key: key, status: status,
      attempts: attempts.map { stored in
        RestoredAttempt(
          number: stored.attempt.number, parent: stored.attempt.parent,
          startStep: stored.attempt.startStep, lease: stored.attempt.lease,
          worker: stored.attempt.worker, host: stored.attempt.provenance.host,
          state: stored.state)
      }, checkpoint: run.checkpoint?.at)
  }

  func hasAttempt(_ lease: LeaseID, _ key: RunKey, _ number: Int) -> Bool {
    runs[key]?.attempts[number]?.attempt.lease == lease
  }

  /// The attempt and those that it continues, the first one first.
  func chain(of number: Int, in run: StoredRun) -> [StoredAttempt] {
    var chain: [StoredAttempt] = []
    var next: Int? = number
    while let current = next, let attempt = run.attempts[current] {
      chain.append(attempt)
      next = attempt.attempt.parent
    }
    return chain.reversed()
  }
}

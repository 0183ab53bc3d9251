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
    /// What every sweep that has the run asks for, a cancelled one included.
    var requests: [String: Request] = [:]
    var result: (summary: RunSummary, attempt: Int)?
    var failure: String?
    /// The last attempt that there was when it was opened again.
    var retriedAfter = 0
    /// The last attempt that there was when the result was accepted.
    var supersededThrough = 0
    var attempts: [Int: StoredAttempt] = [:]
    var checkpoint: (at: Continuation, bytes: [UInt8])?

    func count(_ state: RestoredAttempt.State) -> Int {
      attempts.values.count { $0.state == state }
    }

    var isAnswered: Bool { requests.values.allSatisfy(answers) }

    func answers(_ request: Request) -> Bool {
      result.map { request.isCovered(by: $0.summary) } ?? false
    }

    /// Whether another attempt has given the run its result since this one began.
    func isSuperseded(_ number: Int) -> Bool {
      number <= supersededThrough && number != result?.attempt
    }
  }

  struct StoredSweep {
    var request: Request
    var runs: [RunKey]
    var isCancelled = false
    var cancelledRuns: Set<RunKey> = []
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
  private(set) var sweeps: [String: StoredSweep] = [:]
  private(set) var highestLease = LeaseID(0)
  private(set) var violations: [String] = []

  /// A sweep is registered before the coordinator hears of it.
  mutating func register(_ sweep: SimulationPlan.PlannedSweep, request: Request) {
    let keys = sweep.runs.map(\.key)
    sweeps[sweep.name, default: StoredSweep(request: request, runs: keys)].request = request
    sweeps[sweep.name]?.isCancelled = false
    for configuration in sweep.runs {
      runs[configuration.key, default: StoredRun(configuration: configuration)]
        .requests[sweep.name] = request
    }
  }

  func hasRegistered(_ sweep: SimulationPlan.PlannedSweep) -> Bool { sweeps[sweep.name] != nil }

  /// What a sweep asks for; the whole of its runs where it is not known.
  func request(of sweep: String) -> Request? { sweeps[sweep]?.request }

  func isCancelled(_ sweep: String) -> Bool { sweeps[sweep]?.isCancelled ?? false }

  /// Whether some sweep that is not cancelled asks for more of a run than there is.
  func isToBeComputed(_ key: RunKey) -> Bool {
    guard let run = runs[key], run.failure == nil else { return false }
    return sweeps.contains { name, sweep in
      !sweep.isCancelled && !sweep.cancelledRuns.contains(key)
        && run.requests[name].map { !run.answers($0) } ?? false
    }
  }

  var hasRunsToCompute: Bool { runs.keys.contains(where: isToBeComputed) }

  func submission(of sweep: SimulationPlan.PlannedSweep) -> SweepSubmission {
    let stored = sweeps[sweep.name]
    return SweepSubmission(
      name: sweep.name, priority: sweep.priority, request: stored?.request ?? sweep.request,
      runs: sweep.runs.map { configuration in
        var run = restored(configuration)
        run.isCancelled = stored?.cancelledRuns.contains(run.key) ?? false
        return run
      }, isCancelled: stored?.isCancelled ?? false)
  }

  /// What a coordinator is told of runs that may be of none of its sweeps: those whose results may still come.
  func pending(_ configurations: [Configuration]) -> [RestoredRun] {
    configurations.filter { configuration in
      guard let run = runs[configuration.key] else { return false }
      return run.attempts.values.contains { attempt in
        attempt.state != .accepted && attempt.state != .failed
          && !run.isSuperseded(attempt.attempt.number)
      }
    }.map(restored)
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
      guard runs[key]?.isSuperseded(number) == false else { return }
      for record in records where runs[key]?.attempts[number]?.rows[record.step] == nil {
        runs[key]?.attempts[number]?.rows[record.step] = record
      }
    case .addCheckpoint(let key, let number, let step, let bytes):
      guard runs[key]?.attempts[number] != nil else {
        return violations.append("a checkpoint of attempt \(number), which does not exist")
      }
      guard runs[key]?.isSuperseded(number) == false else { return }
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
      case .withdrawn, .refused: runs[key]?.attempts[number]?.state = .withdrawn
      }
    case .fail(let key, let reason):
      if runs[key]?.isAnswered == true {
        violations.append("run \(key.abbreviation) failed after it had finished")
      }
      runs[key]?.failure = reason
    case .reopen(let key):
      let last = runs[key]?.attempts.keys.max()
      runs[key]?.failure = nil
      runs[key]?.retriedAfter = last ?? 0
    case .cancelSweep(let name): sweeps[name]?.isCancelled = true
    case .cancelRuns(let keys): setCancelled(keys) { $0.formUnion(keys) }
    case .reviveRuns(let keys): setCancelled(keys) { $0.subtract(keys) }
    }
  }

  private mutating func setCancelled(_ keys: [RunKey], _ change: (inout Set<RunKey>) -> Void) {
    for name in sweeps.keys {
      guard var sweep = sweeps[name] else { continue }
      change(&sweep.cancelledRuns)
      sweep.cancelledRuns.formIntersection(sweep.runs)
      sweeps[name] = sweep
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
    if !isToBeComputed(attempt.run) {
      violations.append("attempt \(attempt.number) at a run that nobody wants")
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
    if run.isSuperseded(number) {
      violations.append("the result of attempt \(number), whose records have gone")
    }
    let request = Request(
      maxSteps: summary.steps, stopsWhenConverged: true, thresholds: Thresholds())
    if summary != SimulatedScience.summary(of: run.configuration, request) {
      violations.append("run \(key.abbreviation) has a result that nobody computed")
    }
    // A result that says no more than the one that is there changes nothing.
    if let result = run.result, result.summary.steps >= summary.steps { return }
    runs[key]?.result = (summary, number)
    runs[key]?.failure = nil
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
    var restored = RestoredRun(
      configuration: configuration, key: key, status: status,
      attempts: attempts.map { stored in
        RestoredAttempt(
          number: stored.attempt.number, parent: stored.attempt.parent,
          startStep: stored.attempt.startStep, lease: stored.attempt.lease,
          worker: stored.attempt.worker, host: stored.attempt.provenance.host,
          state: stored.state, isSuperseded: run.isSuperseded(stored.attempt.number))
      }, checkpoint: run.checkpoint?.at)
    restored.retriedAfter = run.retriedAfter
    return restored
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

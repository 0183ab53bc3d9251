import Coordination
import Experiments

/// A store in memory that holds the coordinator to what a store may be asked.
struct SimulatedStore {
  struct StoredAttempt {
    var attempt: Attempt
    var state = RestoredAttempt.State.open
    var rows: [Int: RunRecord] = [:]
  }

  struct StoredRun {
    let configuration: Configuration
    var status = RestoredRun.Status.open
    var attempts: [Int: StoredAttempt] = [:]
    var checkpoint: (at: Continuation, bytes: [UInt8])?
    var failures = 0
    var losses = 0
    var isCancelled = false
  }

  private(set) var runs: [RunKey: StoredRun] = [:]
  private(set) var highestLease = LeaseID(0)
  private(set) var violations: [String] = []

  init(_ configurations: [Configuration]) {
    for configuration in configurations {
      runs[configuration.key] = StoredRun(configuration: configuration)
    }
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
      runs[key]?.checkpoint = (Continuation(parent: number, step: step), bytes)
    case .accept(let key, let number, let summary): accept(key, number, summary)
    case .endAttempt(let key, let number, let end):
      switch end {
      case .failed:
        runs[key]?.failures += 1
        runs[key]?.attempts[number]?.state = .failed
      case .lost:
        runs[key]?.losses += 1
        runs[key]?.attempts[number]?.state = .lost
      case .withdrawn: runs[key]?.attempts[number]?.state = .withdrawn
      }
    case .fail(let key, let reason):
      if case .finished = runs[key]?.status {
        violations.append("run \(key.abbreviation) failed after it had finished")
      }
      runs[key]?.status = .failed(reason: reason)
    case .reopen(let key):
      if case .failed = runs[key]?.status { runs[key]?.status = .open }
    case .cancelRuns(let keys): for key in keys { runs[key]?.isCancelled = true }
    case .reviveRuns(let keys): for key in keys { runs[key]?.isCancelled = false }
    case .cancelSweep: break
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
    if run.status != .open { violations.append("an attempt at a run that has ended") }
    if let parent = attempt.parent,
      run.checkpoint?.at != Continuation(parent: parent, step: attempt.startStep)
    {
      violations.append("attempt \(attempt.number) continues from what is not in the store")
    }
    runs[attempt.run]?.attempts[attempt.number] = StoredAttempt(attempt: attempt)
  }

  private mutating func accept(_ key: RunKey, _ number: Int, _ summary: RunSummary) {
    guard let run = runs[key] else { return }
    if run.status != .open { violations.append("run \(key.abbreviation) was accepted twice") }
    if summary != SimulatedScience.summary(of: run.configuration) {
      violations.append("run \(key.abbreviation) has a result that nobody computed")
    }
    runs[key]?.status = .finished(summary, attempt: number)
    runs[key]?.attempts[number]?.state = .accepted
    let chain = Set(chain(of: number, in: run).map(\.attempt.number))
    for other in run.attempts.keys where !chain.contains(other) {
      runs[key]?.attempts[other]?.rows = [:]
    }
    let curve = curve(of: number, in: run)
    if curve != SimulatedScience.curve(of: run.configuration) {
      violations.append(
        "run \(key.abbreviation) was accepted with a curve of steps \(curve.map(\.step))")
    }
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

  /// Every attempt's rows up to where the next one continues.
  func curve(of number: Int, in run: StoredRun) -> [RunRecord] {
    let chain = chain(of: number, in: run)
    var curve: [RunRecord] = []
    for (index, attempt) in chain.enumerated() {
      let end = index + 1 < chain.count ? chain[index + 1].attempt.startStep : .max
      curve += attempt.rows.values.filter { $0.step <= end }.sorted { $0.step < $1.step }
    }
    return curve
  }

  func restored(_ configuration: Configuration) -> RestoredRun {
    guard let run = runs[configuration.key] else {
      return RestoredRun(configuration: configuration)
    }
    let attempts = run.attempts.values.sorted { $0.attempt.number < $1.attempt.number }
    return RestoredRun(
      configuration: configuration, status: run.status,
      attempts: attempts.map { stored in
        RestoredAttempt(
          number: stored.attempt.number, parent: stored.attempt.parent,
          startStep: stored.attempt.startStep, lease: stored.attempt.lease,
          worker: stored.attempt.worker, state: stored.state)
      }, checkpoint: run.checkpoint?.at, isCancelled: run.isCancelled)
  }

  func hasOpenAttempt(_ lease: LeaseID, _ key: RunKey, _ number: Int) -> Bool {
    runs[key]?.attempts[number]?.attempt.lease == lease
  }

  /// Whether what a worker was told is durable has left its mark.
  func holds(_ report: Report) -> Bool {
    guard let run = runs[report.run] else { return false }
    // Nothing of a run that has ended needs to be kept but its accepted chain, which is checked whole.
    guard run.status == .open else { return true }
    switch report.content {
    case .records(let records):
      let rows = run.attempts[report.attempt]?.rows ?? [:]
      return records.allSatisfy { rows[$0.step] == $0 }
    case .finished: return false
    case .checkpoint, .failed, .givenBack: return true
    }
  }

  /// Says what a simulation that has ended leaves to be desired.
  func finalViolations() -> [String] {
    var found = violations
    for run in runs.values.sorted(by: { $0.configuration.key < $1.configuration.key }) {
      switch run.status {
      case .open: found.append("run \(run.configuration.key.abbreviation) never ended")
      case .failed:
        let isDeserved = run.failures > 3 || run.losses >= 10
        if !isDeserved { found.append("a run was given up after \(run.failures) failures") }
      case .finished:
        if SimulatedScience.isHopeless(run.configuration) {
          found.append("a hopeless run finished")
        }
      }
    }
    return found
  }
}

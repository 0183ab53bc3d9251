import BitCollections
import Experiments
import OrderedCollections

extension Coordinator {
  /// Takes in a sweep: reuses what is known, withholds what may be running, queues the rest.
  ///
  /// A sweep of a known name takes that one's place, unless it is a part of it.
  mutating func submit(_ submission: SweepSubmission, at now: MonotonicInstant) {
    let wantedBefore = sweeps.first { $0.name == submission.name }.map(Self.wantedSet(of:))
    // The next runs may stand beside others in the table and be nothing like them.
    resembling = nil
    let (sweep, former) = makeRoom(for: submission)
    rankSeeds(of: submission, sweep: sweep)
    let grid = submission.grid.map { runs.append($0) }
    runs.reserve(submission.runs.count)
    sweeps[sweep].runs.reserveCapacity(submission.runs.count)
    for restored in submission.runs {
      let group = sweeps[sweep].group(ofSeed: submission.seed(of: restored))
      let isWanted = !submission.isCancelled && !restored.isCancelled
      let run: Int
      if let known = runs.index(of: restored.key) {
        run = known
        let isNew = sweeps[sweep].members.insert(run).inserted
        if isNew { sweeps[sweep].runs.append(Int32(run)) }
        // Its files are looked for where they were said to be last.
        if isWanted || runs[run].sweep == RunTable.State.noSweep {
          runs.update(run) { $0.sweep = sweep }
        }
        if runs[run].phase == .cancelled, case .failed = restored.status {
          // It was recalled, and nobody gave it up again.
          runs.setPhase(.failed, of: run)
        }
        guard isWanted else {
          sweeps[sweep].cancelledRuns.insert(Int32(run))
          noteGivenUp(run, restored, submission.request)
          continue
        }
        let isRevived = sweeps[sweep].cancelledRuns.remove(Int32(run)) != nil
        if isNew || isRevived { runs.update(run) { $0.wanted += 1 } }
        share(run, restored, group, submission.request, at: now)
      } else {
        run = restore(
          restored, of: grid, group, sweep: sweep, request: submission.request, at: now)
        sweeps[sweep].members.insert(run)
        sweeps[sweep].runs.append(Int32(run))
        if isWanted {
          runs.update(run) { $0.wanted = 1 }
        } else {
          sweeps[sweep].cancelledRuns.insert(Int32(run))
          if case .leased = runs[run].phase { undecided.append(run) } else { drop(run) }
        }
      }
    }
    for run in former { drop(Int(run)) }
    relax(former.filter { !sweeps[sweep].members.contains(Int($0)) })
    countOpenRuns(of: sweep)
    // What changes nothing is said again, perhaps because the answer was lost: it has no end of its own.
    if hasOpenRuns || Self.wantedSet(of: sweeps[sweep]) != wantedBefore { saidComplete = false }
    wakeSessions()
    // More sweeps may follow before it is time to ask whether all have ended.
    endDue = now
  }

  private static func wantedSet(of sweep: KnownSweep) -> BitSet {
    BitSet(sweep.wantedRuns.lazy.map(Int.init))
  }

  /// The place of a sweep among the known ones, and the runs that one of its name wanted until now.
  private mutating func makeRoom(for submission: SweepSubmission) -> (Int, former: [Int32]) {
    guard let sweep = sweeps.firstIndex(where: { $0.name == submission.name }) else {
      sweeps.append(
        KnownSweep(
          name: submission.name, arrival: submission.arrival ?? sweeps.count,
          priority: submission.priority, request: submission.request,
          files: submission.files, isCancelled: submission.isCancelled))
      return (sweeps.count - 1, [])
    }
    sweeps[sweep].files = submission.files
    sweeps[sweep].priority = submission.priority
    sweeps[sweep].request = submission.request
    sweeps[sweep].openBySeed = [:]
    if submission.isPart, !sweeps[sweep].isCancelled { return (sweep, []) }
    let former = sweeps[sweep].wantedRuns
    for run in former { runs.update(Int(run)) { $0.wanted -= 1 } }
    sweeps[sweep].runs = []
    sweeps[sweep].members = []
    sweeps[sweep].seedRanks = [:]
    sweeps[sweep].cancelledRuns = []
    sweeps[sweep].isCancelled = submission.isCancelled
    return (sweep, former)
  }

  /// Ranks the seeds of a submission; a part of a sweep is hastened by being named.
  private mutating func rankSeeds(of submission: SweepSubmission, sweep: Int) {
    let ascending = Set(submission.runs.lazy.compactMap(submission.seed)).sorted { left, right in
      switch (left.number, right.number) {
      case (let left?, let right?): left < right
      default: left.description < right.description
      }
    }
    for (rank, seed) in ascending.enumerated() {
      sweeps[sweep].seedRanks[seed] = min(rank, sweeps[sweep].seedRanks[seed] ?? rank)
    }
  }

  private mutating func restore(
    _ restored: RestoredRun, of grid: Int?, _ group: Schedule.Group, sweep: Int, request: Request,
    at now: MonotonicInstant
  ) -> Int {
    var state = RunTable.State(
      key: restored.key, phase: .finished, group: group, sweep: sweep,
      request: runs.number(of: request))
    state.lastAttempt = restored.lastAttempt
    state.failures = restored.failures
    // Losses are not restored: an attempt given back on an interruption looks the same in a store.
    switch restored.status {
    case .failed:
      state.phase = .failed
      let run = runs.append(state, restored.source, of: grid)
      remember(restored.attempts, of: run)
      return run
    case .answered:
      return appendAnswered(state, restored, of: grid)
    case .finished(let summary, let attempt):
      if request.isCovered(by: summary) { return appendAnswered(state, restored, of: grid) }
      state.failures = 0
      state.checkpoint = continuation(of: restored, attempt, summary, for: request)
      let run = runs.append(state, restored.source, of: grid)
      shortResults[run] = summary
      reopen(run, restored.attempts, at: now)
      return run
    case .open:
      state.checkpoint = restored.checkpoint
      let run = runs.append(state, restored.source, of: grid)
      reopen(run, restored.attempts, at: now)
      return run
    }
  }

  /// Keeps what has to be known of runs that no sweep wants, should a result of one come.
  mutating func recall(_ recalled: [RestoredRun]) {
    let request = runs.number(of: .anything)
    for restored in recalled {
      if let known = runs.index(of: restored.key) {
        // One with a result that answers every sweep came without its attempts.
        if runs[known].phase == .finished { remember(restored.attempts, of: known) }
        continue
      }
      var state = RunTable.State(
        key: restored.key, phase: .cancelled,
        group: Schedule.Group(priority: 0, arrival: 0, seedRank: 0), sweep: RunTable.State.noSweep,
        request: request)
      state.lastAttempt = restored.lastAttempt
      state.failures = restored.failures
      state.checkpoint = restored.checkpoint
      let run = runs.append(state, restored.source, of: nil)
      if case .finished(let summary, _) = restored.status { shortResults[run] = summary }
      // It is gone on with if a sweep brings the run.
      if let open = restored.attempts.last(where: { $0.state == .open }) { dormant[run] = open }
      remember(restored.attempts, of: run)
    }
  }

  private mutating func appendAnswered(
    _ state: RunTable.State, _ restored: RestoredRun, of grid: Int?
  ) -> Int {
    var state = state
    state.isReused = true
    let run = runs.append(state, restored.source, of: grid)
    if let open = restored.attempts.last(where: { $0.state == .open }) { dormant[run] = open }
    // A longer request may have begun them that is heard of later, or not any more.
    remember(restored.attempts, of: run)
    return run
  }

  /// The checkpoint that a longer request continues from, unless it asks for what was not recorded.
  func endState(
    _ checkpoint: Continuation?, of attempt: Int, _ summary: RunSummary, for request: Request
  ) -> Continuation? {
    guard let checkpoint, checkpoint.parent == attempt else { return nil }
    let losses = request.thresholds.loss.allSatisfy {
      summary.crossings.isRecorded(.trainLoss, $0) && summary.crossings.isRecorded(.testLoss, $0)
    }
    let accuracies = request.thresholds.accuracy.allSatisfy {
      summary.crossings.isRecorded(.trainAccuracy, $0)
        && summary.crossings.isRecorded(.testAccuracy, $0)
    }
    return losses && accuracies ? checkpoint : nil
  }

  /// What a longer request goes on from: an attempt at it may have come further than the result.
  private func continuation(
    of restored: RestoredRun, _ attempt: Int, _ summary: RunSummary, for request: Request
  ) -> Continuation? {
    if let checkpoint = restored.checkpoint, checkpoint.parent > attempt { return checkpoint }
    return endState(restored.checkpoint, of: attempt, summary, for: request)
  }

  private mutating func reopen(_ run: Int, _ attempts: [RestoredAttempt], at now: MonotonicInstant)
  {
    remember(attempts, of: run)
    for attempt in attempts where attempt.state == .failed {
      if let host = attempt.host { nodes.recall(run, failedOn: nodes.number(of: host)) }
    }
    guard let last = attempts.last(where: { $0.state == .open }), !disowned.contains(last.lease)
    else { return wait(run) }
    runs.setPhase(.leased(last.lease), of: run)
    leases.add(
      LeaseTable.Lease(
        run: run, attempt: last.number, worker: last.worker,
        state: .withheld(expires: now + settings.leaseDuration)), as: last.lease)
  }

  /// Attempts whose results may still come.
  private mutating func remember(_ attempts: [RestoredAttempt], of run: Int) {
    for attempt in attempts {
      nextLease = max(nextLease, attempt.lease.rawValue + 1)
      guard attempt.state != .accepted, !attempt.isSuperseded,
        runs.attempt(attempt.number, of: run) == nil
      else { continue }
      runs.remember(RunTable.KnownAttempt(attempt), of: run)
    }
  }

  /// A run that is known already is asked for by another sweep, too, or again.
  private mutating func share(
    _ run: Int, _ restored: RestoredRun, _ group: Schedule.Group, _ request: Request,
    at now: MonotonicInstant
  ) {
    let known = runs.request(of: run)
    // What a sweep asked for that wants it no more is not asked for any more.
    let demand = runs[run].wanted == 1 ? nil : demand(for: run)
    let merged = demand?.request ?? request
    let number = runs.number(of: merged)
    runs.update(run) { state in
      state.request = number
      state.group = demand?.group ?? group
      state.lastAttempt = max(state.lastAttempt, restored.lastAttempt)
    }
    if case .answered = restored.status { return settleAsAnswered(run) }
    switch runs[run].phase {
    case .waiting:
      wait(run)
      settle(run)
    case .cancelled:
      if case .finished(let summary, let attempt) = restored.status, unsettled[run] == nil {
        let checkpoint = continuation(of: restored, attempt, summary, for: merged)
        runs.update(run) { $0.checkpoint = checkpoint }
        shortResults[run] = summary
      }
      guard let attempt = dormant.removeValue(forKey: run) else { return takeUp(run) }
      countOpening(of: run)
      reopen(run, [attempt], at: now)
      settle(run)
    case .finished:
      guard merged != known else { return }
      if let result = unsettled[run] {
        // The store does not show it yet.
        guard !request.isCovered(by: result.summary) else { return }
        let checkpoint = endState(
          runs[run].checkpoint, of: result.attempt, result.summary, for: merged)
        runs.update(run) { $0.checkpoint = checkpoint }
        shortResults[run] = result.summary
      } else if case .finished(let summary, let attempt) = restored.status {
        guard !request.isCovered(by: summary) else { return }
        let checkpoint = continuation(of: restored, attempt, summary, for: merged)
        runs.update(run) { $0.checkpoint = checkpoint }
        shortResults[run] = summary
      } else if merged.thresholds != known.thresholds {
        runs.update(run) { $0.checkpoint = nil }
      }
      countOpening(of: run)
      reopen(run, dormant.removeValue(forKey: run).map { [$0] } ?? [], at: now)
    case .leased: settle(run)
    case .failed: settle(run)
    }
  }

  /// What is known of a run that its sweep has given up.
  private mutating func noteGivenUp(_ run: Int, _ restored: RestoredRun, _ request: Request) {
    guard runs[run].phase == .finished else { return }
    // The store does not show the last results yet.
    if let result = unsettled[run] { return noteShortness(result.summary, of: run) }
    guard case .finished(let summary, let attempt) = restored.status else { return }
    noteShortness(summary, of: run)
    guard shortResults[run] != nil, runs[run].checkpoint == nil else { return }
    let checkpoint = continuation(of: restored, attempt, summary, for: request)
    runs.update(run) { $0.checkpoint = checkpoint }
  }

  /// Puts a run that had ended among those that wait.
  mutating func revive(_ run: Int) {
    countOpening(of: run)
    wait(run)
  }

  /// Puts a run among those that wait to be granted.
  mutating func wait(_ run: Int) {
    runs.setPhase(.waiting, of: run)
    enqueue(run)
    saidComplete = false
    if runs.waitingCount == 1 { wakeSessions() }
  }

  /// Looks at every session again when work is given out.
  mutating func wakeSessions() { hungry.formUnion(sessions.keys) }
}

extension RunTable.KnownAttempt {
  init(_ restored: RestoredAttempt) {
    self.init(
      number: restored.number, lease: restored.lease, worker: restored.worker,
      startStep: restored.startStep)
  }
}

extension SweepSubmission {
  /// The seed of one of its runs.
  func seed(of run: RestoredRun) -> ParameterValue? {
    switch run.source {
    case .configuration(let configuration): configuration.parameters["seed"]
    case .gridPoint(let position): grid?.value(of: "seed", at: position)
    }
  }
}

extension Request {
  /// A request whose answer answers both.
  func merged(with other: Request) -> Request {
    guard self != other else { return self }
    return Request(
      maxSteps: max(maxSteps, other.maxSteps),
      stopsWhenConverged: stopsWhenConverged && other.stopsWhenConverged,
      criterion: criterion == other.criterion ? criterion : nil,
      thresholds: thresholds.union(other.thresholds))
  }
}

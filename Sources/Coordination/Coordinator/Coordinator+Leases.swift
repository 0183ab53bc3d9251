import Experiments
import OrderedCollections

extension Coordinator {
  /// Gives waiting runs to workers with room: idle slots first, then queues for short runs.
  mutating func grantWork(at now: MonotonicInstant) {
    guard course == .running, journal.failingSince == nil, runs.waitingCount > 0 else { return }
    isolate(at: now)
    let mayTake = hungry.filter { worker in
      sessions[worker].map { mayTakeRuns($0) && nodes.mayCompute($0.node) } ?? false
    }
    hungry = mayTake
    guard !hungry.isEmpty else { return }
    hand(queues: false, at: now) { $0.description.slots }
    let share = runs.waitingCount / max(sessions.count, 1)
    hand(queues: true, at: now) {
      $0.description.slots + min($0.prefetch, share)
    }
    hungry.removeAll { worker in
      guard let session = sessions[worker] else { return true }
      return session.leases.count >= session.description.slots + session.prefetch
    }
  }

  /// What is asked of a hungry session for every run: all of one session's strings are too much to copy that often.
  private struct Guest {
    let worker: WorkerID
    let node: Int
    let lacking: Set<RunNeed>
    let stay: Session.Stay
    /// How many more runs it may have.
    var room: Int
  }

  /// Goes round the hungry sessions, a run each, until nobody has room or nothing waits.
  ///
  /// - Parameters:
  ///   - queues: whether the runs are to wait at the workers, which only short ones may: nobody takes them back.
  ///   - now: the time.
  ///   - leasesMax: how many leases a session may have.
  private mutating func hand(
    queues: Bool, at now: MonotonicInstant, leasesMax: (Session) -> Int
  ) {
    var round = hungry.compactMap { worker in
      sessions[worker].map { session in
        Guest(
          worker: worker, node: session.node, lacking: Set(session.lacking.keys),
          stay: session.stay,
          // After a restart it may still compute what it has not spoken of yet.
          room: leasesMax(session) - session.leases.count - leases.withheld(for: worker).count)
      }
    }
    round.removeAll { $0.room <= 0 }
    while !round.isEmpty {
      for place in round.indices {
        let guest = round[place]
        guard let choice = choose(for: guest.node, lacking: guest.lacking),
          !queues || mayQueue(choice), guest.stay.lasts(for: choice.seconds, at: now)
        else {
          round[place].room = 0
          continue
        }
        take(choice)
        open(choice.run, for: guest.worker)
        round[place].room -= 1
      }
      round.removeAll { $0.room == 0 }
    }
  }

  private mutating func mayQueue(_ choice: Choice) -> Bool {
    guard choice.seconds <= Session.prefetchSeconds else { return false }
    // Sixteen neighbours on the grid are asked about once: making a run's point costs more than granting it.
    let neighbours = Neighbours(
      version: schedule.model.version, block: choice.run / 16, request: runs[choice.run].request)
    if neighbours == resembling { return true }
    guard schedule.model.resemblesObserved(choice.run, runs) else { return false }
    resembling = neighbours
    return true
  }

  /// Runs that lie together on the grid and are asked the same, and the version of the model that was asked about one
  /// of them.
  struct Neighbours: Hashable, Sendable {
    let version: Int
    let block: Int
    let request: Int
  }

  /// Begins an attempt; it is granted once its row is durable.
  mutating func open(_ run: Int, for worker: WorkerID) {
    // Not the whole session: while a copy of it is held, adding a lease copies all leases.
    guard let provenance = sessions[worker]?.description.provenance else { return }
    let id = LeaseID(nextLease)
    nextLease += 1
    let state = runs[run]
    let number = state.lastAttempt + 1
    let startStep = state.checkpoint?.step ?? 0
    // A result that there is may say what this request does not ask for.
    let request =
      shortResults[run].map { runs.number(of: runs.request(of: run).reachingPast($0)) }
      ?? state.request
    runs.update(run) { $0.lastAttempt = number }
    runs.setPhase(.leased(id), of: run)
    runs.remember(
      RunTable.KnownAttempt(
        number: number, lease: id, worker: worker, startStep: startStep, request: request),
      of: run)
    leases.add(
      LeaseTable.Lease(
        run: run, attempt: number, worker: worker, request: request,
        continuation: state.checkpoint, state: .opening), as: id)
    change(worker) { $0.leases.append(id) }
    journal.pending.changes.append(
      .openAttempt(
        Attempt(
          run: state.key, number: number, parent: state.checkpoint?.parent, startStep: startStep,
          lease: id, worker: worker, provenance: provenance)))
    journal.pending.grants.append(id)
  }

  func grant(_ lease: LeaseTable.Lease, _ id: LeaseID) -> Grant {
    var request = runs.request(numbered: lease.request ?? runs[lease.run].request)
    // Less may be asked for by now than has been computed: the run ends where it is.
    request.maxSteps = max(request.maxSteps, lease.continuation?.step ?? 0)
    return Grant(
      lease: id, attempt: lease.attempt, run: runs[lease.run].key,
      configuration: runs.configuration(of: lease.run),
      files: sweeps[runs[lease.run].sweep].files, request: request,
      continuation: lease.continuation)
  }

  /// Takes a lease back from everybody; its run's phase is the caller's business.
  mutating func release(_ id: LeaseID) -> LeaseTable.Lease? {
    guard let lease = leases.remove(id) else { return nil }
    change(lease.worker) { $0.leases.remove(id) }
    if let node = sessions[lease.worker]?.node {
      hungry.append(lease.worker)
      if nodes[node].reservation == lease.run { free(node) }
      if draining[lease.worker] != nil, let session = sessions[lease.worker], isDrained(session) {
        stopIfIdle(session)
      }
    }
    return lease
  }

  /// Takes a lease back because what it would compute is not needed.
  mutating func withdraw(_ id: LeaseID) {
    guard let lease = release(id) else { return }
    journal.pending.changes.append(
      .endAttempt(runs[lease.run].key, attempt: lease.attempt, .withdrawn))
    journal.pending.withdrawals.append(Journal.Withdrawal(worker: lease.worker, lease: id))
  }

  /// Ends a current attempt without a result: the run waits again, or is given up.
  mutating func end(_ id: LeaseID, _ end: AttemptEnd, countsAsLoss: Bool = false) {
    guard let lease = release(id) else { return }
    let run = lease.run
    let key = runs[run].key
    journal.pending.changes.append(.endAttempt(key, attempt: lease.attempt, end))
    if case .failed(let reason, _, _) = end {
      failAttempt(lease, reason)
    } else if countsAsLoss {
      runs.update(run) { $0.losses += 1 }
      let losses = runs[run].losses
      if losses > settings.lostLeasesMax {
        return give(
          up: run, "its worker was lost \(losses) times, at last while it computed nothing else")
      }
      if losses == settings.lostLeasesMax {
        effects.append(.tellUser(.runIsolated(key, losses: losses)))
      }
    }
    guard runs[run].phase != .failed else { return }
    wait(run)
  }

  private mutating func failAttempt(_ lease: LeaseTable.Lease, _ reason: String) {
    let run = lease.run
    let node = sessions[lease.worker]?.node
    let needs = runs.needs(of: run)
    let counts =
      node.map { node in changeNodes { $0.noteFailure(of: run, needing: needs, on: node) } } ?? true
    runs.update(run) { state in
      if counts { state.failures += 1 }
      // What it continued from may be what is wrong, if it got no further.
      if let start = lease.continuation, state.checkpoint == start { state.checkpoint = nil }
    }
    let host = sessions[lease.worker]?.description.provenance.host ?? lease.worker.rawValue
    effects.append(
      .tellUser(
        .attemptFailed(runs[run].key, attempt: lease.attempt, host: host, reason: reason)))
    if runs[run].failures > settings.retries, !nodes.awaitsProvenNode(run, needing: needs) {
      give(up: run, reason)
    }
  }

  private mutating func give(up run: Int, _ reason: String) {
    changeNodes { $0.acquit(of: run) }
    runs.setPhase(.failed, of: run)
    journal.pending.changes.append(.fail(runs[run].key, reason: reason))
    effects.append(.tellUser(.runFailed(runs[run].key, reason: reason)))
    countEnd(of: run, for: sweepsCounting(run))
  }

  /// Takes back the leases that nobody has renewed in time.
  mutating func expireLeases(at now: MonotonicInstant) {
    guard judgesFrom <= now else { return }
    while let id = leases.popExpired(at: now) {
      guard let lease = leases[id] else { continue }
      let host = sessions[lease.worker]?.description.provenance.host ?? lease.worker.rawValue
      effects.append(.tellUser(.leaseLost(runs[lease.run].key, host: host)))
      // It has been silent for so long: it gets no other before it is heard of.
      sessions[lease.worker]?.isResting = true
      noteReadiness(of: lease.worker)
      end(id, .lost, countsAsLoss: true)
    }
  }

  mutating func checkpointUnavailable(_ id: LeaseID) {
    guard let lease = leases[id] else { return }
    runs.update(lease.run) { state in
      if state.checkpoint == lease.continuation { state.checkpoint = nil }
    }
    end(id, .withdrawn)
  }
}

import Coordination
import Experiments

extension Simulation {
  private var headClock: MonotonicInstant { now + (.zero - head.lag) }

  /// The user adds a sweep: it is registered first, and told to a coordinator that runs.
  mutating func submit(_ index: Int) {
    let sweep = plan.sweeps[index]
    // The command that submits is interrupted with the head, and typed again.
    if let until = head.asleepUntil, until > now {
      return schedule(.userSubmits(index), after: until - now)
    }
    store.register(sweep, request: sweep.request)
    submitted += 1
    completeSince = nil
    if coordinator != nil { announce(sweep) }
  }

  private mutating func announce(_ sweep: SimulationPlan.PlannedSweep) {
    tellCoordinator(.sweepSubmitted(store.submission(of: sweep)))
  }

  mutating func startCoordinator() {
    guard coordinator == nil else { return }
    var settings = Coordinator.Settings()
    settings.heartbeatInterval = .seconds(1)
    settings.leaseDuration = .seconds(6)
    settings.continuationPause = .seconds(10)
    settings.staysWhenComplete = commandsMayCome
    coordinatorInstance += 1
    coordinator = Coordinator(settings: settings, highestLease: store.highestLease, at: headClock)
    let registered = plan.sweeps.filter(store.hasRegistered)
    let cancelled = registered.filter { store.isCancelled($0.name) }
    // A command may name a sweep that was cancelled; it is not worked on otherwise.
    let areNamed = cancelled.count == registered.count || generator.chance(0.3)
    // Or define it otherwise, without the runs that nobody wants.
    let leavesOut = generator.chance(0.3)
    for sweep in registered where areNamed || !store.isCancelled(sweep.name) {
      var submission = store.submission(of: sweep)
      if leavesOut { submission.runs.removeAll(where: \.isCancelled) }
      tellCoordinator(.sweepSubmitted(submission))
    }
    tellCoordinator(.runsRecalled(store.pending(registered.flatMap(\.runs))))
  }

  mutating func tellCoordinator(_ event: Coordinator.Event, effectsMax: Int = .max) {
    guard var machine = coordinator else { return }
    coordinator = nil
    let effects = machine.handle(event, at: headClock)
    let deadline = machine.nextDeadline
    coordinator = machine
    if let deadline, coordinatorTimerAt.map({ deadline < $0 }) ?? true {
      coordinatorTimerAt = deadline
      schedule(
        .coordinatorTimer(instance: coordinatorInstance),
        after: max(deadline - headClock, .microseconds(100)))
    }
    for effect in effects.prefix(effectsMax) { perform(effect) }
  }

  private mutating func perform(_ effect: Coordinator.Effect) {
    switch effect {
    case .send(let message, let routing): sendToWorker(message, routing)
    case .grant(let grants, let routing): deliver(grants, routing)
    case .commit(let batch, let changes):
      schedule(
        .storeApplies(batch, changes, coordinator: coordinatorInstance),
        after: generator.milliseconds(0...20))
    case .answer(let answer, _): answerUser(answer)
    case .register(let sweep, let command, let routing): register(sweep, command, routing)
    case .tellUser(.everythingEnded): completeSince = now
    case .tellUser: break
    case .finished(let outcome):
      if case .complete = outcome, submitted == plan.sweeps.count { completeSince = now }
    }
  }

  /// The store's thread writes; a coordinator that dies before loses the batch, one that dies after
  /// it only the report.
  mutating func apply(_ batch: BatchID, _ changes: [StoreChange], _ instance: Int) {
    guard instance == coordinatorInstance else { return }
    let dies = generator.chance(commitDeaths)
    if dies, generator.chance(0.5) {
      return killCoordinator(restartAfter: generator.milliseconds(1...4000))
    }
    let isFull = diskFullUntil.map { now < $0 } ?? false
    let fails = isFull || generator.chance(storeTrouble)
    if !fails {
      store.commit(changes)
      // A retry that was answered while the store failed, or a late result of fewer steps, wakes what had ended.
      if completeSince != nil, store.hasRunsToCompute { completeSince = nil }
    }
    if dies { return killCoordinator(restartAfter: generator.milliseconds(1...4000)) }
    schedule(
      .storeReports(batch, committed: !fails, coordinator: instance),
      after: generator.milliseconds(0...20))
  }

  /// The coordinator hears of it; it may die when it has done a part of what follows.
  mutating func report(_ batch: BatchID, _ committed: Bool, _ instance: Int) {
    guard instance == coordinatorInstance else { return }
    let event: Coordinator.Event =
      committed ? .storeCommitted(batch) : .storeFailed(batch, reason: "the disk is full")
    guard generator.chance(commitDeaths) else { return tellCoordinator(event) }
    tellCoordinator(event, effectsMax: Int.random(in: 0...3, using: &generator))
    killCoordinator(restartAfter: generator.milliseconds(1...4000))
  }

  private mutating func deliver(_ grants: [Grant], _ routing: RoutingID) {
    var delivered: [DeliveredGrant] = []
    for grant in grants {
      if !store.hasAttempt(grant.lease, grant.run, grant.attempt) {
        violations.append("lease \(grant.lease) was granted before its attempt was durable")
      }
      guard let continuation = grant.continuation else {
        delivered.append(DeliveredGrant(grant: grant))
        continue
      }
      if let checkpoint = store.runs[grant.run]?.checkpoint, checkpoint.at == continuation {
        delivered.append(DeliveredGrant(grant: grant, checkpoint: checkpoint.bytes))
      } else {
        tellCoordinator(.checkpointUnavailable(grant.lease))
      }
    }
    if !delivered.isEmpty { sendToWorker(.grants(delivered), routing) }
  }

  private mutating func sendToWorker(_ message: CoordinatorMessage, _ routing: RoutingID) {
    // What is sent to a socket that has gone is dropped.
    guard let worker = routes[routing] else { return }
    if let until = machines[worker].fromHeadBlockedUntil, now < until { return }
    var arriving = message
    if usesWire {
      do {
        arriving = try WireCodec.decodeCoordinatorMessage(WireCodec.encode(message))
      } catch {
        violations.append("\(error)")
      }
      if arriving != message { violations.append("the wire changed \(message) to \(arriving)") }
    }
    forEachDelivery { simulation, delay in
      simulation.schedule(.reachesWorker(arriving, routing), after: delay)
    }
  }
}

import Coordination
import Experiments

extension Simulation {
  mutating func startCoordinator() {
    guard coordinator == nil else { return }
    var settings = Coordinator.Settings()
    settings.heartbeatInterval = .seconds(1)
    settings.leaseDuration = .seconds(6)
    coordinatorInstance += 1
    coordinator = Coordinator(settings: settings, highestLease: store.highestLease, at: now)
    for (index, sweep) in sweeps.enumerated() {
      tellCoordinator(
        .sweepSubmitted(
          SweepSubmission(
            name: "sweep-\(index)", priority: index, request: SimulatedScience.request,
            runs: sweep.map(store.restored))))
    }
  }

  mutating func tellCoordinator(_ event: Coordinator.Event) {
    guard var machine = coordinator else { return }
    let effects = machine.handle(event, at: now)
    coordinator = machine
    if let deadline = machine.nextDeadline,
      coordinatorTimerAt.map({ deadline < $0 }) ?? true
    {
      coordinatorTimerAt = deadline
      schedule(.coordinatorTimer, after: max(deadline - now, .microseconds(100)))
    }
    for effect in effects { perform(effect) }
  }

  private mutating func perform(_ effect: Coordinator.Effect) {
    switch effect {
    case .send(let message, let routing): sendToWorker(message, routing)
    case .grant(let grants, let routing): deliver(grants, routing)
    case .commit(let batch, let changes):
      schedule(
        .storeApplies(batch, changes, coordinator: coordinatorInstance),
        after: generator.milliseconds(0...20))
    case .tellUser, .answer, .register: break
    case .finished(let outcome):
      if case .complete = outcome { isComplete = true }
    }
  }

  /// A crash before this loses the batch, a crash after it only the report.
  mutating func apply(_ batch: BatchID, _ changes: [StoreChange], _ instance: Int) {
    guard instance == coordinatorInstance else { return }
    let fails = generator.chance(storeTrouble)
    if !fails { store.commit(changes) }
    schedule(
      .storeReports(batch, committed: !fails, coordinator: instance),
      after: generator.milliseconds(0...20))
  }

  private mutating func deliver(_ grants: [Grant], _ routing: RoutingID) {
    var delivered: [DeliveredGrant] = []
    for grant in grants {
      let key = grant.configuration.key
      if !store.hasOpenAttempt(grant.lease, key, grant.attempt) {
        violations.append("lease \(grant.lease) was granted before its attempt was durable")
      }
      guard let continuation = grant.continuation else {
        delivered.append(DeliveredGrant(grant: grant))
        continue
      }
      if let checkpoint = store.runs[key]?.checkpoint, checkpoint.at == continuation {
        delivered.append(DeliveredGrant(grant: grant, checkpoint: checkpoint.bytes))
      } else {
        schedule(.coordinatorTimer, after: .zero)
        tellCoordinator(.checkpointUnavailable(grant.lease))
      }
    }
    if !delivered.isEmpty { sendToWorker(.grants(delivered), routing) }
  }

  private mutating func sendToWorker(_ message: CoordinatorMessage, _ routing: RoutingID) {
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

  /// None, one or two deliveries after some time.
  mutating func forEachDelivery(_ deliver: (inout Simulation, Duration) -> Void) {
    if generator.chance(loss) { return }
    for _ in 0..<(generator.chance(duplication) ? 2 : 1) {
      let delay = generator.milliseconds(1...max(delayMax, 1))
      deliver(&self, delay)
    }
  }
}

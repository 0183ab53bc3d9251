import Experiments
import OrderedCollections

extension Coordinator {
  /// Changes a worker's session where it lies.
  ///
  /// The dictionary's own subscript moves it out and in again, and this is done several times a run. To look at a part of one
  /// this way copies none of the rest.
  ///
  /// - Parameters:
  ///   - worker: whose.
  ///   - change: changes it, or only looks.
  ///
  /// - Returns: what `change` returns; nil where the worker has no session.
  @discardableResult
  mutating func change<Answer>(
    _ worker: WorkerID, _ change: (inout Session) -> Answer
  ) -> Answer? {
    guard let place = sessions.index(forKey: worker) else { return nil }
    return change(&sessions.values[place])
  }

  /// A message came in: from a known epoch of a worker, a new one, or one that must say who it is.
  mutating func receive(
    _ message: WorkerMessage, from routing: RoutingID, at now: MonotonicInstant
  ) {
    let worker = message.worker
    let known = change(worker) { session in
      let before = (epoch: session.epoch, lastHeard: session.lastHeard)
      if before.epoch == message.epoch { (session.routing, session.lastHeard) = (routing, now) }
      return before
    }
    guard let known else { return introduce(message, from: routing, at: now) }
    if known.epoch != message.epoch {
      guard now >= max(known.lastHeard + settings.leaseDuration, judgesFrom) else {
        if case .goodbye = message.body { return }
        return refuse(
          "another process is at work under the id \(worker) of this worker; "
            + "it may be this one's predecessor, whose leases have yet to run out",
          mayRetry: true, routing)
      }
      remove(worker, countsAsLoss: true)
      return introduce(message, from: routing, at: now)
    }
    switch message.body {
    case .hello(let description, let delivery):
      slots += description.slots - (sessions[worker]?.description.slots ?? 0)
      sessions[worker]?.description = description
      sessions[worker]?.leavesAt = description.stays.map { now + $0 }
      note(delivery, of: worker)
      welcome(worker)
    case .heartbeat(let held, _, let delivery):
      note(delivery, of: worker)
      heartbeat(of: worker, holding: held, lastSent: delivery.lastSent, at: now)
    case .reports(let reports, let delivery):
      note(delivery, of: worker)
      take(reports, of: worker, at: now)
    case .goodbye:
      remove(worker)
    }
  }

  private mutating func introduce(
    _ message: WorkerMessage, from routing: RoutingID, at now: MonotonicInstant
  ) {
    switch message.body {
    case .goodbye: return
    case .heartbeat, .reports: return effects.append(.send(.introduceYourself, to: routing))
    case .hello(let description, let delivery):
      guard description.protocolVersion == WireCodec.protocolVersion else {
        return refuse(foreign(description), mayRetry: false, routing)
      }
      let node = nodes.number(of: description.provenance.host)
      sessions[message.worker] = Session(
        id: message.worker, epoch: message.epoch, description: description, node: node,
        routing: routing,
        lastHeard: now,
        received: delivery.firstKept - 1, acknowledged: delivery.firstKept - 1,
        leavesAt: description.stays.map { now + $0 })
      slots += description.slots
      if description.slots > 0 { connect(message.worker, to: node) }
      let check = now + settings.leaseDuration
      nextSilenceCheck = min(nextSilenceCheck ?? check, check)
      effects.append(
        .tellUser(
          .workerJoined(
            message.worker, host: description.provenance.host, slots: description.slots)))
      welcome(message.worker)
    }
  }

  private func foreign(_ description: WorkerDescription) -> String {
    let theirs = description.protocolVersion
    let ours = WireCodec.protocolVersion
    let older = theirs < ours ? "worker" : "coordinator"
    return "the worker speaks protocol \(theirs) and the coordinator protocol \(ours): "
      + "update groksweep where the \(older) runs"
  }

  private mutating func refuse(_ sentence: String, mayRetry: Bool, _ routing: RoutingID) {
    effects.append(.send(.refused(sentence, mayRetry: mayRetry), to: routing))
    if !mayRetry { effects.append(.tellUser(.workerRefused(sentence))) }
  }

  private mutating func welcome(_ worker: WorkerID) {
    guard let session = sessions[worker] else { return }
    effects.append(
      .send(
        .welcome(
          heartbeatInterval: settings.heartbeatInterval, leaseDuration: settings.leaseDuration,
          received: session.received), to: session.routing))
    stopIfIdle(session)
  }

  mutating func stopIfIdle(_ session: Session) {
    // Who stays for further sweeps needs the workers then.
    let isOver =
      saidComplete && !settings.staysWhenComplete
      && (settings.stopsWorkers || settings.stopsWorkersOnceComplete)
    let isDrained = isDrained(session)
    guard isOver || isDrained || (settings.stopsWorkers && course != .running) else { return }
    effects.append(.send(.stop(grace: settings.stopGrace), to: session.routing))
  }

  /// Everything before the first report that a worker keeps was acknowledged, here or before a restart.
  private mutating func note(_ delivery: Delivery, of worker: WorkerID) {
    change(worker) { session in
      session.received = max(session.received, delivery.firstKept - 1)
      session.acknowledged = max(session.acknowledged, delivery.firstKept - 1)
    }
  }

  /// Renews and adopts what the worker holds, and answers with what is believed of it.
  private mutating func heartbeat(
    of worker: WorkerID, holding held: [HeldLease], lastSent: Int, at now: MonotonicInstant
  ) {
    var believed: [LeaseID] = []
    var stop: [LeaseID] = []
    for held in held {
      if keep(held.lease, of: worker, run: held.run, at: now) {
        believed.append(held.lease)
        leases.note(step: held.step, of: held.lease)
      } else {
        stop.append(held.lease)
      }
    }
    let wasResting = change(worker) { session in
      session.heartbeats += 1
      defer { session.isResting = false }
      return session.isResting
    }
    if wasResting == true {
      noteReadiness(of: worker)
      hungry.append(worker)
    }
    forgetLacks(of: worker, at: now)
    guard let session = sessions[worker] else { return }
    effects.append(
      .send(
        .heartbeatAnswer(
          HeartbeatAnswer(
            believed: believed, stop: stop, received: session.received,
            acknowledged: session.acknowledged, lastSent: lastSent)), to: session.routing))
    stopIfIdle(session)
    resync(session, worker, listed: Set(held.map(\.lease)), at: now)
  }

  /// Renews a lease of this worker, adopting it after a restart.
  ///
  /// - Returns: false if it is not, or no longer, this worker's.
  mutating func keep(_ id: LeaseID, of worker: WorkerID, run: RunKey, at now: MonotonicInstant)
    -> Bool
  {
    guard let lease = leases[id], lease.worker == worker, runs[lease.run].key == run,
      lease.state != .opening
    else { return false }
    if leases.renew(id, at: now, until: now + settings.leaseDuration) {
      change(worker) { _ = $0.leases.append(id) }
    }
    return true
  }

  /// Sends again what a worker should hold and does not list, because its grant was lost.
  private mutating func resync(
    _ session: Session, _ worker: WorkerID, listed: Set<LeaseID>, at now: MonotonicInstant
  ) {
    var again: [Grant] = []
    for id in session.leases where !listed.contains(id) {
      guard let lease = leases[id], case .held(let granted, _) = lease.state,
        granted + settings.heartbeatInterval <= now, course == .running
      else { continue }
      again.append(grant(lease, id))
    }
    if !again.isEmpty { effects.append(.grant(again, to: session.routing)) }
    // The first heartbeat may have been on its way since before a grant arrived.
    guard session.heartbeats >= 2 else { return }
    for id in leases.withheld(for: worker) where !listed.contains(id) {
      end(id, .lost)
    }
  }

  /// Forgets a worker; nobody computes what it held any more.
  ///
  /// - Parameters:
  ///   - worker: the worker.
  ///   - countsAsLoss: whether what it computed may be why it is gone.
  mutating func remove(_ worker: WorkerID, countsAsLoss: Bool = false) {
    guard let session = sessions.removeValue(forKey: worker) else { return }
    slots -= session.description.slots
    hungry.remove(worker)
    disconnect(worker, from: session.node)
    // Only losses are counted in the store, too: a run that is handed back often is none to suspect.
    let reason = countsAsLoss ? AttemptEnd.lost : .withdrawn
    for id in session.leases { end(id, reason, countsAsLoss: countsAsLoss) }
    effects.append(.tellUser(.workerLeft(worker, host: session.description.provenance.host)))
  }

  /// Forgets workers that have been silent for a lease's duration.
  mutating func dropSilentSessions(at now: MonotonicInstant) {
    guard let check = nextSilenceCheck, check <= now, judgesFrom <= now else { return }
    let silent = sessions.filter { $0.value.lastHeard + settings.leaseDuration <= now }
    for worker in silent.keys { remove(worker, countsAsLoss: true) }
    nextSilenceCheck = sessions.values.map(\.lastHeard).min().map { $0 + settings.leaseDuration }
  }
}

import Experiments
import OrderedCollections

extension Worker {
  /// A lease has come to its end, which is reported.
  mutating func conclude(_ lease: LeaseID, _ content: Report.Content, at now: MonotonicInstant) {
    guard let holding = holdings[lease] else { return }
    let hasWork = queue.count >= slots.count
    holdings[lease]?.endSequence = outbox.add(
      content, of: lease, holding, isUrgent: !hasWork, at: now)
  }

  mutating func giveBack(_ lease: LeaseID, at now: MonotonicInstant) {
    conclude(lease, .givenBack, at: now)
  }

  mutating func acknowledge(through sequence: Int) {
    guard sequence >= outbox.firstKept else { return }
    outbox.acknowledge(through: sequence)
    holdings.removeAll { ($0.value.endSequence ?? .max) <= sequence }
    guard outbox.isKeptInVain else { return }
    outbox.forgetKept()
    effects.append(.forgetKept)
  }

  /// Sends what should not wait any longer.
  mutating func deliver(at now: MonotonicInstant) {
    guard link == .welcome, course != .ended, let since = outbox.waitingSince,
      outbox.isUrgent || since + settings.reportDelay <= now
    else { return }
    while true {
      let reports = outbox.takeUnsent()
      if reports.isEmpty { return }
      send(.reports(reports, outbox.delivery))
    }
  }

  /// Lists what a former process held until the end of it is acknowledged.
  ///
  /// What that process did not end, this one gives back: were it silent about such a lease, the
  /// coordinator would send the grant again, and two processes would have computed one attempt.
  mutating func settle(_ kept: [Report], at now: MonotonicInstant) {
    for (index, report) in kept.enumerated() {
      seen.insert(report.lease)
      var holding =
        holdings[report.lease] ?? Holding(run: report.run, attempt: report.attempt, step: 0)
      switch report.content {
      case .records(let records): holding.step = max(holding.step, records.last?.step ?? 0)
      case .checkpoint(let step, _): holding.step = max(holding.step, step)
      case .finished, .failed, .refused, .notContinued, .givenBack:
        holding.endSequence = outbox.firstKept + index
      }
      holdings[report.lease] = holding
    }
    for (lease, holding) in holdings where holding.endSequence == nil { giveBack(lease, at: now) }
  }

  /// When what waits is to be kept on disk; nil while the coordinator is there.
  var keepDue: MonotonicInstant? {
    guard outbox.hasUnkept else { return nil }
    // A heartbeat should have been answered by now: the next to go may be this process.
    let silent = lastHeard + heartbeatInterval * 5 / 4
    return lastKept.map { max(silent, $0 + settings.keepInterval) } ?? silent
  }

  /// Keeps on disk what waits for a coordinator that is silent.
  mutating func keepOnDisk(at now: MonotonicInstant) {
    guard course != .ended, let keepDue, keepDue <= now else { return }
    lastKept = now
    keepAll()
  }

  mutating func keepAll() {
    while outbox.hasUnkept { effects.append(.keep(outbox.takeUnkept())) }
  }

  /// Says hello or sends a heartbeat when it is time, and opens a fresh socket after long silence.
  mutating func keepInTouch(at now: MonotonicInstant) {
    guard course != .ended, link != .quiet else { return }
    if link == .opening {
      if let due = nextHeartbeat, due <= now { nextHeartbeat = now + heartbeatInterval }
      return
    }
    if lastWord + patience <= now {
      link = .opening
      // None is sent before the socket is there, but that the machine slept meanwhile is told by it.
      nextHeartbeat = now + heartbeatInterval
      effects.append(.openFreshSocket)
      return
    }
    guard let due = nextHeartbeat, due <= now else { return }
    if link == .welcome { beat(at: now) } else { sayHello(at: now) }
  }

  mutating func connected(at now: MonotonicInstant) {
    guard link == .opening else { return }
    lastWord = now
    sayHello(at: now)
  }

  mutating func sayHello(at now: MonotonicInstant) {
    guard let trainerName else { return }
    link = .introducing(since: now)
    nextHeartbeat = now + heartbeatInterval
    let provenance = Provenance(
      host: settings.host, trainer: trainerName, blasKernels: settings.blasKernels)
    send(
      .hello(
        WorkerDescription(
          softwareVersion: settings.softwareVersion, slots: settings.slots, provenance: provenance,
          stays: leaveDue.map { max(.zero, $0 - now) },
          checkpointInterval: settings.checkpointInterval),
        outbox.delivery))
  }

  mutating func beat(at now: MonotonicInstant) {
    nextHeartbeat = now + heartbeatInterval
    let held = holdings.map { lease, holding in
      HeldLease(lease: lease, run: holding.run, attempt: holding.attempt, step: holding.step)
    }
    let busy = slots.count { $0.running != nil }
    send(
      .heartbeat(held, freeSlots: max(0, slots.count - busy - queue.count), outbox.delivery))
  }
}
